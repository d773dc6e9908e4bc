import { availableParallelism } from 'node:os'
import { ConfigError, Node, RunFollower, describeOutput, registerNodeType } from '@nodeacq/core'
import { NdArray } from '@nodeacq/ndarray'
import { z } from 'zod'
import { engineField } from '../filters/engineField.ts'
import { nativeValues } from '../filters/nativeValues.ts'
import { channelSchema, findChannel } from '../findChannel.ts'
import { requireSignal } from '../signalInput.ts'
import { MapWorkers } from './MapWorkers.ts'
import { SegmentRing } from './SegmentRing.ts'
import { timeFreqPlan, type TimeFreqPlan } from './timeFreqPlan.ts'

const config = z.object({
  maxXsize: z
    .number()
    .positive()
    .default(60)
    .describe('longest time that a map can be made to cover, s')
    .meta({ pyacq: 'max_xsize' }),
  channels: z.array(channelSchema).nullish().describe('whose maps are made, names or numbers; default all'),
  workers: z
    .number()
    .int()
    .min(1)
    .max(64)
    .nullish()
    .describe('threads that the channels are spread over; default one less than there are cores'),
  ...engineField
})

const params = z.object({
  xsize: z.number().min(0.1).max(3600).default(10).describe('time that a map covers, s'),
  refreshInterval: z
    .number()
    .min(5)
    .max(60_000)
    .default(500)
    .describe('from one map to the next, ms of signal')
    .meta({ pyacq: 'refresh_interval' }),
  fStart: z.number().min(0.1).max(1e6).default(3).describe('first frequency, Hz').meta({ pyacq: 'f_start' }),
  fStop: z
    .number()
    .min(0.1)
    .max(1e6)
    .default(90)
    .describe('frequencies end below this one, Hz')
    .meta({ pyacq: 'f_stop' }),
  deltaFreq: z
    .number()
    .min(0.1)
    .max(1e6)
    .default(3)
    .describe('from one frequency to the next, Hz')
    .meta({ pyacq: 'deltafreq' }),
  f0: z.number().min(0.1).max(1e6).default(2.5).describe('cycles of the wavelet within one width of its bell'),
  normalisation: z.number().default(0).describe('weight of the scale: scale^-(1 + normalisation)')
})
type Params = z.infer<typeof params>

/**
 * Time–frequency maps by Morlet wavelets, as pyacq's QTimeFreq shows them. Input `signals`: `(samples, channels)`; output
 * `timefreq`: one map per message, `(channels, columns, frequencies)` float32 magnitudes, whose index is the sample behind its
 * last column. The ends of a map are less sure than its middle, the more so the lower the frequency.
 *
 * Channels are spread over threads. Where these cannot keep up with a source that does not wait, maps are left out
 * and counted. What is missing in the signal counts as 0.
 */
export class TimeFreq extends Node<z.infer<typeof config>, Params> {
  static override readonly description = 'Time–frequency maps of all channels by Morlet wavelets.'
  static override readonly configSchema = config
  static override readonly paramsSchema = params
  static override readonly inputSpecs = { signals: {} }
  static override readonly outputSpecs = {
    timefreq: { streamType: 'image', dtype: 'float32', shape: [-1, -1, -1], accounting: 'none' }
  } as const
  #isChanged = false
  #counters = { maps: 0, skippedMaps: 0 }

  /** Sizes of the next map. */
  get plan(): TimeFreqPlan {
    return this.#planOf(this.params)
  }

  protected override _checkInputs(): void {
    requireSignal(this.input, this._subject, 'fiu')
    this._checkParams(this.params)
    this.#channels()
  }

  protected override _checkParams(now: Readonly<Params>): void {
    const { maxXsize } = this.isConfigured ? this.config : { maxXsize: 60 }
    if (now.xsize > 0.95 * maxXsize) {
      throw new ConfigError(this._subject, [
        `'xsize': expected at most ${0.95 * maxXsize} s (0.95 · maxXsize), got ${now.xsize}`
      ])
    }
    if (this.input.isConnected) this.#planOf(now)
  }

  protected override _paramsChanged(): void {
    this.#isChanged = true
  }

  #planOf({ xsize, fStart, fStop, deltaFreq }: Readonly<Params>): TimeFreqPlan {
    const { sampleRate } = this.input.info
    return timeFreqPlan({ sampleRate, duration: xsize, fStart, fStop, deltaFreq }, this._subject)
  }

  #channels(): readonly number[] {
    const { info } = this.input
    const { channels } = this.config
    if (channels == null) return Array.from({ length: info.shape[1]! }, (_, channel) => channel)
    return channels.map((channel) => findChannel(info, channel, { subject: this._subject, option: 'channels' }))
  }

  protected override async _initialize(): Promise<void> {
    const { units, channelInfo } = this.input.info
    await describeOutput(this.output, { units, sampleRate: 0, ...(channelInfo && { channelInfo }) })
  }

  protected override async _run(signal: AbortSignal): Promise<void> {
    const { sampleRate, shape } = this.input.info
    const channels = this.#channels()
    const workers = new MapWorkers(this.config.workers ?? Math.max(1, availableParallelism() - 1))
    const waits = this.input.info.flow === 'wait'
    const runs = new RunFollower(this.output)
    this.#counters = { maps: 0, skippedMaps: 0 }
    this.#isChanged = true
    let plan = this.plan
    let ring = new SegmentRing(shape[1]!, 1)
    let next = 0
    let computing: Promise<undefined> | undefined
    let failure: Error | undefined
    try {
      for await (const chunk of this.input.chunks({ signal, borrow: true })) {
        if (failure !== undefined) throw failure
        const isNew = runs.begins(chunk)
        if (this.#isChanged || isNew) {
          await computing
          this.#isChanged = false
          plan = this.plan
          const { f0, normalisation } = this.params
          workers.plan({ plan, shape: { f0, normalisation }, channels, engine: this.config.engine ?? null })
          // One hop more than a map needs, because its end may lie a little back.
          ring = new SegmentRing(shape[1]!, plan.segment + plan.decimation)
        }
        const start = chunk.index - chunk.data.length
        if (start !== ring.end) ring.skipTo(start)
        ring.push(nativeValues(chunk.data), chunk.data.length)
        if (isNew) next = start
        if (ring.end < next) continue
        next = ring.end + (this.params.refreshInterval / 1000) * sampleRate
        if (computing !== undefined && !waits) {
          this.#counters.skippedMaps += 1
          continue
        }
        await computing
        computing = this.#send(workers, { plan, ring, channels })
          .catch((error: Error) => (failure = error))
          .then(() => (computing = undefined))
        if (waits) await computing
      }
      await computing
      if (failure !== undefined) throw failure
    } finally {
      await workers.close()
    }
  }

  async #send(
    workers: MapWorkers,
    { plan, ring, channels }: { plan: TimeFreqPlan; ring: SegmentRing; channels: readonly number[] }
  ): Promise<void> {
    const head = ring.end - (ring.end % plan.decimation)
    const maps = await workers.compute((channel, target) => ring.copy(channel, head, target))
    const shape = [channels.length, plan.columns, plan.frequencies.length]
    await this.output.send(NdArray.fromTyped(maps, shape), head, { handOver: true })
    this.#counters.maps += 1
  }

  protected override _counters(): Readonly<Record<string, number>> {
    return { ...this.#counters }
  }
}
registerNodeType(TimeFreq)
