import { readFile } from 'node:fs/promises'
import { ConfigError, DeviceError, Node, describeOutput, registerNodeType } from '@nodeacq/core'
import { EVENT_DTYPE, makeEvents } from '@nodeacq/stream'
import { z } from 'zod'
import { BackOff } from './BackOff.ts'
import { CortexClient } from './cortex/CortexClient.ts'
import { CortexError } from './cortex/CortexError.ts'
import { courtesy } from './cortex/courtesy.ts'
import { eventsOfSample, EVENT_STREAMS, markersOfSample } from './cortex/cortexEvents.ts'
import { channelsOf, CortexSignal, type CortexSignalSource } from './cortex/CortexSignal.ts'
import { readCortexCredentials } from './cortex/credentials.ts'
import type { CortexSample } from './cortex/messages.ts'
import type { CortexRecord, Headset, Marker } from './cortex/results.ts'

const STREAMS = ['eeg', 'mot', 'dev', 'eq', 'pow', 'met', 'com', 'fac', 'sys'] as const

const config = z.object({
  url: z.string().default('wss://localhost:6868').describe("where Cortex serves; default: Emotiv's application here"),
  dialect: z.enum(['v1', 'v2']).default('v2').describe('Cortex 2, or the Cortex of the older document: v1'),
  credentials: z
    .string()
    .nullish()
    .describe('JSON file with clientId, clientSecret and perhaps license; default: EMOTIV_CLIENT_ID and its kin'),
  ca: z
    .string()
    .nullish()
    .describe('PEM file with the authority of its certificate; on loopback any certificate is taken without one'),
  insecure: z.boolean().default(false).describe('allow ws:// beyond loopback, which others can read; default off'),
  headset: z.string().nullish().describe('id of the headset, such as EPOCX-E2020001; default the first that is found'),
  mappings: z.record(z.string(), z.string()).nullish().describe('position name of each sensor of an EPOC Flex'),
  streams: z.array(z.enum(STREAMS)).min(1).default(['eeg', 'mot', 'dev']).describe('what to subscribe'),
  activate: z.boolean().default(true).describe('use the licence, without which there is no eeg; default on'),
  chunkSize: z.number().int().positive().default(8).describe('samples of eeg, and of mot, that are sent together')
})

type Config = z.infer<typeof config>

/** Hz of the streams whose rate no headset tells. */
const RATES: Readonly<Record<string, number>> = { dev: 2, eq: 2, pow: 8 }

/**
 * A headset of Emotiv, through the Cortex 2 of this or another machine.
 *
 * Each stream of numbers is an output of its name, `(samples, channels)` float64, with the columns that Cortex returns as
 * channels: `eeg` (µV), `mot`, `dev`, `eq`, `pow`, `met`. `com`, `fac`, `sys` and `markers` are events, counted in samples
 * of the first of the signals. What the counters miss is declared as gaps, and the times of Cortex are the device's clock.
 * Connection, session and subscriptions are restored when they end; what was missed meanwhile is a gap too.
 */
export class EmotivCortex extends Node<Config> {
  static override readonly description = 'A headset of Emotiv, through its Cortex 2: EEG, motion, contact, metrics.'
  static override readonly makesAnyOutput = true
  static override readonly configSchema = config
  #client: CortexClient | undefined
  #session = ''
  #signals: readonly CortexSignalSource[] = []
  #counts = { interpolated: 0, duplicates: 0, restored: 0 }

  protected override async _configure(options: Config): Promise<void> {
    await this.#client?.close()
    this.#client = undefined
    const { url, dialect, credentials, ca, insecure } = options
    const client = await CortexClient.connect({
      ...(await readCortexCredentials(credentials ?? undefined)),
      url,
      dialect,
      insecure,
      ca: ca ? await this.#readAuthority(ca) : undefined,
      closeOnInterrupt: false,
      log: this.log
    })
    try {
      await this.#open(client, options)
    } catch (error) {
      await client.close()
      throw error
    }
    this.#client = client
    client.on('restored', () => (this.#counts.restored += 1))
  }

  /** Connects the headset and opens the session, so that the outputs are known. */
  async #open(client: CortexClient, { activate, headset: id, mappings, streams }: Config): Promise<void> {
    await client.connectHeadset(id ?? 0, mappings ? { mappings } : {})
    const headset = client.headsets.get(id ?? '') ?? [...client.connectedHeadsets.values()][0]
    if (headset === undefined) throw new DeviceError(`${this._subject}: expected a headset, got none`)
    const session = activate ? await client.createActivatedSession(headset.id) : await client.createSession(headset.id)
    this.#session = session.id
    // The columns come with the subscription; data are wanted when the node runs.
    const { success, failure } = await client.subscribe(streams, session.id)
    await client.unsubscribe(streams, session.id)
    if (failure.length > 0) {
      const reasons = failure.map(({ streamName, code, message }) => `${streamName}: ${message} (${code})`)
      throw new DeviceError(`${this._subject}: Cortex refuses streams: ${reasons.join('; ')}`)
    }
    this.#signals = success
      .filter(({ streamName }) => !EVENT_STREAMS.includes(streamName))
      .map(({ streamName, cols, rate = rateOf(streamName, headset, activate) }) => ({ stream: streamName, cols, rate }))
    await this.#makeOutputs(headset, streams)
  }

  async #readAuthority(file: string): Promise<string> {
    try {
      return await readFile(file, 'utf8')
    } catch (cause) {
      throw new ConfigError(this._subject, [`'ca': ${cause instanceof Error ? cause.message : String(cause)}`])
    }
  }

  async #makeOutputs(headset: Headset, streams: readonly string[]): Promise<void> {
    const main = this.#signals[0]
    const events = [
      ...streams.filter((name) => EVENT_STREAMS.includes(name)),
      ...(main?.stream === 'eeg' ? ['markers'] : [])
    ]
    const wanted = new Set([...this.#signals.map(({ stream }) => stream), ...events])
    for (const [name, output] of Object.entries(this.outputs)) {
      if (wanted.has(name)) continue
      await output.close()
      delete this.outputs[name]
    }
    for (const name of wanted) if (!(name in this.outputs)) this.addOutput(name)
    for (const { stream, cols, rate } of this.#signals) {
      const channelInfo = channelsOf(cols, headset, stream)
      await describeOutput(this.outputs[stream]!, {
        streamType: 'analogsignal',
        dtype: 'float64',
        shape: [-1, channelInfo.length],
        sampleRate: rate,
        channelCount: channelInfo.length,
        channelInfo
      })
    }
    for (const name of events) {
      const of = main && { eventsOf: main.stream, sampleRate: main.rate }
      await describeOutput(this.outputs[name]!, { streamType: 'event', dtype: EVENT_DTYPE, shape: [-1], ...of })
    }
  }

  /** Begins a record in Cortex, which markers need. */
  async startRecord(title: string): Promise<CortexRecord> {
    return (await this.#connected.createRecord(title, { session: this.#session })).record
  }

  async stopRecord(): Promise<CortexRecord> {
    return (await this.#connected.stopRecord(this.#session)).record
  }

  /**
   * Marks this moment in the record in progress; the marker comes with the EEG too.
   * @param marker.value a number or a text; @param marker.time ms of the epoch, default now
   */
  async injectMarker(marker: { label: string; value: string | number; port?: string; time?: number }): Promise<Marker> {
    const params = { time: Date.now(), ...marker, session: this.#session }
    return (await this.#connected.injectMarker(params)).marker
  }

  protected override async _run(signal: AbortSignal): Promise<void> {
    const client = this.#connected
    const { streams, chunkSize } = this.config
    this.#counts = { interpolated: 0, duplicates: 0, restored: 0 }
    const signals = new Map(
      this.#signals.map((source) => {
        const output = this.outputs[source.stream]!
        return [source.stream, new CortexSignal(output, source, { chunkSize: source.rate < 32 ? 1 : chunkSize })]
      })
    )
    const main = this.#signals[0] && { rate: this.#signals[0].rate, of: signals.get(this.#signals[0].stream)! }
    const samples = client.samples(this.#session)
    const stop = (): void => void samples.return()
    signal.addEventListener('abort', stop, { once: true })
    try {
      await this.#subscribe(client, signal)
      for await (const sample of samples) {
        await this.#take(sample, signals.get(sample.stream), main)
      }
      for (const each of signals.values()) await each.flush()
      if (!signal.aborted) throw new DeviceError(`${this._subject}: Cortex gives no more data`)
    } finally {
      signal.removeEventListener('abort', stop)
      if (client.isConnected) await courtesy(client.unsubscribe(streams, this.#session))
    }
  }

  /** A connection that ends just now is no failure of the node: it subscribes once all is restored. */
  async #subscribe(client: CortexClient, signal: AbortSignal): Promise<void> {
    for (const backOff = new BackOff(); !signal.aborted; await backOff.wait(signal)) {
      try {
        await client.subscribe(this.config.streams, this.#session)
        return
      } catch (error) {
        if (error instanceof CortexError && client.isWhole) throw error
      }
    }
  }

  async #take(
    sample: CortexSample,
    signal: CortexSignal | undefined,
    main: { readonly rate: number; readonly of: CortexSignal } | undefined
  ): Promise<void> {
    if (signal === undefined) {
      // An event is where the first of the signals was at its time.
      const newest = main?.of.newest
      const at = newest && newest.index >= 0 ? newest.index + (sample.time - newest.time) * main.rate : 0
      await this.#sendEvents(sample.stream, eventsOfSample(sample), Math.max(0, Math.round(at)))
      return
    }
    const { index, isInterpolated } = await signal.take(sample)
    if (index === undefined) this.#counts.duplicates += 1
    else if (isInterpolated) this.#counts.interpolated += 1
    if (index !== undefined && sample.stream === 'eeg')
      await this.#sendEvents('markers', markersOfSample(sample), index)
  }

  async #sendEvents(name: string, events: readonly { label: string; value: number }[], index: number): Promise<void> {
    const output = this.outputs[name]
    if (output === undefined || events.length === 0) return
    await output.send(makeEvents(events.map((event) => ({ index, ...event }))))
  }

  /** `interpolated`: samples that Cortex made up; `duplicates`: samples that came twice; `restored`: sessions restored. */
  protected override _counters(): Readonly<Record<string, number>> {
    return this.#counts
  }

  protected override async _close(): Promise<void> {
    await this.#client?.close()
  }

  get #connected(): CortexClient {
    if (this.#client === undefined) throw new DeviceError(`${this._subject}: not connected; configure it first`)
    return this.#client
  }
}
registerNodeType(EmotivCortex)

function rateOf(stream: string, { settings }: Headset, isActivated: boolean): number {
  if (stream === 'eeg') return settings?.eegRate ?? 128
  if (stream === 'mot') return settings?.memsRate || 64
  if (stream === 'met') return isActivated ? 2 : 0.1
  return RATES[stream]!
}
