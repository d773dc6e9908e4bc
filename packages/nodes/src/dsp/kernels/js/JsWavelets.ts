import type { TypedArray } from '@nodeacq/ndarray'
import { waveletRows } from '../checkSpectrum.ts'
import type { WaveletKernel } from '../Engine.ts'
import type { SplitComplex } from '../fftTables.ts'
import { createSplitFft, multiply, type SplitFft } from './SplitFft.ts'

export class JsWavelets implements WaveletKernel {
  readonly size: number
  readonly #spectra: readonly SplitComplex[]
  readonly #fft: SplitFft
  readonly #signal: SplitComplex
  readonly #work: SplitComplex

  constructor(size: number, spectra: readonly Float64Array[]) {
    this.size = size
    this.#spectra = spectra.map((spectrum) => ({
      re: spectrum.filter((_, i) => i % 2 === 0),
      im: spectrum.filter((_, i) => i % 2 === 1)
    }))
    this.#fft = createSplitFft(size)
    this.#signal = { re: new Float64Array(size), im: new Float64Array(size) }
    this.#work = { re: new Float64Array(size), im: new Float64Array(size) }
  }

  get waveletCount(): number {
    return this.#spectra.length
  }

  process(input: TypedArray, output: TypedArray): void {
    const rows = waveletRows(this, input, output)
    const signal = this.#signal
    for (let k = 0; k < this.size; k++) signal.re[k] = Number(input[k])
    signal.im.fill(0)
    this.#fft.transform(signal.re, signal.im)
    const { re, im } = this.#work
    // The middle of the wavelets is their time 0: the map begins half a length later in the circle of the transform.
    const start = this.size - rows + Math.ceil(this.size / 2)
    for (const [column, spectrum] of this.#spectra.entries()) {
      multiply(signal, spectrum, this.#work, this.size)
      this.#fft.transform(im, re)
      for (let row = 0; row < rows; row++) {
        const k = (start + row) % this.size
        output[row * this.waveletCount + column] = Math.sqrt(re[k]! * re[k]! + im[k]! * im[k]!) / this.size
      }
    }
  }
}
