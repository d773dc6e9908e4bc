import { FilterError } from '../../errors.ts'
import { besselI0 } from './besselI0.ts'
import { checkPositive } from './edges.ts'

/** Windows without a parameter. */
export const WINDOWS = [
  'boxcar',
  'triang',
  'bartlett',
  'barthann',
  'bohman',
  'cosine',
  'parzen',
  'hann',
  'hamming',
  'blackman',
  'nuttall',
  'blackmanharris',
  'flattop',
  'lanczos'
] as const

export type WindowName = (typeof WINDOWS)[number]

/** A window by name, or one with its parameter. */
export type WindowSpec =
  | WindowName
  /** beta: 0 like boxcar, 5 like hamming, 8.6 like blackman. */
  | { readonly type: 'kaiser'; readonly beta: number }
  /** Standard deviation in samples. */
  | { readonly type: 'gaussian'; readonly std: number }
  /** Part of the window that is tapered, 0 to 1. */
  | { readonly type: 'tukey'; readonly alpha: number }
  /** Time constant in samples. */
  | { readonly type: 'exponential'; readonly tau: number }
  /** Level of the side lobes below the main one, dB. */
  | { readonly type: 'chebwin'; readonly attenuation: number }

/** Coefficients of sums of cosines. F. J. Harris, On the use of windows for harmonic analysis, 1978; A. Nuttall, 1981. */
const COSINE_SUMS: Partial<Record<WindowName, readonly number[]>> = {
  hann: [0.5, 0.5],
  hamming: [0.54, 0.46],
  blackman: [0.42, 0.5, 0.08],
  nuttall: [0.3635819, 0.4891775, 0.1365995, 0.0106411],
  blackmanharris: [0.35875, 0.48829, 0.14128, 0.01168],
  flattop: [0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368]
}

/**
 * Window of `length` samples with scipy's numbers. Periodic by default, as spectra want it; `symmetric` for filters.
 * @throws FilterError when the name, the length or a parameter does not fit
 */
export function getWindow(spec: WindowSpec, length: number, { symmetric = false } = {}): Float64Array {
  if (!Number.isInteger(length) || length < 1) {
    throw new FilterError('window: length', 'a whole number of samples, 1 or more', `${length}`)
  }
  if (length === 1) return Float64Array.of(1)
  const full = symmetric ? length : length + 1
  const valueAt = typeof spec === 'string' ? named(spec, full) : withParameter(spec, full)
  return Float64Array.from({ length }, (_, k) => valueAt(k))
}

/** The k-th of `n` samples. */
type Sampler = (k: number) => number

function named(name: WindowName, n: number): Sampler {
  const sum = COSINE_SUMS[name]
  if (sum !== undefined) return cosineSum(sum, n)
  const last = n - 1
  switch (name) {
    case 'boxcar':
      return () => 1
    case 'triang':
      return (k) => 1 - Math.abs(2 * k - last) / (n % 2 === 0 ? n : n + 1)
    case 'bartlett':
      return (k) => 1 - Math.abs(2 * k - last) / last
    case 'barthann':
      return (k) => {
        const x = Math.abs(k / last - 0.5)
        return 0.62 - 0.48 * x + 0.38 * Math.cos(2 * Math.PI * x)
      }
    case 'bohman':
      return (k) => {
        const x = Math.abs((2 * k) / last - 1)
        return x >= 1 ? 0 : (1 - x) * Math.cos(Math.PI * x) + Math.sin(Math.PI * x) / Math.PI
      }
    case 'cosine':
      return (k) => Math.sin((Math.PI / n) * (k + 0.5))
    case 'parzen':
      return (k) => {
        const distance = Math.abs(k - last / 2)
        const x = distance / (n / 2)
        return distance <= last / 4 ? 1 - 6 * x ** 2 + 6 * x ** 3 : 2 * (1 - x) ** 3
      }
    case 'lanczos':
      return (k) => sinc((2 * k) / last - 1)
    default:
      throw new FilterError('window', `one of ${WINDOWS.join(', ')}`, JSON.stringify(name))
  }
}

function withParameter(spec: Exclude<WindowSpec, WindowName>, n: number): Sampler {
  const middle = (n - 1) / 2
  switch (spec.type) {
    case 'kaiser': {
      const { beta } = spec
      if (!Number.isFinite(beta)) throw new FilterError('kaiser window: beta', 'a number', `${beta}`)
      return (k) => besselI0(beta * Math.sqrt(Math.max(0, 1 - (k / middle - 1) ** 2))) / besselI0(beta)
    }
    case 'gaussian': {
      const { std } = spec
      checkPositive('gaussian window: std', std, 'samples')
      return (k) => Math.exp(-((k - middle) ** 2) / (2 * std ** 2))
    }
    case 'tukey':
      return tukey(spec.alpha, n)
    case 'exponential': {
      const { tau } = spec
      checkPositive('exponential window: tau', tau, 'samples')
      return (k) => Math.exp(-Math.abs(k - middle) / tau)
    }
    case 'chebwin':
      checkPositive('chebwin window: attenuation', spec.attenuation, 'dB')
      return chebwin(spec.attenuation, n)
    default:
      throw new FilterError('window', 'kaiser, gaussian, tukey, exponential or chebwin', JSON.stringify(spec))
  }
}

function cosineSum(coefficients: readonly number[], n: number): Sampler {
  return (k) => {
    const angle = -Math.PI + (2 * Math.PI * k) / (n - 1)
    return coefficients.reduce((sum, coefficient, harmonic) => sum + coefficient * Math.cos(harmonic * angle), 0)
  }
}

function tukey(alpha: number, n: number): Sampler {
  if (!(alpha >= 0 && alpha <= 1)) throw new FilterError('tukey window: alpha', 'a number from 0 to 1', `${alpha}`)
  const last = n - 1
  const taper = Math.floor((alpha * last) / 2)
  return (k) => {
    if (alpha === 0) return 1
    const fromEdge = Math.min(k, last - k)
    return fromEdge > taper ? 1 : 0.5 * (1 + Math.cos(Math.PI * ((2 * fromEdge) / alpha / last - 1)))
  }
}

/** Dolph and Chebyshev: Fourier transform of a Chebyshev polynomial. C. Dolph, A current distribution for broadside arrays, 1946. */
function chebwin(attenuation: number, n: number): Sampler {
  const order = n - 1
  const beta = Math.cosh(Math.acosh(10 ** (attenuation / 20)) / order)
  const spectrum = Array.from({ length: n }, (_, k) => chebyshev(order, beta * Math.cos((Math.PI * k) / n)))
  const at = (k: number) =>
    spectrum.reduce((sum, value, j) => sum + value * Math.cos((2 * Math.PI * j * (k - order / 2)) / n), 0)
  const values = Float64Array.from({ length: Math.ceil(n / 2) }, (_, k) => at(k))
  const largest = values.reduce((a, b) => Math.max(a, b))
  return (k) => values[Math.min(k, order - k)]! / largest
}

function chebyshev(order: number, x: number): number {
  if (Math.abs(x) <= 1) return Math.cos(order * Math.acos(x))
  return (x < 0 && order % 2 === 1 ? -1 : 1) * Math.cosh(order * Math.acosh(Math.abs(x)))
}

/** sin(πx) / πx */
export function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x)
}
