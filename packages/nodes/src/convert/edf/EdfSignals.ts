import type { NdArray } from '@nodeacq/ndarray'
import type { StreamConversion } from '../Conversion.ts'
import type { ExportGap, ExportStream } from '../Exporter.ts'
import { needsRange, type ChannelPlan } from './ChannelPlan.ts'
import { Quantizer, type MissingRun } from './Quantizer.ts'
import type { EdfKind } from './scaling.ts'
import { SignalQueue } from './SignalQueue.ts'

/** The signals of one stream: how they are stored, what waits to be, and where in time they are. */
export class EdfSignals {
  readonly stream: ExportStream
  readonly plans: readonly ChannelPlan[]
  readonly labels: readonly string[]
  readonly perRecord: number
  /** Hz, as the file says it. */
  readonly rate: number
  readonly queue: SignalQueue
  /** Index of the first sample of the record from which records follow each other. */
  base: number
  gaps = { count: 0, samples: 0 }
  readonly #origin: number
  readonly #quantizer: Quantizer

  constructor(
    stream: ExportStream,
    parts: { plans: readonly ChannelPlan[]; labels: readonly string[]; perRecord: number; rate: number; kind: EdfKind }
  ) {
    const { plans, labels, perRecord, rate, kind } = parts
    this.stream = stream
    this.plans = plans
    this.labels = labels
    this.perRecord = perRecord
    this.rate = rate
    this.queue = new SignalQueue(
      stream.startIndex,
      plans.map(({ zero }) => zero)
    )
    this.#quantizer = new Quantizer(plans, { isPlain: !needsRange(stream, kind), merge: perRecord })
    this.#origin = stream.startIndex - Math.round(stream.offset * rate)
    this.base = this.#origin
  }

  /** Numbers of all channels in a record. */
  get recordSamples(): number {
    return this.perRecord * this.plans.length
  }

  /** s from the start of the file to a sample */
  timeOf(index: number): number {
    return (index - this.#origin) / this.rate
  }

  /** First sample of a record, counted from where records follow each other. */
  recordIndex(n: number): number {
    return this.base + n * this.perRecord
  }

  /** Lets records follow each other from a time on. */
  moveTo(time: number): void {
    this.base = this.#origin + Math.round(time * this.rate)
  }

  /** @returns where values are no number */
  take(index: number, block: NdArray): readonly MissingRun[] {
    this.queue.push(index, this.#quantizer.quantize(block, index))
    return this.#quantizer.takeMissing()
  }

  skip({ from, to }: ExportGap): void {
    this.queue.known = to
    this.gaps = { count: this.gaps.count + 1, samples: this.gaps.samples + to - from }
  }

  losses(): Partial<StreamConversion> {
    const { plans, labels, stream } = this
    const { notFinite, clipped, maxError } = this.#quantizer
    const isExact = plans.every((plan) => plan.isExact) && notFinite === 0 && clipped.count === 0
    const rounded = plans.filter((plan) => !plan.isExact)
    const renamed = stream.channelInfo.flatMap(({ name }, k) =>
      name === labels[k] ? [] : [[name, labels[k]!] as const]
    )
    const units = stream.channelInfo.flatMap(({ name, unit = '' }, k) =>
      unit === plans[k]!.scaling.unit ? [] : [[name, plans[k]!.scaling.unit] as const]
    )
    return {
      isExact,
      rounding: { step: Math.max(0, ...rounded.map(({ scaling }) => scaling.storedGain)), maxError },
      relativeGainError: Math.max(0, ...plans.map((plan) => (plan.isExact ? plan.scaling.relativeGainError : 0))),
      notFinite,
      clipped,
      renamed: Object.fromEntries(renamed),
      unitsChanged: Object.fromEntries(units)
    }
  }
}
