import { ConfigError, describeOutput, registerNodeType } from '@nodeacq/core'
import { NdArray } from '@nodeacq/ndarray'
import { EVENT_DTYPE, makeEvents, type StreamEvent } from '@nodeacq/stream'
import { z } from 'zod'
import { channelNamesOf, channelSchema, findChannel } from '../findChannel.ts'
import { describeEvents } from '../signalInput.ts'
import type { Epoch, EpochWindow } from './EpochCutter.ts'
import { epochConfig, EpochNode } from './EpochNode.ts'
import { findFault, subtractBaseline } from './epochQuality.ts'
import { EpochStatistics } from './EpochStatistics.ts'

const config = z.object({
  window: z
    .tuple([z.number(), z.number()])
    .default([-0.2, 0.8])
    .describe('beginning and end of an epoch, in s from its event'),
  baseline: z
    .tuple([z.number(), z.number()])
    .nullish()
    .describe('part of the window whose mean is taken off each channel of an epoch, in s from its event; default none'),
  values: z.array(z.number().int()).nullish().describe('values of the events to average; default all'),
  labels: z.array(z.string()).nullish().describe('labels of the events to average; default all'),
  ...epochConfig
})

const limit = (what: string) => z.number().positive().nullable().default(null).describe(`${what}; default no limit`)

const params = z.object({
  maxPeakToPeak: limit('an epoch is rejected when a channel goes over a wider range'),
  minPeakToPeak: limit('an epoch is rejected when a channel stays within a narrower range'),
  maxAmplitude: limit('an epoch is rejected when a sample is farther from 0, after the baseline was taken off'),
  channels: z
    .array(channelSchema)
    .nullable()
    .default(null)
    .describe('channels that decide about rejection, by number or name; default all')
})

/**
 * Averages the pieces of a signal around events, and leaves out the bad ones. Inputs `signals`, `(samples, channels)`, and
 * `events`. Outputs: `average` and `deviation`, `(samples, channels)` float64, one chunk per accepted epoch, whose index
 * counts them; and `epochs`, an event for each epoch that was decided upon: position and value of its event, the length of the
 * window, and as label `accepted` or why not.
 *
 * The average goes on over the runs of its source; `epochs` begins one with each, as positions count from 0 again.
 * An epoch is rejected for what `params` say, for a sample that is not finite or never came, and when a part of it is gone.
 */
export class EpochAverage extends EpochNode<z.infer<typeof config>, z.infer<typeof params>> {
  static override readonly description = 'Averages a signal around events, without epochs that are bad.'
  static override readonly configSchema = config
  static override readonly paramsSchema = params
  static override readonly outputSpecs = {
    average: { streamType: 'sweep', accounting: 'messages', dtype: 'float64' },
    deviation: { streamType: 'sweep', accounting: 'messages', dtype: 'float64' },
    epochs: { streamType: 'event', dtype: EVENT_DTYPE, shape: [-1] }
  } as const
  #statistics = new EpochStatistics(0)
  #counters = { accepted: 0, rejected: 0 }

  /** Epochs in the average. */
  get count(): number {
    return this.#statistics.count
  }

  /** Mean of the accepted epochs, `(samples, channels)` float64; NaN without any. */
  get average(): NdArray {
    return this.#toArray(this.#statistics.mean())
  }

  /** Their standard deviation (n - 1), NaN before the second. */
  get deviation(): NdArray {
    return this.#toArray(this.#statistics.deviation())
  }

  /** Begins another average; events that wait are kept. */
  reset(): void {
    const { from, to } = this._window()
    this.#statistics = new EpochStatistics((to - from) * this.#channelCount)
  }

  protected override _window(): EpochWindow {
    const [start, stop] = this.config.window
    const from = Math.trunc(start * this.sampleRate)
    const to = Math.trunc(stop * this.sampleRate)
    if (to > from) return { from, to }
    throw new ConfigError(this._subject, [
      `'window': expected [from, to] of a sample or more, got [${start}, ${stop}] s`
    ])
  }

  protected override _checkParams(given: z.infer<typeof params>): void {
    super._checkParams(given)
    if (this.inputs['signals']!.isConnected) this.#channelsOf(given)
  }

  protected override _checkInputs(): void {
    super._checkInputs()
    this.#baseline()
  }

  protected override async _initialize(): Promise<void> {
    this._restart()
    const signals = this.inputs['signals']!
    const { shape, sampleRate, units, channelInfo } = signals.info
    const common = { shape: [-1, shape[1]!], sampleRate, units, ...(channelInfo && { channelInfo }) }
    await describeOutput(this.outputs['average']!, common)
    await describeOutput(this.outputs['deviation']!, common)
    await describeEvents(this.outputs['epochs']!, signals)
  }

  protected override _begin(): void {
    this.#counters = { accepted: 0, rejected: 0 }
    this.reset()
  }

  protected override _wants({ value, label }: StreamEvent): boolean {
    const { values, labels } = this.config
    return (values == null || values.includes(value)) && (labels == null || labels.includes(label))
  }

  protected override async _takeEpoch({ event, data, missing }: Epoch & { data: NdArray }): Promise<void> {
    const values = data.astype('float64').typed() as Float64Array
    const baseline = this.#baseline()
    if (baseline !== undefined) subtractBaseline(values, this.#channelCount, baseline)
    const reason = missing > 0 ? 'gap' : this.#faultOf(values)
    if (reason !== undefined) {
      this.#counters.rejected += 1
      return this.#tell(event, reason)
    }
    this.#counters.accepted += 1
    this.#statistics.add(values)
    const { average, deviation } = this.outputs
    const { accepted } = this.#counters
    await Promise.all([
      this.#tell(event, 'accepted'),
      average!.send(this.average, accepted, { handOver: true }),
      deviation!.send(this.deviation, accepted, { handOver: true })
    ])
  }

  protected override async _loseEpoch(event: StreamEvent): Promise<void> {
    await this.#tell(event, 'gone')
  }

  protected override _startRun(): void {
    this.outputs['epochs']!.startRun()
  }

  async #tell({ index, value }: StreamEvent, label: string): Promise<void> {
    const { from, to } = this._window()
    const verdict = makeEvents([{ index, value, duration: to - from, label }])
    await this.outputs['epochs']!.send(verdict, undefined, { handOver: true })
  }

  #faultOf(values: Float64Array): string | undefined {
    const channels = this.#channelsOf(this.params)
    const fault = findFault(values, { channelCount: this.#channelCount, channels }, this.params)
    if (fault === undefined) return undefined
    return `${fault.reason}: ${channelNamesOf(this.inputs['signals']!.info)[fault.channel]}`
  }

  /** The baseline in samples from the beginning of the window. */
  #baseline(): EpochWindow | undefined {
    const { baseline } = this.config
    if (baseline == null) return undefined
    const window = this._window()
    const from = Math.trunc(baseline[0] * this.sampleRate) - window.from
    const to = Math.trunc(baseline[1] * this.sampleRate) - window.from
    if (from >= 0 && to > from && to <= window.to - window.from) return { from, to }
    const expected = `a part of the window [${this.config.window.join(', ')}] s, of a sample or more`
    throw new ConfigError(this._subject, [`'baseline': expected ${expected}, got [${baseline.join(', ')}] s`])
  }

  #channelsOf({ channels }: z.infer<typeof params>): number[] {
    const { info } = this.inputs['signals']!
    if (channels === null) return Array.from({ length: this.#channelCount }, (_, channel) => channel)
    return channels.map((channel) => findChannel(info, channel, { subject: this._subject, option: 'channels' }))
  }

  get #channelCount(): number {
    return this.inputs['signals']!.info.shape[1]!
  }

  #toArray(values: Float64Array): NdArray {
    return NdArray.fromTyped(values, [values.length / this.#channelCount, this.#channelCount])
  }

  protected override _counters(): Readonly<Record<string, number>> {
    return { ...this.#counters, ...super._counters() }
  }
}
registerNodeType(EpochAverage)
