import type { TypedArray } from '@nodeacq/ndarray'
import { signalCount, waveletRows } from '../checkSpectrum.ts'
import { isBigInts } from '../chunkValues.ts'
import type { FftKernel, RfftKernel, WaveletKernel } from '../Engine.ts'
import { rotations } from '../fftTables.ts'
import type { WasmMemory } from './WasmMemory.ts'
import { createSplitFft, type SplitAddress, type WasmSplitFft } from './WasmSplitFft.ts'

export class WasmFft implements FftKernel {
  readonly size: number
  readonly #memory: WasmMemory
  readonly #fft: WasmSplitFft

  constructor(memory: WasmMemory, size: number) {
    this.#memory = memory
    this.size = size
    this.#fft = createSplitFft(memory, size)
    memory.reserveWork(2 * size)
  }

  forward(input: Float64Array, output: Float64Array): void {
    this.#transform(input, output, false)
  }

  inverse(input: Float64Array, output: Float64Array): void {
    this.#transform(input, output, true)
  }

  #transform(input: Float64Array, output: Float64Array, isInverse: boolean): void {
    const { exports, raw } = this.#memory
    const values = 2 * this.size
    const signals = signalCount({ input, output }, values, values)
    for (let i = 0; i < signals; i++) {
      copyIn(this.#memory, input, i * values, values)
      exports.split(raw, this.#fft.input.re, this.#fft.input.im, this.size)
      const { re, im } = this.#fft.transform(isInverse)
      exports.join(re, im, raw, this.size, isInverse ? this.size : 1)
      copyOut(this.#memory, output, i * values, values)
    }
  }
}

/** As `JsRfft`. */
export class WasmRfft implements RfftKernel {
  readonly size: number
  readonly binCount: number
  readonly #memory: WasmMemory
  readonly #fft: WasmSplitFft
  readonly #turns: SplitAddress

  constructor(memory: WasmMemory, size: number) {
    this.#memory = memory
    this.size = size
    this.binCount = Math.floor(size / 2) + 1
    this.#fft = createSplitFft(memory, size % 2 === 0 ? size / 2 : size)
    const turns = rotations(this.binCount, (k) => k, size)
    this.#turns = { re: memory.allocateValues(this, turns.re), im: memory.allocateValues(this, turns.im) }
    memory.reserveWork(2 * this.binCount)
  }

  forward(input: TypedArray, output: Float64Array): void {
    const bins = 2 * this.binCount
    const signals = signalCount({ input, output }, this.size, bins)
    for (let i = 0; i < signals; i++) {
      copyIn(this.#memory, input, i * this.size, this.size)
      if (this.size % 2 === 0) this.#forwardEven()
      else this.#forwardOdd()
      copyOut(this.#memory, output, i * bins, bins)
    }
  }

  inverse(input: Float64Array, output: Float64Array): void {
    const bins = 2 * this.binCount
    const signals = signalCount({ input, output }, bins, this.size)
    for (let i = 0; i < signals; i++) {
      copyIn(this.#memory, input, i * bins, bins)
      if (this.size % 2 === 0) this.#inverseEven()
      else this.#inverseOdd()
      copyOut(this.#memory, output, i * this.size, this.size)
    }
  }

  #forwardEven(): void {
    const { exports, raw } = this.#memory
    const half = this.size / 2
    exports.split(raw, this.#fft.input.re, this.#fft.input.im, half)
    const { re, im } = this.#fft.transform(false)
    exports.real_spectrum(re, im, this.#turns.re, this.#turns.im, raw, half)
  }

  #inverseEven(): void {
    const { exports, raw } = this.#memory
    const half = this.size / 2
    exports.real_pairs(raw, this.#turns.re, this.#turns.im, this.#fft.input.re, this.#fft.input.im, half)
    const { re, im } = this.#fft.transform(true)
    exports.join(re, im, raw, half, half)
  }

  #forwardOdd(): void {
    const { exports, f64, raw } = this.#memory
    const { re, im } = this.#fft.input
    f64.copyWithin(re >> 3, raw >> 3, (raw >> 3) + this.size)
    f64.fill(0, im >> 3, (im >> 3) + this.size)
    const spectrum = this.#fft.transform(false)
    exports.join(spectrum.re, spectrum.im, raw, this.binCount, 1)
    f64[(raw >> 3) + 1] = 0
  }

  #inverseOdd(): void {
    const { f64, raw } = this.#memory
    const from = raw >> 3
    const re = this.#fft.input.re >> 3
    const im = this.#fft.input.im >> 3
    f64[re] = f64[from]!
    f64[im] = 0
    for (let k = 1; k < this.binCount; k++) {
      f64[re + k] = f64[re + this.size - k] = f64[from + 2 * k]!
      f64[im + k] = f64[from + 2 * k + 1]!
      f64[im + this.size - k] = -f64[from + 2 * k + 1]!
    }
    const signal = this.#fft.transform(true)
    f64.copyWithin(from, signal.re >> 3, (signal.re >> 3) + this.size)
    this.#memory.exports.scale_down(raw, this.size, this.size)
  }
}

export class WasmWavelets implements WaveletKernel {
  readonly size: number
  readonly #memory: WasmMemory
  readonly #spectra: readonly SplitAddress[]
  readonly #fft: WasmSplitFft
  readonly #signal: SplitAddress
  /** Room for a map of `size` rows. */
  readonly #map: number

  constructor(memory: WasmMemory, size: number, spectra: readonly Float64Array[]) {
    this.#memory = memory
    this.size = size
    this.#spectra = spectra.map((spectrum) => ({
      re: memory.allocateValues(
        this,
        spectrum.filter((_, i) => i % 2 === 0)
      ),
      im: memory.allocateValues(
        this,
        spectrum.filter((_, i) => i % 2 === 1)
      )
    }))
    this.#fft = createSplitFft(memory, size)
    this.#signal = { re: memory.allocate(this, 8 * size), im: memory.allocate(this, 8 * size) }
    this.#map = memory.allocate(this, 8 * size * spectra.length)
    memory.reserveWork(size)
  }

  get waveletCount(): number {
    return this.#spectra.length
  }

  process(input: TypedArray, output: TypedArray): void {
    const rows = waveletRows(this, input, output)
    const { exports, f64, raw } = this.#memory
    const { size, waveletCount } = this
    const work = this.#fft.input
    copyIn(this.#memory, input, 0, size)
    f64.copyWithin(work.re >> 3, raw >> 3, (raw >> 3) + size)
    f64.fill(0, work.im >> 3, (work.im >> 3) + size)
    this.#keepSignal(this.#fft.transform(false))
    // The middle of the wavelets is their time 0: the map begins half a length later in the circle of the transform.
    const start = size - rows + Math.ceil(size / 2)
    for (let w = 0; w < waveletCount; w++) {
      const spectrum = this.#spectra[w]!
      const { re, im } = this.#signal
      exports.multiply(re, im, spectrum.re, spectrum.im, work.re, work.im, size)
      const result = this.#fft.transform(true)
      exports.magnitudes(result.re, result.im, this.#map + 8 * w, size, start, rows, waveletCount, size)
    }
    const map = this.#map >> 3
    ;(output as Float64Array).set(f64.subarray(map, map + output.length))
  }

  #keepSignal({ re, im }: SplitAddress): void {
    const { f64 } = this.#memory
    f64.copyWithin(this.#signal.re >> 3, re >> 3, (re >> 3) + this.size)
    f64.copyWithin(this.#signal.im >> 3, im >> 3, (im >> 3) + this.size)
  }
}

/** `count` values from `start` on, as float64 at `raw`. */
function copyIn({ f64, raw }: WasmMemory, values: TypedArray, start: number, count: number): void {
  const part = count === values.length ? values : values.subarray(start, start + count)
  if (!isBigInts(part)) f64.set(part, raw >> 3)
  else for (let i = 0; i < count; i++) f64[(raw >> 3) + i] = Number(part[i])
}

function copyOut({ f64, raw }: WasmMemory, output: Float64Array, start: number, count: number): void {
  output.set(f64.subarray(raw >> 3, (raw >> 3) + count), start)
}
