import { localTime } from '../localTime.ts'
import { OpenFile } from '../OpenFile.ts'
import type { FileFormat } from '../openSampleFile.ts'
import type { RecordedEvent, SampleFile } from '../SampleFile.ts'
import { ChunkReader } from './ChunkReader.ts'
import { indexByScan } from './indexByScan.ts'
import { indexBySummary } from './indexBySummary.ts'
import type { RecordingFacts } from '../RecordingFacts.ts'
import { ANNOTATIONS, isEventChannel, readJson, type LogIndex } from './LogIndex.ts'
import { McapStream } from './McapStream.ts'
import { beginsOf, placeInTime, type Placed } from './placeInTime.ts'
import { readFacts } from './readFacts.ts'
import { MAGIC } from './records.ts'

/**
 * A recording of the Recorder, or any other file of nodeacq's MCAP profile. One that was closed in order is opened by what
 * stands at its end, however long it is; of an unfinished or damaged one all is looked at: what a checksum proves is there,
 * and the rest are gaps. Streams keep the names of the recorder's inputs, the one of the highest rate first.
 */
class McapFile implements SampleFile {
  readonly path: string
  readonly format = 'nodeacq MCAP'
  readonly streams: readonly McapStream[]
  readonly startTime: string | undefined
  readonly startUtc: bigint | undefined
  readonly warnings: readonly string[]
  readonly details: Readonly<Record<string, unknown>>
  readonly #chunks: ChunkReader
  readonly #index: LogIndex
  #events: Promise<readonly RecordedEvent[]> | undefined

  private constructor(chunks: ChunkReader, index: LogIndex, { start, offsets }: Placed) {
    this.path = chunks.file.path
    this.#chunks = chunks
    this.#index = index
    this.streams = index.streams
      .map(({ channel, extent }, k) => new McapStream(chunks, channel, { ...extent, offset: offsets[k]! }))
      .toSorted((a, b) => b.sampleRate - a.sampleRate)
    this.startUtc = start
    this.startTime = start === undefined ? undefined : localTime(start)
    this.warnings = index.problems
    this.details = index.metadata
  }

  static async open(path: string): Promise<McapFile> {
    const file = await OpenFile.open(path)
    try {
      const chunks = new ChunkReader(file)
      const index = (await indexBySummary(chunks)) ?? (await indexByScan(chunks))
      return new McapFile(chunks, index, placeInTime(await beginsOf(chunks, index)))
    } catch (error) {
      await file.close()
      throw error
    }
  }

  async events(): Promise<readonly RecordedEvent[]> {
    this.#events ??= this.#readEvents()
    return await this.#events
  }

  async #readEvents(): Promise<readonly RecordedEvent[]> {
    const events: RecordedEvent[] = []
    for (const offset of this.#index.eventChunks) {
      await this.#chunks.read(offset, ({ messages }) => {
        for (const { channelId, data } of messages) {
          const channel = this.#index.channels.get(channelId)
          if (channel === undefined || !isEventChannel(channel)) continue
          const value = readJson(data)
          events.push(channel.topic === ANNOTATIONS ? this.#annotationOf(value) : eventOf(value, channel.topic))
        }
      })
    }
    return events.toSorted((a, b) => a.index - b.index)
  }

  /** At the sample of the first stream, as events of a file are. */
  #annotationOf({ text, indexes }: Record<string, unknown>): RecordedEvent {
    const places = (indexes ?? {}) as Readonly<Record<string, number>>
    const index = Number(places[this.streams[0]?.topic ?? ''] ?? 0)
    return { index, duration: 0, label: typeof text === 'string' ? text : '', value: 0 }
  }

  async facts(): Promise<RecordingFacts> {
    return await readFacts(this.#chunks, this.#index, this.streams)
  }

  async close(): Promise<void> {
    await this.#chunks.file.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

/** Recognised by its first bytes. */
export const mcapFormat: FileFormat = {
  name: 'nodeacq MCAP',
  extensions: ['.mcap'],
  matches: ({ head }) => MAGIC.equals(head.subarray(0, MAGIC.length)),
  open: (path) => McapFile.open(path)
}

function eventOf(value: Record<string, unknown>, topic: string): RecordedEvent {
  const number = (key: string): number => Number(value[key] ?? 0)
  const label = typeof value['label'] === 'string' ? value['label'] : ''
  const streamName = topic.replace(/^\//, '').replace(/\/events$/, '')
  return { index: number('index'), duration: number('duration'), label, value: number('value'), streamName }
}
