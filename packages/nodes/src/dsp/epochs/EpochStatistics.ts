/**
 * Mean and deviation of epochs, sample by sample, in one pass (B. P. Welford, Technometrics 4(3), 1962, p. 419).
 * Computed in float64.
 */
export class EpochStatistics {
  #count = 0
  readonly #mean: Float64Array
  readonly #squares: Float64Array

  constructor(length: number) {
    this.#mean = new Float64Array(length)
    this.#squares = new Float64Array(length)
  }

  get count(): number {
    return this.#count
  }

  add(values: Float64Array): void {
    this.#count += 1
    for (let k = 0; k < values.length; k++) {
      const delta = values[k]! - this.#mean[k]!
      const mean = this.#mean[k]! + delta / this.#count
      this.#squares[k]! += delta * (values[k]! - mean)
      this.#mean[k] = mean
    }
  }

  /** A copy; NaN before the first epoch. */
  mean(): Float64Array {
    return this.#count === 0 ? new Float64Array(this.#mean.length).fill(NaN) : this.#mean.slice()
  }

  /** Of a sample, as numpy's `std(ddof=1)`; NaN before the second epoch. */
  deviation(): Float64Array {
    return this.#squares.map((sum) => (this.#count < 2 ? NaN : Math.sqrt(sum / (this.#count - 1))))
  }
}
