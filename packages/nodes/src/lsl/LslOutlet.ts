import { hostname } from 'node:os'
import { ConfigError, Node, registerNodeType } from '@nodeacq/core'
import { readEvents, type Chunk } from '@nodeacq/stream'
import { z } from 'zod'
import type { LslNumberFormat } from './formats.ts'
import { lslClock } from './net/lslClock.ts'
import { LslStreamOutlet } from './net/LslStreamOutlet.ts'
import { describeChannels, isEventInfo, layoutOf } from './outlet/describeStream.ts'
import { SampleStamps } from './outlet/SampleStamps.ts'
import { wireValuesOf } from './outlet/toWireValues.ts'
import type { LslSettings } from './settings/LslSettings.ts'
import { networkSchema } from './settings/networkSchema.ts'

const config = z.object({
  name: z.string().min(1).nullish().describe('name of the stream; default that of the node'),
  type: z.string().nullish().describe('what it carries, such as EEG; default EEG, of events Markers'),
  sourceId: z
    .string()
    .nullish()
    .describe('id of the source, the same after each start; default made of the names of machine, node and stream'),
  host: z.string().min(1).default('127.0.0.1').describe('where to listen; default this machine only'),
  insecure: z
    .boolean()
    .default(false)
    .describe('allow a host beyond loopback, such as 0.0.0.0: whoever reaches it gets the data'),
  buffer: z.number().positive().default(360).describe('s of samples that wait for a client that is slow; default 360'),
  network: networkSchema.default({}).describe('where it is found; default as lsl_api.cfg says, or else the whole site')
})

type Config = z.infer<typeof config>

/**
 * Offers a stream to programs of Lab Streaming Layer: LabRecorder, MNE-LSL, pylsl, without liblsl. Input `signals`: numbers of shape
 * `(samples, channels)` or `(samples,)`, or events, which are texts on one channel. Streams with a scale go out as physical values.
 *
 * Stamps are those of the stream's clock. Every chunk has its own, so that nothing behind a gap is misdated. A client that takes too
 * little loses the oldest samples, which are counted; it hinders nobody else.
 */
export class LslOutlet extends Node<Config> {
  static override readonly description = 'Offers a stream to programs of Lab Streaming Layer (LSL), without liblsl.'
  static override readonly configSchema = config
  static override readonly inputSpecs = { signals: { delivery: 'complete' } } as const
  #outlet: LslStreamOutlet | undefined

  /** Of the stream as clients see it. @throws {ConfigError} before it is initialized */
  get uid(): string {
    if (this.#outlet === undefined) throw new ConfigError(this._subject, ['it offers nothing before it is initialized'])
    return this.#outlet.info.uid
  }

  protected override async _initialize(): Promise<void> {
    await this.#outlet?.close()
    this.#outlet = undefined
    const { host, insecure, buffer, network } = this.config
    const { info } = this.input
    const layout = layoutOf(info, `${this._subject}, input 'signals'`)
    const isMarkers = isEventInfo(info)
    const type = this.config.type ?? (isMarkers ? 'Markers' : 'EEG')
    const name = this.config.name ?? (this.name || 'nodeacq')
    const nominalRate = isMarkers ? 0 : info.sampleRate
    this.#outlet = await LslStreamOutlet.open(
      {
        ...layout,
        ...{ name, type, nominalRate },
        sourceId: this.config.sourceId ?? `nodeacq-${hostname()}-${this.name}-${name}`,
        desc: describeChannels(info, layout.channelCount, type)
      },
      {
        ...{ host, insecure },
        settings: network as Partial<LslSettings>,
        ...(nominalRate > 0 && { maxBuffered: Math.ceil(nominalRate * buffer) })
      }
    )
    const { v4DataPort } = this.#outlet.info
    this.log.info(`${this._subject}: offers '${name}' at ${host}:${v4DataPort}`)
  }

  protected override async _run(signal: AbortSignal): Promise<void> {
    const outlet = this.#outlet!
    const { channelFormat, nominalRate } = outlet.info
    const stamps = nominalRate > 0 ? new SampleStamps(nominalRate) : undefined
    const valuesOf =
      channelFormat === 'string' ? undefined : wireValuesOf(this.input.info, channelFormat satisfies LslNumberFormat)
    let run: number | undefined
    for await (const chunk of this.input.chunks({ signal, borrow: true })) {
      if (chunk.run !== run) stamps?.restart()
      run = chunk.run
      if (valuesOf === undefined) {
        outlet.pushTexts(readEvents(chunk).map(({ label, value }) => [label || String(value)]))
      } else outlet.pushNumbers(valuesOf(chunk.data), this.#stampOf(chunk, stamps))
    }
  }

  #stampOf({ index, data, run }: Chunk, stamps: SampleStamps | undefined): number {
    const now = lslClock()
    if (stamps === undefined) return now
    const measured = this.input.clock.timeOf(index - 1, run)
    const known = measured && { measured: measured.time / 1000 }
    return stamps.next({ index: index - 1, count: data.length, now, ...known })
  }

  /** `clients`; `droppedSamples`, of clients that take too little; `refusedRequests`. */
  protected override _counters(): Readonly<Record<string, number>> {
    return { ...(this.#outlet?.counters ?? { clients: 0, droppedSamples: 0, refusedRequests: 0 }) }
  }

  protected override async _close(): Promise<void> {
    await this.#outlet?.close()
  }
}
registerNodeType(LslOutlet)
