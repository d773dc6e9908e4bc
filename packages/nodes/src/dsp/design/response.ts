import { isNdArray, type ReadonlyNdArray } from '@nodeacq/ndarray'
import { FilterError } from '../../errors.ts'
import { add, type Complex, complex, div, expI, mul, ONE } from './complex.ts'
import { sectionsOf } from './conversions.ts'
import type { Ba } from './iirnotch.ts'

/** Where a response is asked for. */
export interface ResponseOptions {
  /** Hz. Default 2: frequencies relative to Nyquist. */
  readonly sampleRate?: number
  /** Number of points from 0 to just below Nyquist, or frequencies in Hz. Default 512. */
  readonly at?: number | ArrayLike<number>
}

/** What a filter does to sines: one complex factor per frequency. */
export class FrequencyResponse {
  /** Hz. */
  readonly frequencies: Float64Array
  readonly re: Float64Array
  readonly im: Float64Array

  constructor(frequencies: Float64Array, responseAt: (z: Complex) => Complex, sampleRate: number) {
    this.frequencies = frequencies
    this.re = new Float64Array(frequencies.length)
    this.im = new Float64Array(frequencies.length)
    for (const [k, frequency] of frequencies.entries()) {
      const value = responseAt(expI((-2 * Math.PI * frequency) / sampleRate))
      this.re[k] = value.re
      this.im[k] = value.im
    }
  }

  /** Factor on the amplitude. */
  get magnitude(): Float64Array {
    return this.re.map((re, k) => Math.hypot(re, this.im[k]!))
  }

  /** 20 log10 of the magnitude; −Infinity where nothing passes. */
  get decibels(): Float64Array {
    return this.magnitude.map((value) => 20 * Math.log10(value))
  }

  /** Radians, −π to π. */
  get phase(): Float64Array {
    return this.re.map((re, k) => Math.atan2(this.im[k]!, re))
  }
}

/** Response of a filter given as polynomials; `a` is [1] for an FIR filter. */
export function freqz({ b, a }: Ba, options: ResponseOptions = {}): FrequencyResponse {
  const { sampleRate = 2 } = options
  return new FrequencyResponse(frequenciesOf(options), (z) => div(horner(b, z), horner(a, z)), sampleRate)
}

/** Response of second-order sections `(sections, 6)`. */
export function sosfreqz(sos: ReadonlyNdArray, options: ResponseOptions = {}): FrequencyResponse {
  const { sampleRate = 2 } = options
  const sections = sectionsOf(sos)
  const responseAt = (z: Complex) =>
    sections.reduce((product, { b, a }) => mul(product, div(horner(b, z), horner(a, z))), ONE)
  return new FrequencyResponse(frequenciesOf(options), responseAt, sampleRate)
}

/**
 * Delay of the envelope of narrow-band signals, in samples, one per frequency; NaN where nothing passes.
 * @param filter polynomials, or second-order sections `(sections, 6)`
 */
export function groupDelay(filter: Ba | ReadonlyNdArray, options: ResponseOptions = {}): Float64Array {
  const { sampleRate = 2 } = options
  const sections: readonly Ba[] = isNdArray(filter) ? sectionsOf(filter) : [filter as Ba]
  return frequenciesOf(options).map((frequency) => {
    const z = expI((-2 * Math.PI * frequency) / sampleRate)
    return sections.reduce((sum, { b, a }) => sum + polynomialDelay(b, z) - polynomialDelay(a, z), 0)
  })
}

/** Re(Σ k c_k z^-k / Σ c_k z^-k) */
function polynomialDelay(coefficients: readonly number[], z: Complex): number {
  const value = horner(coefficients, z)
  const size = coefficients.reduce((sum, coefficient) => sum + Math.abs(coefficient), 0)
  if (Math.hypot(value.re, value.im) <= 4 * Number.EPSILON * size) return NaN
  const weighted = coefficients.map((coefficient, k) => k * coefficient)
  return div(horner(weighted, z), value).re
}

function horner(coefficients: readonly number[], z: Complex): Complex {
  return coefficients.reduceRight<Complex>((value, coefficient) => add(mul(value, z), complex(coefficient)), complex(0))
}

function frequenciesOf({ sampleRate = 2, at = 512 }: ResponseOptions): Float64Array {
  if (typeof at !== 'number') return Float64Array.from(at)
  if (!Number.isInteger(at) || at < 1) throw new FilterError('frequency response: at', 'one point or more', `${at}`)
  return Float64Array.from({ length: at }, (_, k) => (k * sampleRate) / (2 * at))
}
