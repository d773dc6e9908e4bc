import type { SlidingOptions, SlidingStatistic } from '../Engine.ts'
import { JsSignalKernel } from './JsSignalKernel.ts'

/**
 * Statistics of a sliding window by a running sum. The sum is taken anew each time the ring is full, so that rounding does
 * not add up over hours.
 */
export class JsSliding extends JsSignalKernel {
  readonly #window: number
  readonly #statistic: SlidingStatistic
  /** What is summed, the last `window` of it per channel. */
  readonly #rings: readonly Float64Array[]
  readonly #sums: Float64Array
  /** Where the next value goes. */
  #at = 0
  /** Values in the ring. */
  #filled = 0

  constructor({ window, statistic, ...options }: SlidingOptions) {
    super(options)
    this.#window = window
    this.#statistic = statistic
    this.#rings = this.columns.map(() => new Float64Array(window))
    this.#sums = new Float64Array(options.channelCount)
  }

  protected override resetState(): void {
    for (const ring of this.#rings) ring.fill(0)
    this.#sums.fill(0)
    this.#at = this.#filled = 0
  }

  protected override compute(rows: number): { columns: readonly Float64Array[]; rows: number } {
    for (const [c, column] of this.columns.entries()) this.#slide(column, c, rows)
    this.#at = (this.#at + rows) % this.#window
    this.#filled = Math.min(this.#window, this.#filled + rows)
    return { columns: this.columns, rows }
  }

  #slide(column: Float64Array, channel: number, rows: number): void {
    const ring = this.#rings[channel]!
    const isRms = this.#statistic === 'rms'
    let sum = this.#sums[channel]!
    for (let i = 0, at = this.#at; i < rows; i++) {
      const x = column[i]!
      const term = isRms ? x * x : x
      sum += term - ring[at]!
      ring[at] = term
      if (++at === this.#window) {
        at = 0
        sum = 0
        for (const value of ring) sum += value
      }
      const mean = sum / Math.min(this.#window, this.#filled + i + 1)
      column[i] = isRms ? Math.sqrt(Math.max(0, mean)) : this.#statistic === 'mean' ? mean : x - mean
    }
    this.#sums[channel] = sum
  }
}
