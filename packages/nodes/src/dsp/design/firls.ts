import { FilterError } from '../../errors.ts'
import { checkBands } from './bands.ts'
import { solveCholesky } from './solve.ts'
import { sinc } from './windows.ts'

/** A band of {@link firls}. */
export interface FirlsBand {
  /** First and last frequency in Hz. */
  readonly from: number
  readonly to: number
  /** Gain of the whole band, or at its first and last frequency; linear in between. */
  readonly gain: number | readonly [number, number]
  /** Default 1. */
  readonly weight?: number
}

/**
 * FIR filter of linear phase whose squared error over the bands is least; what lies between them is left free.
 * I. W. Selesnick, Linear-phase FIR filter design by least squares, 2005.
 * @throws FilterError when the number of taps is even, the bands do not fit, or leave the filter undetermined
 */
export function firls(design: { taps: number; bands: readonly FirlsBand[]; sampleRate: number }): Float64Array {
  const { taps, sampleRate } = design
  if (!Number.isInteger(taps) || taps < 1 || taps % 2 === 0) {
    throw new FilterError('firls: taps', 'an odd number', `${taps}`)
  }
  const given = design.bands.map((band) => ({ ...band, weight: band.weight ?? 1 }))
  checkBands('firls', given, sampleRate)
  const bands = given.map(({ from, to, gain, weight }) => {
    const [first, last] = typeof gain === 'number' ? [gain, gain] : gain
    const [low, high] = [from / (sampleRate / 2), to / (sampleRate / 2)]
    const slope = (last - first) / (high - low)
    return { low, high, slope, offset: first - low * slope, weight }
  })
  const middle = (taps - 1) / 2
  // Integrals of cos(nπf) over the bands, which the matrix is made of.
  const integrals = Float64Array.from({ length: taps }, (_, n) =>
    bands.reduce((sum, { low, high, weight }) => sum + weight * (high * sinc(high * n) - low * sinc(low * n)), 0)
  )
  const matrix = Array.from({ length: middle + 1 }, (_, row) =>
    Float64Array.from(
      { length: middle + 1 },
      (__, column) => integrals[Math.abs(row - column)]! + integrals[row + column]!
    )
  )
  const right = Float64Array.from({ length: middle + 1 }, (_, n) =>
    bands.reduce((sum, band) => sum + band.weight * (integral(band, band.high, n) - integral(band, band.low, n)), 0)
  )
  const half = solveCholesky(matrix, right)
  if (half === undefined) {
    throw new FilterError(
      'firls: bands',
      `bands that determine ${taps} coefficients; take fewer taps`,
      'too little of the spectrum'
    )
  }
  return Float64Array.from({ length: taps }, (_, k) => (k === middle ? 2 : 1) * half[Math.abs(k - middle)]!)
}

/** ∫ (slope·f + offset) cos(nπf) df up to `f`. */
function integral({ slope, offset }: { slope: number; offset: number }, f: number, n: number): number {
  const rest = n === 0 ? (-slope * f * f) / 2 : (slope * Math.cos(n * Math.PI * f)) / (Math.PI * n) ** 2
  return f * (slope * f + offset) * sinc(f * n) + rest
}
