import { FilterError } from '../../errors.ts'

/** Real and imaginary parts apart. */
export interface SplitComplex {
  readonly re: Float64Array
  readonly im: Float64Array
}

/** @throws FilterError when a transform cannot have this many points */
export function checkFftSize(size: number): void {
  if (!Number.isSafeInteger(size) || size < 1 || size > MAX_SIZE) {
    throw new FilterError('FFT size', `an integer from 1 to ${MAX_SIZE}`, `${size}`)
  }
}

/** 16 M points: a second of memory traffic on any machine, and indexes stay small. */
const MAX_SIZE = 2 ** 24

export function isPowerOfTwo(size: number): boolean {
  return 2 ** Math.round(Math.log2(size)) === size
}

/** `exp(−2πi · k / period)`, with k brought into the first period exactly. */
export function rotations(count: number, indexOf: (i: number) => number, period: number): SplitComplex {
  const re = new Float64Array(count)
  const im = new Float64Array(count)
  for (let i = 0; i < count; i++) {
    const angle = (-2 * Math.PI * (indexOf(i) % period)) / period
    re[i] = Math.cos(angle)
    im[i] = Math.sin(angle)
  }
  return { re, im }
}

/**
 * Factors of the radix-4 stages of a transform of 2^k points, stage after stage. For a stage that splits `n` points:
 * the real and the imaginary parts of w^p, w^2p and w^3p (w = exp(−2πi/n), p < n/4), n/4 values each.
 */
export function stageFactors(size: number): Float64Array {
  const parts: Float64Array[] = []
  for (let n = size; n >= 4; n /= 4) {
    for (const power of [1, 2, 3]) {
      const { re, im } = rotations(n / 4, (p) => p * power, n)
      parts.push(re, im)
    }
  }
  const all = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

/** A transform of any size as a convolution of 2^k points (Bluestein 1970). */
export interface Bluestein {
  /** Points of the convolution. */
  readonly length: number
  /** exp(−πi · k² / size), k < size. */
  readonly chirp: SplitComplex
  /** Its conjugate, before the transform: `length` points, wrapped round. */
  readonly wrapped: SplitComplex
}

export function bluestein(size: number): Bluestein {
  let length = 1
  while (length < 2 * size - 1) length *= 2
  const chirp = rotations(size, (k) => (k * k) % (2 * size), 2 * size)
  const wrapped = { re: new Float64Array(length), im: new Float64Array(length) }
  for (let k = 0; k < size; k++) {
    for (const at of k === 0 ? [0] : [k, length - k]) {
      wrapped.re[at] = chirp.re[k]!
      wrapped.im[at] = -chirp.im[k]!
    }
  }
  return { length, chirp, wrapped }
}
