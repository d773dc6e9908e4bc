import type { TypedArray } from '@nodeacq/ndarray'
import type { FftKernel, RfftKernel } from '../Engine.ts'
import { signalCount } from '../checkSpectrum.ts'
import { rotations, type SplitComplex } from '../fftTables.ts'
import { createSplitFft, type SplitFft } from './SplitFft.ts'

export class JsFft implements FftKernel {
  readonly size: number
  readonly #fft: SplitFft
  readonly #re: Float64Array
  readonly #im: Float64Array

  constructor(size: number) {
    this.size = size
    this.#fft = createSplitFft(size)
    this.#re = new Float64Array(size)
    this.#im = new Float64Array(size)
  }

  forward(input: Float64Array, output: Float64Array): void {
    const signals = signalCount({ input, output }, 2 * this.size, 2 * this.size)
    for (let i = 0; i < signals; i++) {
      const at = 2 * this.size * i
      this.#split(input, at)
      this.#fft.transform(this.#re, this.#im)
      this.#join(output, at, 1)
    }
  }

  inverse(input: Float64Array, output: Float64Array): void {
    const signals = signalCount({ input, output }, 2 * this.size, 2 * this.size)
    for (let i = 0; i < signals; i++) {
      const at = 2 * this.size * i
      this.#split(input, at)
      this.#fft.transform(this.#im, this.#re)
      this.#join(output, at, this.size)
    }
  }

  #split(input: Float64Array, at: number): void {
    for (let k = 0; k < this.size; k++) {
      this.#re[k] = input[at + 2 * k]!
      this.#im[k] = input[at + 2 * k + 1]!
    }
  }

  #join(output: Float64Array, at: number, divisor: number): void {
    for (let k = 0; k < this.size; k++) {
      output[at + 2 * k] = this.#re[k]! / divisor
      output[at + 2 * k + 1] = this.#im[k]! / divisor
    }
  }
}

/** Even sizes as a complex transform of half the points, x[2k] + i x[2k+1]; odd ones as one without imaginary part. */
export class JsRfft implements RfftKernel {
  readonly size: number
  readonly binCount: number
  readonly #fft: SplitFft
  readonly #work: SplitComplex
  /** exp(−2πi k / size). */
  readonly #turns: SplitComplex

  constructor(size: number) {
    this.size = size
    this.binCount = Math.floor(size / 2) + 1
    const points = size % 2 === 0 ? size / 2 : size
    this.#fft = createSplitFft(points)
    this.#work = { re: new Float64Array(points), im: new Float64Array(points) }
    this.#turns = rotations(this.binCount, (k) => k, size)
  }

  forward(input: TypedArray, output: Float64Array): void {
    const signals = signalCount({ input, output }, this.size, 2 * this.binCount)
    for (let i = 0; i < signals; i++) {
      if (this.size % 2 === 0) this.#forwardEven(input, i * this.size, output, i * 2 * this.binCount)
      else this.#forwardOdd(input, i * this.size, output, i * 2 * this.binCount)
    }
  }

  inverse(input: Float64Array, output: Float64Array): void {
    const signals = signalCount({ input, output }, 2 * this.binCount, this.size)
    for (let i = 0; i < signals; i++) {
      if (this.size % 2 === 0) this.#inverseEven(input, i * 2 * this.binCount, output, i * this.size)
      else this.#inverseOdd(input, i * 2 * this.binCount, output, i * this.size)
    }
  }

  #forwardOdd(input: TypedArray, from: number, output: Float64Array, to: number): void {
    const { re, im } = this.#work
    for (let k = 0; k < this.size; k++) re[k] = Number(input[from + k])
    im.fill(0)
    this.#fft.transform(re, im)
    for (let k = 0; k < this.binCount; k++) {
      output[to + 2 * k] = re[k]!
      output[to + 2 * k + 1] = k === 0 ? 0 : im[k]!
    }
  }

  #forwardEven(input: TypedArray, from: number, output: Float64Array, to: number): void {
    const { re, im } = this.#work
    const half = this.size / 2
    for (let k = 0; k < half; k++) {
      re[k] = Number(input[from + 2 * k])
      im[k] = Number(input[from + 2 * k + 1])
    }
    this.#fft.transform(re, im)
    output[to] = re[0]! + im[0]!
    output[to + 1] = 0
    for (let k = 1; k < half; k++) {
      const er = 0.5 * (re[k]! + re[half - k]!)
      const ei = 0.5 * (im[k]! - im[half - k]!)
      const or = 0.5 * (im[k]! + im[half - k]!)
      const oi = 0.5 * (re[half - k]! - re[k]!)
      const wr = this.#turns.re[k]!
      const wi = this.#turns.im[k]!
      output[to + 2 * k] = er + (or * wr - oi * wi)
      output[to + 2 * k + 1] = ei + (or * wi + oi * wr)
    }
    output[to + 2 * half] = re[0]! - im[0]!
    output[to + 2 * half + 1] = 0
  }

  #inverseOdd(input: Float64Array, from: number, output: Float64Array, to: number): void {
    const { re, im } = this.#work
    re[0] = input[from]!
    im[0] = 0
    for (let k = 1; k < this.binCount; k++) {
      re[k] = re[this.size - k] = input[from + 2 * k]!
      im[k] = input[from + 2 * k + 1]!
      im[this.size - k] = -im[k]!
    }
    this.#fft.transform(im, re)
    for (let k = 0; k < this.size; k++) output[to + k] = re[k]! / this.size
  }

  #inverseEven(input: Float64Array, from: number, output: Float64Array, to: number): void {
    const { re, im } = this.#work
    const half = this.size / 2
    for (let k = 0; k < half; k++) {
      const ar = input[from + 2 * k]!
      const ai = k === 0 ? 0 : input[from + 2 * k + 1]!
      const br = input[from + 2 * (half - k)]!
      const bi = k === 0 ? 0 : input[from + 2 * (half - k) + 1]!
      const er = 0.5 * (ar + br)
      const ei = 0.5 * (ai - bi)
      const tr = 0.5 * (ar - br)
      const ti = 0.5 * (ai + bi)
      const wr = this.#turns.re[k]!
      const wi = this.#turns.im[k]!
      const or = tr * wr + ti * wi
      const oi = ti * wr - tr * wi
      re[k] = er - oi
      im[k] = ei + or
    }
    this.#fft.transform(im, re)
    for (let k = 0; k < half; k++) {
      output[to + 2 * k] = re[k]! / half
      output[to + 2 * k + 1] = im[k]! / half
    }
  }
}
