import { NdArray, type DType } from '@nodeacq/ndarray'

/**
 * The newest sweeps around events, as pyacq's TriggerAccumulator keeps them: a ring along axis 0. The mean is that of the
 * sweeps in the stack that are whole.
 */
export class SweepStack {
  /** `(sweeps, channels, samples)`, the dtype of the signal; zeros where there was no sweep yet. */
  readonly stack: NdArray
  /** Sweeps since the beginning. */
  total = 0
  readonly #sums: Float64Array
  /** What each place of the stack adds to the mean; undefined for places that add nothing. */
  readonly #parts: (Float64Array | undefined)[]
  #whole = 0

  constructor({ sweeps, channels, samples }: { sweeps: number; channels: number; samples: number }, dtype: DType) {
    this.stack = NdArray.zeros([sweeps, channels, samples], dtype)
    this.#sums = new Float64Array(channels * samples)
    this.#parts = Array.from({ length: sweeps }, () => undefined)
  }

  /** Where the next sweep goes: pyacq's `stack_pos`. */
  get position(): number {
    return this.total % this.#parts.length
  }

  /** Whole sweeps in the stack. */
  get whole(): number {
    return this.#whole
  }

  /** Takes a sweep `(samples, channels)` in the place of the oldest. */
  add(sweep: NdArray, isWhole: boolean): void {
    const place = this.position
    sweep.transpose().copyTo(this.stack.slice(place, place + 1).reshape([sweep.shape[1]!, sweep.length]))
    this.#parts[place] = isWhole ? (sweep.astype('float64').typed() as Float64Array) : undefined
    this.total += 1
    this.#whole = this.#parts.filter((part) => part !== undefined).length
  }

  /** Mean of the whole sweeps, `(samples, channels)` float64; NaN without any. Summed anew, so that no rounding piles up. */
  mean(): NdArray {
    const sums = this.#sums.fill(0)
    for (const part of this.#parts) {
      if (part !== undefined) for (let k = 0; k < sums.length; k++) sums[k]! += part[k]!
    }
    const [, channels, samples] = this.stack.shape as [number, number, number]
    return NdArray.fromTyped(
      sums.map((sum) => sum / this.#whole),
      [samples, channels]
    )
  }
}
