import { FilterError } from '../../errors.ts'
import { checkBands } from './bands.ts'
import { Barycentric, barycentricWeights } from './barycentric.ts'

/** A band of {@link remez}. */
export interface RemezBand {
  /** First and last frequency in Hz. */
  readonly from: number
  readonly to: number
  readonly gain: number
  /** How much an error in this band counts. Default 1. */
  readonly weight?: number
}

/** What {@link remez} takes. */
export interface RemezDesign {
  /** Number of coefficients. */
  readonly taps: number
  /** Rising, apart from each other. */
  readonly bands: readonly RemezBand[]
  /** Points of the grid per coefficient. Default 16. */
  readonly density?: number
  readonly sampleRate: number
}

/** What is fitted, point by point: frequencies (relative to the sample rate) as x = cos 2πf, target and weight. */
interface Grid {
  readonly x: Float64Array
  readonly target: Float64Array
  readonly weight: Float64Array
  /** Whether a point is the first of its band. */
  readonly isStart: Uint8Array
}

const MAX_EXCHANGES = 200

/**
 * FIR filter of linear phase whose greatest weighted error over the bands is least; what lies between them is left free.
 * T. W. Parks, J. H. McClellan, Chebyshev approximation for nonrecursive digital filters with linear phase, 1972; barycentric
 * interpolation after R. Pachón, L. N. Trefethen, Barycentric-Remez algorithms, 2009.
 * @throws FilterError when the bands do not fit, an even number of taps is to pass Nyquist, or the search does not end
 */
export function remez(design: RemezDesign): Float64Array {
  const { taps, sampleRate } = design
  if (!Number.isInteger(taps) || taps < 3) throw new FilterError('remez: taps', 'a whole number, 3 or more', `${taps}`)
  const bands = design.bands.map((band) => ({ ...band, weight: band.weight ?? 1 }))
  checkBands('remez', bands, sampleRate)
  const last = bands.at(-1)!
  if (taps % 2 === 0 && last.to === sampleRate / 2 && last.gain !== 0) {
    throw new FilterError('remez: taps', 'an odd number for a gain other than 0 at Nyquist', `${taps}`)
  }
  const grid = gridOf(design, bands)
  const count = Math.ceil(taps / 2)
  if (grid.x.length <= count) throw new FilterError('remez: bands', 'bands wide enough for the taps', `${taps} taps`)
  const fit = exchange(grid, count + 1)
  return coefficientsOf(fit, taps)
}

/** For an even number of taps what is fitted is the gain divided by cos πf. */
function gridOf({ taps, density = 16, sampleRate }: RemezDesign, bands: readonly Required<RemezBand>[]): Grid {
  const isEven = taps % 2 === 0
  const step = 0.5 / (density * Math.floor((taps + 1) / 2))
  const points: { f: number; gain: number; weight: number; isStart: number }[] = []
  for (const { from, to, gain, weight } of bands) {
    const end = to / sampleRate
    const start = points.length
    for (let f = from / sampleRate; f <= end || points.length === start; f += step) {
      points.push({ f, gain, weight, isStart: points.length === start ? 1 : 0 })
    }
    points[points.length - 1]!.f = end
  }
  if (isEven && points.at(-1)!.f > 0.5 - step) points.pop()
  const factor = (f: number) => (isEven ? Math.cos(Math.PI * f) : 1)
  return {
    x: Float64Array.from(points, ({ f }) => Math.cos(2 * Math.PI * f)),
    target: Float64Array.from(points, ({ f, gain }) => gain / factor(f)),
    weight: Float64Array.from(points, ({ f, weight }) => weight * factor(f)),
    isStart: Uint8Array.from(points, ({ isStart }) => isStart)
  }
}

/** Exchanges points until the error is greatest, and equally so with alternating signs, at `count` of them. */
function exchange(grid: Grid, count: number): Barycentric {
  const length = grid.x.length
  let extremes = Array.from({ length: count }, (_, k) => Math.floor((k * (length - 1)) / (count - 1)))
  for (let step = 0; step < MAX_EXCHANGES; step++) {
    const { fit, level } = levelled(grid, extremes)
    const errors = grid.x.map((x, k) => grid.weight[k]! * (grid.target[k]! - fit.at(x)))
    for (const [k, at] of extremes.entries()) errors[at] = k % 2 === 0 ? level : -level
    const next = alternating(errors, grid.isStart, count)
    if (next === undefined) break
    if (next.every((at, k) => at === extremes[k])) return fit
    extremes = next
  }
  throw new FilterError('remez', 'a filter that the bands determine; take fewer taps or wider bands', 'no convergence')
}

/** The polynomial whose weighted error at the points is ± one level, and that level. */
function levelled(grid: Grid, extremes: readonly number[]): { fit: Barycentric; level: number } {
  const x = Float64Array.from(extremes, (at) => grid.x[at]!)
  const weights = barycentricWeights(x)
  let numerator = 0
  let denominator = 0
  for (const [k, at] of extremes.entries()) {
    numerator += weights[k]! * grid.target[at]!
    denominator += ((k % 2 === 0 ? 1 : -1) * weights[k]!) / grid.weight[at]!
  }
  const level = numerator / denominator
  const y = Float64Array.from(
    extremes,
    (at, k) => grid.target[at]! - ((k % 2 === 0 ? 1 : -1) * level) / grid.weight[at]!
  )
  return { fit: new Barycentric(x, y, weights), level }
}

/** Indexes of `count` extremes of the error with alternating signs, the greatest among them; undefined when there are fewer. */
function alternating(errors: Float64Array, isStart: Uint8Array, count: number): number[] | undefined {
  const found: number[] = []
  for (const [k, error] of errors.entries()) {
    const sign = Math.sign(error)
    const risesBefore = k === 0 || isStart[k] === 1 || sign * (error - errors[k - 1]!) >= 0
    const fallsBehind = k === errors.length - 1 || isStart[k + 1] === 1 || sign * (error - errors[k + 1]!) >= 0
    if (!risesBefore || !fallsBehind) continue
    const before = found.at(-1)
    if (before === undefined || Math.sign(errors[before]!) !== sign) found.push(k)
    else if (Math.abs(error) > Math.abs(errors[before]!)) found[found.length - 1] = k
  }
  const size = (position: number) => Math.abs(errors[found[position]!]!)
  while (found.length > count) {
    if (found.length === count + 1) {
      found.splice(size(0) < size(found.length - 1) ? 0 : found.length - 1, 1)
      continue
    }
    let smallest = 0
    for (let k = 1; k < found.length; k++) if (size(k) < size(smallest)) smallest = k
    // Only at the ends one alone can go; elsewhere it goes with its smaller neighbour, so that the signs still alternate.
    if (smallest === 0 || smallest === found.length - 1) found.splice(smallest, 1)
    else found.splice(size(smallest - 1) < size(smallest + 1) ? smallest - 1 : smallest, 2)
  }
  return found.length === count ? found : undefined
}

/** Coefficients of the filter with the gains that were fitted: inverse Fourier transform of as many samples as taps. */
function coefficientsOf(fit: Barycentric, taps: number): Float64Array {
  const middle = (taps - 1) / 2
  const gains = Float64Array.from({ length: Math.ceil(taps / 2) }, (_, k) => {
    const gain = fit.at(Math.cos((2 * Math.PI * k) / taps))
    return taps % 2 === 0 ? gain * Math.cos((Math.PI * k) / taps) : gain
  })
  return Float64Array.from({ length: taps }, (_, n) => {
    const sum = gains.reduce(
      (total, gain, k) => total + (k === 0 ? 1 : 2) * gain * Math.cos((2 * Math.PI * k * (n - middle)) / taps),
      0
    )
    return sum / taps
  })
}
