import type { RfftKernel } from '../kernels/Engine.ts'

export interface WelchOptions {
  /** Weights of the window's rows. */
  readonly weights: Float64Array
  /** Hz */
  readonly sampleRate: number
  /** `density`: units²/Hz; `spectrum`: units². */
  readonly scaling: 'density' | 'spectrum'
  /** Whether the mean of each window is taken off. */
  readonly detrend: boolean
}

/**
 * Power spectrum of windows by Welch's method, one-sided, with the scaling of scipy's `welch`:
 *
 *   density   |X|² · 2 / (rate · Σ w²)
 *   spectrum  |X|² · 2 / (Σ w)²          (no factor 2 at 0 Hz and at Nyquist)
 */
export class WelchEstimate {
  readonly binCount: number
  readonly #options: WelchOptions
  readonly #rfft: RfftKernel
  readonly #spectrum: Float64Array
  readonly #scale: number

  constructor(rfft: RfftKernel, options: WelchOptions) {
    this.#rfft = rfft
    this.#options = options
    this.binCount = rfft.binCount
    this.#spectrum = new Float64Array(2 * rfft.binCount)
    const { weights, scaling, sampleRate } = options
    let sum = 0
    let squares = 0
    for (const weight of weights) {
      sum += weight
      squares += weight * weight
    }
    this.#scale = scaling === 'density' ? 1 / (sampleRate * squares) : 1 / (sum * sum)
  }

  /** Writes the power of one window to `power` (`binCount` values). `rows` is written over. */
  process(rows: Float64Array, power: Float64Array): void {
    const { weights, detrend } = this.#options
    let mean = 0
    if (detrend) {
      for (const value of rows) mean += value
      mean /= rows.length
    }
    for (let i = 0; i < rows.length; i++) rows[i] = (rows[i]! - mean) * weights[i]!
    this.#rfft.forward(rows, this.#spectrum)
    const isEven = rows.length % 2 === 0
    for (let k = 0; k < this.binCount; k++) {
      const re = this.#spectrum[2 * k]!
      const im = this.#spectrum[2 * k + 1]!
      const isSingle = k === 0 || (isEven && k === this.binCount - 1)
      power[k] = (re * re + im * im) * this.#scale * (isSingle ? 1 : 2)
    }
  }
}
