import { FilterError } from '../../errors.ts'

/** What {@link savgolCoeffs} takes. */
export interface SavgolDesign {
  /** Samples that a polynomial is fitted to. */
  readonly window: number
  /** Its order, below `window`. */
  readonly order: number
  /** Which derivative of it is taken; 0, the default, smooths. */
  readonly derivative?: number
  /** Distance of samples, for derivatives; default 1. */
  readonly delta?: number
  /** Sample of the window that the result stands at; default its middle. `window - 1` for the newest: no delay. */
  readonly position?: number
}

/**
 * Coefficients of an FIR filter that fits a polynomial to a sliding window by least squares and takes its value (or
 * derivative) at one place. A. Savitzky, M. Golay, Smoothing and differentiation of data by simplified least squares
 * procedures, 1964. The order is that of a convolution, newest sample first.
 * @throws FilterError when the order is not below the window, or the position outside of it
 */
export function savgolCoeffs(design: SavgolDesign): Float64Array {
  const { window, order, derivative = 0, delta = 1, position = (window - 1) / 2 } = design
  if (!Number.isInteger(window) || window < 1)
    throw new FilterError('savgol: window', 'a whole number, 1 or more', `${window}`)
  if (!Number.isInteger(order) || order < 0 || order >= window) {
    throw new FilterError('savgol: order', `a whole number from 0 to ${window - 1}, below the window`, `${order}`)
  }
  if (!Number.isInteger(derivative) || derivative < 0) {
    throw new FilterError('savgol: derivative', 'a whole number, 0 or more', `${derivative}`)
  }
  if (!(position >= 0 && position < window)) {
    throw new FilterError('savgol: position', `a place in the window, 0 to ${window - 1}`, `${position}`)
  }
  if (!(delta !== 0 && Number.isFinite(delta)))
    throw new FilterError('savgol: delta', 'a number other than 0', `${delta}`)
  // Polynomials that are orthogonal over the window (Gram's), by their recurrence, and their derivatives at the place.
  const middle = (window - 1) / 2
  const at = position - middle
  const xs = Float64Array.from({ length: window }, (_, k) => k - middle)
  let values = xs.map(() => 1)
  let before = xs.map(() => 0)
  let slopes = Float64Array.from({ length: derivative + 1 }, (_, j) => (j === 0 ? 1 : 0))
  let slopesBefore = slopes.map(() => 0)
  let squares = window
  let ratio = 0
  const coefficients = new Float64Array(window)
  for (let degree = 0; degree <= order; degree++) {
    for (let k = 0; k < window; k++) coefficients[window - 1 - k]! += (values[k]! * slopes[derivative]!) / squares
    const next = values.map((value, k) => xs[k]! * value - ratio * before[k]!)
    const nextSlopes = slopes.map(
      (slope, j) => at * slope + (j > 0 ? j * slopes[j - 1]! : 0) - ratio * slopesBefore[j]!
    )
    const nextSquares = next.reduce((sum, value) => sum + value * value, 0)
    ratio = nextSquares / squares
    ;[before, values, slopesBefore, slopes, squares] = [values, next, slopes, nextSlopes, nextSquares]
  }
  return coefficients.map((value) => value / delta ** derivative)
}
