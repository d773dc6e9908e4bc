import { DeviceError, Node, describeOutput, registerNodeType } from '@nodeacq/core'
import { EVENT_DTYPE } from '@nodeacq/stream'
import { z } from 'zod'
import { BlockGatherer } from './openephys/BlockGatherer.ts'
import { controlUrlOf } from './openephys/controlUrlOf.ts'
import { eventOf, spikeOf } from './openephys/events.ts'
import { Heartbeat } from './openephys/Heartbeat.ts'
import { learnStreams, type StreamLayout } from './openephys/learnStreams.ts'
import { MessageCount } from './openephys/MessageCount.ts'
import { MessageError } from './openephys/MessageError.ts'
import { outputNames } from './openephys/outputNames.ts'
import { PluginFeed } from './openephys/PluginFeed.ts'
import { StreamOutlet } from './openephys/StreamOutlet.ts'
import { decodeMessage, type DataMessage, type ZmqInterfaceMessage } from './openephys/zmqInterface.ts'

const config = z.object({
  url: z.string().default('tcp://127.0.0.1:5556').describe('data port of the plugin ZMQ Interface'),
  controlUrl: z.string().nullish().describe('where the plugin takes requests; default the next port'),
  streams: z.array(z.string()).min(1).nullish().describe('names of the streams to take; default all that come'),
  timeout: z.number().positive().default(10).describe('s that configure waits for data')
})

type Config = z.infer<typeof config>

/** Messages in a row that have to tell another rate before it is believed. */
const MOST_WRONG = 100

interface Stream {
  readonly layout: StreamLayout
  readonly gatherer: BlockGatherer
  readonly outlet: StreamOutlet
  wrongRates: number
}

const NO_COUNTS = {
  lostMessages: 0,
  duplicates: 0,
  badMessages: 0,
  strangeMessages: 0,
  incompleteBlocks: 0,
  outages: 0
}

/**
 * The Open Ephys GUI, through its plugin ZMQ Interface.
 *
 * Outputs for each stream: `signals`, `(samples, channels)` float32 in µV; `events` (`line 4`, 1 up, 0 down) and `spikes`
 * (electrode and unit), counted in samples of the signals. With several streams their names stand behind, as in
 * `signals-probe-a`. Blocks of which a message is missing are gaps.
 */
export class OpenEphys extends Node<Config> {
  static override readonly description = 'Open Ephys, through its plugin ZMQ Interface: signals, events, spikes.'
  static override readonly makesAnyOutput = true
  static override readonly configSchema = config
  #layouts: readonly StreamLayout[] = []
  #heartbeat: Heartbeat | undefined
  #counts: typeof NO_COUNTS = { ...NO_COUNTS }

  protected override async _configure({ url, streams, timeout }: Config): Promise<void> {
    controlUrlOf(url, this._subject)
    await using feed = new PluginFeed(url, this._subject, this.log)
    const options = { subject: this._subject, url, timeout }
    this.#layouts = await learnStreams(feed, { ...options, ...(streams && { streams }) })
    await this.#makeOutputs()
  }

  async #makeOutputs(): Promise<void> {
    const names = outputNames(this.#layouts.map(({ name }) => name))
    const wanted = new Set(names.flatMap((of) => Object.values(of)))
    for (const [name, output] of Object.entries(this.outputs)) {
      if (wanted.has(name)) continue
      await output.close()
      delete this.outputs[name]
    }
    for (const name of wanted) if (!(name in this.outputs)) this.addOutput(name)
    for (const [k, { name: stream, sampleRate, channels }] of this.#layouts.entries()) {
      const { signals, events, spikes } = names[k]!
      await describeOutput(this.outputs[signals]!, {
        streamType: 'analogsignal',
        dtype: 'float32',
        shape: [-1, channels.length],
        sampleRate,
        units: 'uV',
        channelCount: channels.length,
        channelInfo: channels.map(({ name }) => ({ name, unit: 'uV', stream }))
      })
      const of = { streamType: 'event', dtype: EVENT_DTYPE, shape: [-1], eventsOf: signals, sampleRate }
      for (const each of [events, spikes]) await describeOutput(this.outputs[each]!, of)
    }
  }

  /**
   * Sends an event to the plugin, and gives its answer.
   * @param event.channel line, from 0; @param event.id 1: it goes up, 0: down
   * @throws {DeviceError} when the node does not run, or the plugin does not answer.
   */
  async sendEvent(event: { channel: number; id?: number; sampleNumber?: number; type?: number }): Promise<string> {
    if (this.#heartbeat === undefined) throw new DeviceError(`${this._subject}: not connected; start it first`)
    return await this.#heartbeat.sendEvent({ id: 1, ...event })
  }

  protected override async _run(signal: AbortSignal): Promise<void> {
    const { url, controlUrl } = this.config
    const counts = (this.#counts = { ...NO_COUNTS })
    const streams = this.#startStreams()
    const messages = new MessageCount()
    await using feed = new PluginFeed(url, this._subject, this.log)
    const heartbeat = { url: controlUrl ?? controlUrlOf(url, this._subject), subject: this._subject, log: this.log }
    await using _ = (this.#heartbeat = new Heartbeat(heartbeat))
    for await (const frames of feed.messages(signal)) {
      counts.outages = feed.outages
      const message = this.#decode(frames)
      if (message === undefined) continue
      const kind = messages.take(message.messageNumber, message.time)
      counts.lostMessages = messages.lost
      counts.duplicates = messages.duplicates
      if (kind === 'duplicate') continue
      if (kind === 'anew') for (const { outlet } of streams.values()) outlet.beginAnew()
      await this.#take(message, streams)
    }
    this.#heartbeat = undefined
  }

  #startStreams(): Map<string, Stream> {
    const names = outputNames(this.#layouts.map(({ name }) => name))
    const streams = this.#layouts.map((layout, k): [string, Stream] => {
      const { signals, events, spikes } = names[k]!
      const outputs = {
        signals: this.outputs[signals]!,
        events: this.outputs[events]!,
        spikes: this.outputs[spikes]!
      }
      const gatherer = new BlockGatherer(layout.channels.map(({ number }) => number))
      return [layout.name, { layout, gatherer, outlet: new StreamOutlet(outputs, layout.sampleRate), wrongRates: 0 }]
    })
    return new Map(streams)
  }

  #decode(frames: readonly Uint8Array[]): ZmqInterfaceMessage | undefined {
    try {
      return decodeMessage(frames)
    } catch (error) {
      if (!(error instanceof MessageError)) throw error
      if (this.#counts.badMessages === 0) this.log.warning(`${this._subject}: ignored: ${error.message}`)
      this.#counts.badMessages += 1
      return undefined
    }
  }

  async #take(message: ZmqInterfaceMessage, streams: ReadonlyMap<string, Stream>): Promise<void> {
    if (message.kind === 'param') {
      this.log.info(`${this._subject}: parameters ${JSON.stringify(message.values)}`)
      return
    }
    const stream = streams.get(message.stream)
    const isKnown = stream && (message.kind !== 'data' || stream.gatherer.knows(message.channel))
    if (!isKnown) {
      this.#counts.strangeMessages += 1
      return
    }
    switch (message.kind) {
      case 'data':
        await this.#takeData(message, stream)
        return
      case 'event':
        await stream.outlet.takeEvent('events', eventOf(message))
        return
      case 'spike':
        await stream.outlet.takeEvent('spikes', spikeOf(message))
    }
  }

  async #takeData(message: DataMessage, stream: Stream): Promise<void> {
    const { layout, gatherer, outlet } = stream
    stream.wrongRates = message.sampleRate === layout.sampleRate ? 0 : stream.wrongRates + 1
    if (stream.wrongRates > MOST_WRONG) {
      throw new DeviceError(
        `${this._subject}: stream '${layout.name}' was described with ${layout.sampleRate} Hz and now has ` +
          `${message.sampleRate} Hz; configure the node again`
      )
    }
    const before = gatherer.incompleteBlocks
    const block = gatherer.add(message)
    this.#counts.incompleteBlocks += gatherer.incompleteBlocks - before
    if (block !== undefined) await outlet.takeBlock(block)
  }

  /**
   * `lostMessages`: by their numbers; `duplicates`: messages that came twice; `badMessages`: that could not be read;
   * `strangeMessages`: of other streams or channels; `incompleteBlocks`: of which a channel was missing; `outages`: how
   * often the connection ended.
   */
  protected override _counters(): Readonly<Record<string, number>> {
    return this.#counts
  }
}
registerNodeType(OpenEphys)
