import { bluestein, isPowerOfTwo, stageFactors, type Bluestein, type SplitComplex } from '../fftTables.ts'

/** Forward transform in place of a signal whose parts lie apart. The inverse is the same with the parts exchanged. */
export interface SplitFft {
  readonly size: number
  transform(re: Float64Array, im: Float64Array): void
}

export function createSplitFft(size: number): SplitFft {
  return isPowerOfTwo(size) ? new StockhamFft(size) : new BluesteinFft(size)
}

/** Stockham's autosort transform of 2^k points: stages of radix 4, and one of radix 2 where k is odd. */
class StockhamFft implements SplitFft {
  readonly size: number
  readonly #factors: Float64Array
  readonly #other: SplitComplex

  constructor(size: number) {
    this.size = size
    this.#factors = stageFactors(size)
    this.#other = { re: new Float64Array(size), im: new Float64Array(size) }
  }

  transform(re: Float64Array, im: Float64Array): void {
    let from: SplitComplex = { re, im }
    let to = this.#other
    let factors = 0
    let stride = 1
    let n = this.size
    for (; n >= 4; n /= 4, stride *= 4) {
      this.#radix4(from, to, { n, stride, factors })
      factors += (6 * n) / 4
      ;[from, to] = [to, from]
    }
    if (n === 2) {
      radix2(from, to, stride)
      ;[from, to] = [to, from]
    }
    if (from.re !== re) {
      re.set(from.re)
      im.set(from.im)
    }
  }

  #radix4(
    x: SplitComplex,
    y: SplitComplex,
    { n, stride, factors }: { n: number; stride: number; factors: number }
  ): void {
    const quarter = n / 4
    const step = stride * quarter
    const w = this.#factors
    for (let p = 0; p < quarter; p++) {
      const f = factors + p
      const w1r = w[f]!
      const w1i = w[f + quarter]!
      const w2r = w[f + 2 * quarter]!
      const w2i = w[f + 3 * quarter]!
      const w3r = w[f + 4 * quarter]!
      const w3i = w[f + 5 * quarter]!
      for (let q = 0; q < stride; q++) {
        const a = q + stride * p
        const b = a + step
        const c = b + step
        const d = c + step
        const sr = x.re[a]! + x.re[c]!
        const si = x.im[a]! + x.im[c]!
        const tr = x.re[a]! - x.re[c]!
        const ti = x.im[a]! - x.im[c]!
        const ur = x.re[b]! + x.re[d]!
        const ui = x.im[b]! + x.im[d]!
        const vr = x.re[b]! - x.re[d]!
        const vi = x.im[b]! - x.im[d]!
        const to = q + stride * 4 * p
        y.re[to] = sr + ur
        y.im[to] = si + ui
        const er = tr + vi
        const ei = ti - vr
        y.re[to + stride] = er * w1r - ei * w1i
        y.im[to + stride] = er * w1i + ei * w1r
        const gr = sr - ur
        const gi = si - ui
        y.re[to + 2 * stride] = gr * w2r - gi * w2i
        y.im[to + 2 * stride] = gr * w2i + gi * w2r
        const hr = tr - vi
        const hi = ti + vr
        y.re[to + 3 * stride] = hr * w3r - hi * w3i
        y.im[to + 3 * stride] = hr * w3i + hi * w3r
      }
    }
  }
}

function radix2(x: SplitComplex, y: SplitComplex, stride: number): void {
  for (let q = 0; q < stride; q++) {
    y.re[q] = x.re[q]! + x.re[q + stride]!
    y.im[q] = x.im[q]! + x.im[q + stride]!
    y.re[q + stride] = x.re[q]! - x.re[q + stride]!
    y.im[q + stride] = x.im[q]! - x.im[q + stride]!
  }
}

class BluesteinFft implements SplitFft {
  readonly size: number
  readonly #plan: Bluestein
  readonly #inner: SplitFft
  readonly #work: SplitComplex

  constructor(size: number) {
    this.size = size
    this.#plan = bluestein(size)
    this.#inner = new StockhamFft(this.#plan.length)
    const { re, im } = this.#plan.wrapped
    this.#inner.transform(re, im)
    this.#work = { re: new Float64Array(re.length), im: new Float64Array(re.length) }
  }

  transform(re: Float64Array, im: Float64Array): void {
    const { chirp, wrapped, length } = this.#plan
    const work = this.#work
    work.re.fill(0, this.size)
    work.im.fill(0, this.size)
    multiply({ re, im }, chirp, work, this.size)
    this.#inner.transform(work.re, work.im)
    multiply(work, wrapped, work, length)
    this.#inner.transform(work.im, work.re)
    multiply(work, chirp, { re, im }, this.size)
    for (let k = 0; k < this.size; k++) {
      re[k]! /= length
      im[k]! /= length
    }
  }
}

/** The product of the first `count` values; `to` may be one of the factors. */
export function multiply(a: SplitComplex, b: SplitComplex, to: SplitComplex, count: number): void {
  for (let k = 0; k < count; k++) {
    const ar = a.re[k]!
    const ai = a.im[k]!
    const br = b.re[k]!
    const bi = b.im[k]!
    to.re[k] = ar * br - ai * bi
    to.im[k] = ar * bi + ai * br
  }
}
