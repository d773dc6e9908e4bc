import { randomUUID } from 'node:crypto'
import { dateTime, OWNER, type SimulatedRecord } from './CortexModel.ts'
import type { Detection } from './bciSettings.ts'
import type { SimulatedHeadset } from './headsets.ts'
import { streamModel, type StreamModel } from './streams.ts'

interface Subscription {
  model: StreamModel
  /** Number of the next sample. */
  next: number
  lose: number
  interpolate: number
}

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
  readonly #markers: object[] = []
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

  /** Columns of the stream, which is sent from now on; undefined when the headset has none of that name. */
  subscribe(name: string): StreamModel['cols'] | undefined {
    const model = streamModel(name, this.headset, this.status === 'activated')
    if (model === undefined) return undefined
    const next = Math.ceil((performance.now() - this.#zero) * 0.001 * model.rate)
    this.#subscriptions.set(name, { model, next, lose: 0, interpolate: 0 })
    return model.cols
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

  /** The next samples of the streams that count are not sent. */
  lose(count: number): void {
    for (const name of ['eeg', 'mot']) {
      const subscription = this.#subscriptions.get(name)
      if (subscription) subscription.lose += count
    }
  }

  interpolate(count: number): void {
    for (const name of ['eeg', 'mot']) {
      const subscription = this.#subscriptions.get(name)
      if (subscription) subscription.interpolate += count
    }
  }

  /** With the next sample of EEG. */
  mark(marker: object): void {
    this.#markers.push(marker)
  }

  /** Gives what is due by now, stream by stream. */
  *due(): Iterable<Record<string, unknown>> {
    const now = performance.now()
    for (const [name, subscription] of this.#subscriptions) {
      const { rate } = subscription.model
      if (rate === 0) continue
      for (; this.#zero + (subscription.next * 1000) / rate <= now; subscription.next++) {
        if (subscription.lose > 0) {
          subscription.lose -= 1
          continue
        }
        yield this.#sample(name, subscription)
      }
    }
  }

  /** What is due by now goes nowhere. */
  skipDue(): void {
    for (const sample of this.due()) void sample
  }

  #sample(name: string, subscription: Subscription): Record<string, unknown> {
    const { model, next } = subscription
    const isInterpolated = subscription.interpolate > 0
    if (isInterpolated) subscription.interpolate -= 1
    const markers = name === 'eeg' ? this.#markers.splice(0) : []
    const at = performance.timeOrigin + this.#zero + (next * 1000) / model.rate
    return { [name]: model.values(next, { isInterpolated, markers }), sid: this.id, time: Math.round(at * 10) / 10_000 }
  }
}
