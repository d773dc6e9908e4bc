import { DeviceError } from '@nodeacq/core'
import { MessageError } from './MessageError.ts'
import type { PluginFeed } from './PluginFeed.ts'
import { decodeMessage, type DataMessage } from './zmqInterface.ts'

/** What a stream of Open Ephys carries. */
export interface StreamLayout {
  readonly name: string
  /** Hz */
  readonly sampleRate: number
  /** In the order in which they come. */
  readonly channels: readonly { readonly number: number; readonly name: string }[]
}

export interface LearnOptions {
  readonly subject: string
  readonly url: string
  /** Names of the streams to wait for; undefined: all that come until each of them is known. */
  readonly streams?: readonly string[]
  /** s */
  readonly timeout: number
}

/**
 * Looks at what comes until every stream is known by a whole block.
 * @throws {DeviceError} when that takes too long.
 */
export async function learnStreams(feed: PluginFeed, options: LearnOptions): Promise<StreamLayout[]> {
  const { subject, url, streams: wanted, timeout } = options
  const lessons = new Map<string, Lesson>((wanted ?? []).map((name) => [name, new Lesson()]))
  const isDone = (): boolean => lessons.size > 0 && [...lessons.values()].every(({ layout }) => layout !== undefined)
  for await (const frames of feed.messages(AbortSignal.timeout(timeout * 1000))) {
    const message = dataOf(frames)
    if (message === undefined || (wanted && !wanted.includes(message.stream))) continue
    if (!lessons.has(message.stream)) lessons.set(message.stream, new Lesson())
    lessons.get(message.stream)!.take(message)
    if (isDone()) return [...lessons.values()].map(({ layout }) => layout!)
  }
  const unknown = [...lessons].filter(([, { layout }]) => layout === undefined).map(([name]) => `'${name}'`)
  const what = unknown.length > 0 ? `whole block of stream ${unknown.join(', ')}` : 'data'
  throw new DeviceError(`${subject}: no ${what} from ${url} within ${timeout} s; is Open Ephys acquiring?`)
}

function dataOf(frames: readonly Buffer[]): DataMessage | undefined {
  try {
    const message = decodeMessage(frames)
    return message.kind === 'data' ? message : undefined
  } catch (error) {
    if (error instanceof MessageError) return undefined
    throw error
  }
}

/** Of one stream: the channels between two changes of the sample number are a block, the first of which may be cut. */
class Lesson {
  layout: StreamLayout | undefined
  #sampleNumber: number | undefined
  #blocks = 0
  #channels = new Map<number, string>()

  take({ stream, channel, channelName, sampleNumber, sampleRate }: DataMessage): void {
    if (this.layout) return
    if (this.#sampleNumber !== undefined && sampleNumber !== this.#sampleNumber) {
      this.#blocks += 1
      if (this.#blocks === 2) {
        const channels = [...this.#channels].map(([number, name]) => ({ number, name }))
        this.layout = { name: stream, sampleRate, channels }
        return
      }
      this.#channels.clear()
    }
    this.#sampleNumber = sampleNumber
    this.#channels.set(channel, channelName)
  }
}
