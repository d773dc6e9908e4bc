import { bluestein, isPowerOfTwo, stageFactors } from '../fftTables.ts'
import type { WasmMemory } from './WasmMemory.ts'

/** Addresses of the real and the imaginary parts. */
export interface SplitAddress {
  readonly re: number
  readonly im: number
}

/** Forward transforms in WebAssembly's memory, not in place. The inverse is the same with the parts exchanged. */
export interface WasmSplitFft {
  readonly size: number
  /** Where the signal is put; overwritten. */
  readonly input: SplitAddress
  /** @returns where the result is: valid until the next transform */
  transform(isInverse: boolean): SplitAddress
}

export function createSplitFft(memory: WasmMemory, size: number): WasmSplitFft {
  return isPowerOfTwo(size) ? new WasmStockham(memory, size) : new WasmBluestein(memory, size)
}

class WasmStockham implements WasmSplitFft {
  readonly size: number
  readonly input: SplitAddress
  readonly #other: SplitAddress
  readonly #memory: WasmMemory
  readonly #factors: number

  constructor(memory: WasmMemory, size: number) {
    this.#memory = memory
    this.size = size
    this.#factors = memory.allocateValues(this, stageFactors(size))
    // Parts and halves not a power of two apart: they would all fall on the same lines of the cache.
    const step = 8 * (size + 8)
    const re = memory.allocate(this, 4 * step)
    this.input = { re, im: re + step }
    this.#other = { re: re + 2 * step, im: re + 3 * step }
  }

  transform(isInverse: boolean): SplitAddress {
    const { input } = this
    const first = isInverse ? input.im : input.re
    const second = isInverse ? input.re : input.im
    const other = 2 * (this.size + 8)
    const isMoved = this.#memory.exports.stockham(first, second, other, this.#factors, this.size)
    return isMoved === 1 ? this.#other : input
  }
}

class WasmBluestein implements WasmSplitFft {
  readonly size: number
  readonly input: SplitAddress
  readonly #memory: WasmMemory
  readonly #inner: WasmSplitFft
  readonly #length: number
  readonly #chirp: SplitAddress
  readonly #wrapped: SplitAddress

  constructor(memory: WasmMemory, size: number) {
    const { chirp, wrapped, length } = bluestein(size)
    this.#memory = memory
    this.size = size
    this.#length = length
    this.#inner = new WasmStockham(memory, length)
    this.#chirp = { re: memory.allocateValues(this, chirp.re), im: memory.allocateValues(this, chirp.im) }
    memory.f64.set(wrapped.re, this.#inner.input.re >> 3)
    memory.f64.set(wrapped.im, this.#inner.input.im >> 3)
    const spectrum = this.#inner.transform(false)
    const copy = (address: number) =>
      memory.allocateValues(this, memory.f64.slice(address >> 3, (address >> 3) + length))
    this.#wrapped = { re: copy(spectrum.re), im: copy(spectrum.im) }
    this.input = { re: memory.allocate(this, 8 * size), im: memory.allocate(this, 8 * size) }
  }

  transform(isInverse: boolean): SplitAddress {
    const { exports, f64 } = this.#memory
    const { input, size } = this
    const work = this.#inner.input
    const re = isInverse ? input.im : input.re
    const im = isInverse ? input.re : input.im
    f64.fill(0, (work.re >> 3) + size, (work.re >> 3) + this.#length)
    f64.fill(0, (work.im >> 3) + size, (work.im >> 3) + this.#length)
    exports.multiply(re, im, this.#chirp.re, this.#chirp.im, work.re, work.im, size)
    const { re: sr, im: si } = this.#inner.transform(false)
    exports.multiply(sr, si, this.#wrapped.re, this.#wrapped.im, work.re, work.im, this.#length)
    const { re: tr, im: ti } = this.#inner.transform(true)
    exports.multiply(tr, ti, this.#chirp.re, this.#chirp.im, re, im, size)
    exports.scale_down(re, size, this.#length)
    exports.scale_down(im, size, this.#length)
    return input
  }
}
