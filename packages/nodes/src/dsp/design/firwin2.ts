import { FilterError } from '../../errors.ts'
import { checkTaps } from './firwin.ts'
import { getWindow, type WindowSpec } from './windows.ts'

/** What {@link firwin2} takes. */
export interface Firwin2Design {
  /** Number of coefficients. Odd unless the gain at Nyquist is 0. */
  readonly taps: number
  /** Hz, from 0 to Nyquist, rising; a frequency given twice is a step. */
  readonly frequencies: readonly number[]
  /** Gain at each frequency; linear in between. */
  readonly gains: readonly number[]
  /** Default `hamming`. */
  readonly window?: WindowSpec
  /** Points of the grid that the gains are drawn on. Default: the next power of two from `taps`, plus one. */
  readonly points?: number
  /** Hz. */
  readonly sampleRate: number
}

/**
 * FIR filter of linear phase with an arbitrary gain, by sampling it and tapering what its Fourier transform gives.
 * @throws FilterError when the frequencies do not run from 0 to Nyquist, or the gains do not fit
 */
export function firwin2(design: Firwin2Design): Float64Array {
  const { taps, window = 'hamming', sampleRate } = design
  checkTaps('firwin2', taps)
  const { points = 1 + 2 ** Math.ceil(Math.log2(taps)) } = design
  if (!Number.isInteger(points) || points <= taps) {
    throw new FilterError('firwin2: points', `a whole number above the ${taps} taps`, `${points}`)
  }
  const { frequencies, gains } = checkedGains(design)
  const nyquist = sampleRate / 2
  const sampled = Float64Array.from({ length: points }, (_, k) =>
    interpolate(frequencies, gains, (nyquist * k) / (points - 1))
  )
  const period = 2 * (points - 1)
  const middle = (taps - 1) / 2
  return getWindow(window, taps, { symmetric: true }).map((weight, n) => {
    // Inverse Fourier transform of a spectrum that is delayed by the middle of the filter.
    let sum = 0
    for (let k = 0; k < points; k++) {
      const isEdge = k === 0 || k === points - 1
      sum += (isEdge ? 1 : 2) * sampled[k]! * Math.cos((2 * Math.PI * k * (n - middle)) / period)
    }
    return (weight * sum) / period
  })
}

function checkedGains({ taps, frequencies, gains, sampleRate }: Firwin2Design): {
  frequencies: number[]
  gains: readonly number[]
} {
  const shown = `[${frequencies.join(', ')}] Hz`
  const nyquist = sampleRate / 2
  if (gains.length !== frequencies.length || gains.length < 2 || !gains.every(Number.isFinite)) {
    throw new FilterError(
      'firwin2: gains',
      `a number for each of ${frequencies.length} frequencies`,
      `[${gains.join(', ')}]`
    )
  }
  if (frequencies[0] !== 0 || frequencies.at(-1) !== nyquist) {
    throw new FilterError('firwin2: frequencies', `0 Hz first and Nyquist, ${nyquist} Hz, last`, shown)
  }
  for (const [k, frequency] of frequencies.entries()) {
    const before = frequencies[k - 1] ?? 0
    const isStep = frequency === before && k > 0
    const isInside = frequency > 0 && frequency < nyquist && frequencies[k - 2] !== frequency
    if (!(frequency >= before) || (isStep && !isInside)) {
      throw new FilterError(
        'firwin2: frequencies',
        'rising frequencies, none more than twice, 0 and Nyquist once',
        shown
      )
    }
  }
  if (taps % 2 === 0 && gains.at(-1) !== 0) {
    throw new FilterError('firwin2: gains', 'a gain of 0 at Nyquist for an even number of taps', `${gains.at(-1)}`)
  }
  const little = Number.EPSILON * nyquist
  const apart = frequencies.map((frequency, k) => {
    if (frequency === frequencies[k + 1]) return frequency - little
    return k > 0 && frequency === frequencies[k - 1] ? frequency + little : frequency
  })
  return { frequencies: apart, gains }
}

function interpolate(xs: readonly number[], ys: readonly number[], x: number): number {
  const above = xs.findIndex((value) => value > x)
  if (above < 0) return ys.at(-1)!
  const [x0, y0] = [xs[above - 1]!, ys[above - 1]!]
  return y0 + ((ys[above]! - y0) / (xs[above]! - x0)) * (x - x0)
}
