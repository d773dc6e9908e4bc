import { DeviceError, Node, describeOutput, registerNodeType } from '@nodeacq/core'
import { NdArray } from '@nodeacq/ndarray'
import { EVENT_DTYPE } from '@nodeacq/stream'
import { z } from 'zod'
import { ttlEvent } from './openephys/events.ts'
import { decodeFalcon, type FalconMessage } from './openephys/falcon.ts'
import { MessageCount } from './openephys/MessageCount.ts'
import { MessageError } from './openephys/MessageError.ts'
import { PluginFeed } from './openephys/PluginFeed.ts'
import { StreamOutlet } from './openephys/StreamOutlet.ts'

const config = z.object({
  url: z.string().default('tcp://127.0.0.1:3335').describe('port of the plugin Falcon Output'),
  timeout: z.number().positive().default(10).describe('s that configure waits for data')
})

type Config = z.infer<typeof config>

/** TTL lines that a code has bits for. */
const LINES = 16
/** Messages in a row that have to tell something else before it is believed. */
const MOST_STRANGE = 20

const NO_COUNTS = { lostMessages: 0, duplicates: 0, badMessages: 0, strangeMessages: 0, outages: 0 }

/**
 * One stream of the Open Ephys GUI, through its plugin Falcon Output.
 *
 * Outputs `signals`, `(samples, channels)` float32 in µV, and `events`, where a TTL line changes (`line 4`, 1 up, 0 down),
 * counted in samples of the signals. The plugin does not name channels: they are `CH1`, `CH2` ….
 */
export class OpenEphysFalcon extends Node<Config> {
  static override readonly description = 'One stream of Open Ephys, through its plugin Falcon Output.'
  static override readonly configSchema = config
  static override readonly outputSpecs = {
    signals: { streamType: 'analogsignal', dtype: 'float32', units: 'uV' },
    events: { streamType: 'event', dtype: EVENT_DTYPE, shape: [-1], eventsOf: 'signals' }
  }
  #layout = { stream: '', channelCount: 0, sampleRate: 0 }
  #counts: typeof NO_COUNTS = { ...NO_COUNTS }

  protected override async _configure({ url, timeout }: Config): Promise<void> {
    await using feed = new PluginFeed(url, this._subject, this.log)
    let first: FalconMessage | undefined
    for await (const frames of feed.messages(AbortSignal.timeout(timeout * 1000))) {
      const message = this.#decode(frames)
      if (message === undefined || message.channelCount === 0 || message.sampleRate === 0) continue
      first = message
      break
    }
    if (first === undefined) {
      throw new DeviceError(`${this._subject}: no data from ${url} within ${timeout} s; is Open Ephys acquiring?`)
    }
    const { stream, channelCount, sampleRate } = first
    this.#layout = { stream, channelCount, sampleRate }
    await describeOutput(this.outputs['signals']!, {
      shape: [-1, channelCount],
      sampleRate,
      channelCount,
      channelInfo: Array.from({ length: channelCount }, (_, k) => ({ name: `CH${k + 1}`, unit: 'uV', stream }))
    })
    await describeOutput(this.outputs['events']!, { sampleRate })
  }

  protected override async _run(signal: AbortSignal): Promise<void> {
    const { url } = this.config
    const counts = (this.#counts = { ...NO_COUNTS })
    const messages = new MessageCount()
    const { signals, events } = this.outputs
    const outlet = new StreamOutlet({ signals: signals!, events: events! }, this.#layout.sampleRate)
    let strange = 0
    let code: number | undefined
    await using feed = new PluginFeed(url, this._subject, this.log)
    for await (const frames of feed.messages(signal)) {
      counts.outages = feed.outages
      const message = this.#decode(frames)
      if (message === undefined) continue
      strange = this.#isExpected(message) ? 0 : strange + 1
      if (strange > MOST_STRANGE) throw this.#strangeError(message)
      if (strange > 0) {
        counts.strangeMessages += 1
        continue
      }
      const kind = messages.take(message.messageId, message.time)
      counts.lostMessages = messages.lost
      counts.duplicates = messages.duplicates
      if (kind === 'duplicate') continue
      if (kind === 'anew') outlet.beginAnew()
      const { sampleNumber, time } = message
      await outlet.takeBlock({ sampleNumber, time: time * 1000, data: interleaved(message) })
      code = await sendChanges(outlet, message, code)
    }
  }

  #decode(frames: readonly Uint8Array[]): FalconMessage | undefined {
    try {
      return decodeFalcon(frames[0]!)
    } catch (error) {
      if (!(error instanceof MessageError)) throw error
      if (this.#counts.badMessages === 0) this.log.warning(`${this._subject}: ignored: ${error.message}`)
      this.#counts.badMessages += 1
      return undefined
    }
  }

  #isExpected({ stream, channelCount, sampleRate }: FalconMessage): boolean {
    const { stream: name, channelCount: channels, sampleRate: rate } = this.#layout
    return stream === name && channelCount === channels && sampleRate === rate
  }

  #strangeError({ stream, channelCount, sampleRate }: FalconMessage): DeviceError {
    const { stream: name, channelCount: channels, sampleRate: rate } = this.#layout
    return new DeviceError(
      `${this._subject}: was described as '${name}' with ${channels} channels at ${rate} Hz, now '${stream}' with ` +
        `${channelCount} channels at ${sampleRate} Hz comes; configure the node again`
    )
  }

  /**
   * `lostMessages`: by their numbers; `duplicates`: messages that came twice; `badMessages`: that could not be read;
   * `strangeMessages`: of another stream, rate or number of channels; `outages`: how often the connection ended.
   */
  protected override _counters(): Readonly<Record<string, number>> {
    return this.#counts
  }
}
registerNodeType(OpenEphysFalcon)

function interleaved({ samples, channelCount, sampleCount }: FalconMessage): NdArray {
  const values = new Float32Array(samples.length)
  for (let channel = 0, from = 0; channel < channelCount; channel++) {
    for (let at = channel; at < values.length; at += channelCount) values[at] = samples[from++]!
  }
  return NdArray.fromTyped(values, [sampleCount, channelCount])
}

/** An event for each line that changes within the block. Gives the last code. */
async function sendChanges(
  outlet: StreamOutlet,
  { eventCodes, sampleNumber }: FalconMessage,
  before: number | undefined
): Promise<number | undefined> {
  let last = before ?? eventCodes[0]
  for (let k = 0; k < eventCodes.length; k++) {
    const code = eventCodes[k]!
    if (last === undefined || code === last) continue
    const changed = code ^ last
    for (let line = 0; line < LINES; line++) {
      const bit = 1 << line
      if (changed & bit) await outlet.takeEvent('events', ttlEvent(line, (code & bit) !== 0, sampleNumber + k))
    }
    last = code
  }
  return last
}
