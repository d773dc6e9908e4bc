import type { ArrayKind } from '../filters/KernelProcess.ts'
import type { Block, SignalProcess } from '../filters/SignalProcess.ts'
import { SlidingWindows } from './SlidingWindows.ts'
import type { WelchEstimate } from './WelchEstimate.ts'

export interface SpectrumOptions {
  readonly channels: number
  /** Rows. */
  readonly window: number
  readonly hop: number
  /** Windows whose mean is one estimate. */
  readonly averages: number
  /** physical = offset + scale × value, for each channel. */
  readonly scales: readonly number[]
  readonly offsets: readonly number[]
  readonly Output: ArrayKind
  /** Values of the output for each channel. */
  readonly width: number
  /** Writes what an estimate (`binCount` powers) becomes; `width` values from `at` on. */
  readonly summarize: (power: Float64Array, output: Float64Array, at: number) => void
}

/**
 * Sliding spectra of all channels. Row m of the output is made of the windows m to `m + averages - 1`, which begin at sample
 * `m · hop` of the input.
 */
export class SpectrumProcess implements SignalProcess {
  readonly #options: SpectrumOptions
  readonly #windows: SlidingWindows
  readonly #estimate: WelchEstimate
  /** Powers of the newest windows: `(averages, channels, bins)`, window m at `m % averages`. */
  readonly #powers: Float64Array
  readonly #rows: Float64Array
  readonly #mean: Float64Array
  readonly #summary: Float64Array
  /** First window since the last reset. */
  #first = 0

  constructor(estimate: WelchEstimate, options: SpectrumOptions) {
    const { channels, window, averages, width } = options
    this.#options = options
    this.#estimate = estimate
    this.#windows = new SlidingWindows(options)
    this.#powers = new Float64Array(averages * channels * estimate.binCount)
    this.#rows = new Float64Array(window)
    this.#mean = new Float64Array(estimate.binCount)
    this.#summary = new Float64Array(channels * width)
  }

  get nonFiniteSamples(): number {
    return this.#windows.nonFiniteSamples
  }

  reset(start: number): void {
    this.#windows.reset(start)
    this.#first = this.#windows.firstFrom(start)
  }

  outputIndexOf(index: number): number {
    return this.#windows.firstFrom(index)
  }

  push({ values, rows }: Block): Block | undefined {
    const { channels, averages, width, Output } = this.#options
    const due = this.#windows.due(rows)
    const output = new Output(due * channels * width)
    let made = 0
    let end = 0
    this.#windows.push(values, rows, (window) => {
      this.#add(window)
      const first = window - averages + 1
      if (first < this.#first) return
      output.set(this.#average() as never, made++ * channels * width)
      end = first + 1
    })
    return made === 0 ? undefined : { values: output.subarray(0, made * channels * width), rows: made, end }
  }

  #add(window: number): void {
    const { channels, averages, scales, offsets } = this.#options
    const { binCount } = this.#estimate
    for (let c = 0; c < channels; c++) {
      this.#windows.copyChannel(c, this.#rows)
      const scale = scales[c] ?? scales[0]!
      const offset = offsets[c] ?? offsets[0]!
      if (scale !== 1 || offset !== 0) {
        for (let i = 0; i < this.#rows.length; i++) this.#rows[i] = offset + scale * this.#rows[i]!
      }
      const at = ((window % averages) * channels + c) * binCount
      this.#estimate.process(this.#rows, this.#powers.subarray(at, at + binCount))
    }
  }

  #average(): Float64Array {
    const { channels, averages, width, summarize } = this.#options
    const { binCount } = this.#estimate
    for (let c = 0; c < channels; c++) {
      this.#mean.fill(0)
      for (let a = 0; a < averages; a++) {
        const at = (a * channels + c) * binCount
        for (let k = 0; k < binCount; k++) this.#mean[k]! += this.#powers[at + k]! / averages
      }
      summarize(this.#mean, this.#summary, c * width)
    }
    return this.#summary
  }
}
