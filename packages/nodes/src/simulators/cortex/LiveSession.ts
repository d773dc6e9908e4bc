import { randomUUID } from 'node:crypto'
import { dateTime, OWNER, type SimulatedRecord } from './CortexModel.ts'
import type { Detection } from './bciSettings.ts'
import { numberOf, type Fault } from '../faults.ts'
import { SampleFaults } from '../SampleFaults.ts'
import type { SimulatedHeadset } from './headsets.ts'
import { streamModel, type StreamModel } from './streams.ts'

interface Subscription {
  readonly model: StreamModel
  readonly faults: SampleFaults
  /** Number of the next sample, and ms of `performance.now()` at which it is due. */
  next: number
  due: number
  interpolate: number
}

/** A marker that waits for the sample of its time. */
interface WaitingMarker {
  readonly marker: object
  /** ms of the epoch. */
  readonly at: number
}

/** Streams that count their samples. */
const COUNTED = ['eeg', 'mot']

export interface Training {
  readonly detection: Detection
  readonly action: string
  state: 'running' | 'succeeded'
  readonly timer: NodeJS.Timeout
}

/** A session of one connection: what it has subscribed, its record, its training. */
export class LiveSession {
  readonly id = randomUUID()
  readonly headset: SimulatedHeadset
  readonly started = dateTime()
  readonly recordIds: string[] = []
  readonly #appId: string
  readonly #subscriptions = new Map<string, Subscription>()
  /** ms of `performance.now()` at which sample 0 was. */
  readonly #zero: number
  #markers: readonly WaitingMarker[] = []
  stopped = ''
  status: 'opened' | 'activated' | 'closed' = 'opened'
  record: SimulatedRecord | undefined
  training: Training | undefined

  /** @param zero ms of `performance.now()` at which the headset began to count */
  constructor(headset: SimulatedHeadset, appId: string, zero: number) {
    this.headset = headset
    this.#appId = appId
    this.#zero = zero
  }

  /** As it is told to clients. */
  describe(): Record<string, unknown> {
    return {
      id: this.id,
      status: this.status,
      owner: OWNER,
      license: '',
      appId: this.#appId,
      started: this.started,
      stopped: this.stopped,
      streams: [...this.#subscriptions.keys()],
      recordIds: this.recordIds,
      recording: this.record !== undefined,
      headset: this.headset
    }
  }

  /**
   * Columns of the stream, which is sent from now on; undefined when the headset has none of that name.
   * @param from ms of `performance.now()`: samples from there on come first
   */
  subscribe(name: string, from = performance.now()): StreamModel['cols'] | undefined {
    const model = this.model(name)
    if (model === undefined) return undefined
    const next = Math.max(0, Math.ceil((from - this.#zero) * 0.001 * model.rate))
    const due = this.#zero + (next * 1000) / model.rate
    this.#subscriptions.set(name, { model, faults: new SampleFaults(), next, due, interpolate: 0 })
    return model.cols
  }

  /** The stream as it is in this session. */
  model(name: string): StreamModel | undefined {
    return streamModel(name, this.headset, this.status === 'activated')
  }

  unsubscribe(name: string): boolean {
    return this.#subscriptions.delete(name)
  }

  unsubscribeAll(): void {
    this.#subscriptions.clear()
  }

  has(name: string): boolean {
    return this.#subscriptions.has(name)
  }

  /** A fault of samples: all streams fall silent or change their rate, those that count have the others. */
  inject(fault: Fault): void {
    for (const [name, subscription] of this.#subscriptions) {
      const isCounted = COUNTED.includes(name)
      if (fault.kind === 'interpolate') {
        if (isCounted) subscription.interpolate += numberOf(fault, 1)
      } else if (isCounted || fault.kind === 'silence' || fault.kind === 'rate') subscription.faults.inject(fault)
    }
  }

  /** With the sample of EEG of its time. @param at ms of the epoch; one that is over: the next sample */
  mark(marker: object, at = 0): void {
    this.#markers = [...this.#markers, { marker, at }]
  }

  /** Gives what is due by now, stream by stream. */
  *due(): Iterable<Record<string, unknown>> {
    const now = performance.now()
    for (const [name, subscription] of this.#subscriptions) {
      const { model, faults } = subscription
      if (model.rate === 0) continue
      while (subscription.due <= now) {
        const fate = faults.next()
        if (fate > 0) {
          const sample = this.#sample(name, subscription)
          for (let times = 0; times < fate; times++) yield sample
          subscription.interpolate = Math.max(0, subscription.interpolate - 1)
        }
        subscription.next += 1
        subscription.due += 1000 / (model.rate * faults.rateFactor)
      }
    }
  }

  #sample(name: string, { model, faults, next, due, interpolate }: Subscription): Record<string, unknown> {
    const at = performance.timeOrigin + due
    const markers = name === 'eeg' ? this.#takeMarkers(at) : []
    const values = model.values(next, { isInterpolated: interpolate > 0, counterOffset: faults.counterOffset, markers })
    return { [name]: values, sid: this.id, time: Math.round(at * 10) / 10_000 }
  }

  #takeMarkers(until: number): object[] {
    const isDue = ({ at }: WaitingMarker) => at <= until
    if (!this.#markers.some(isDue)) return []
    const due = this.#markers.filter(isDue).map(({ marker }) => marker)
    this.#markers = this.#markers.filter((waiting) => !isDue(waiting))
    return due
  }
}
