import { firwin } from '../design/firwin.ts'
import type { WindowSpec } from '../design/windows.ts'

/** A low-pass for a change of rate by up/down, and where its output begins. */
export interface ResamplingFilter {
  /** Impulse response at `up` times the input's rate. */
  readonly taps: Float64Array
  /** Rows of the output by which it lags: a whole number, zeros in front of the response see to that. */
  readonly delay: number
}

/**
 * The filter of scipy's `resample_poly`: a windowed sinc at the lower of the two Nyquist frequencies, ten zero crossings
 * to each side, with a gain of `up`.
 * @param up and @param down without a common divisor
 */
export function resamplingFilter(up: number, down: number): ResamplingFilter {
  const widest = Math.max(up, down)
  const half = 10 * widest
  const sinc = lowpass(half, widest, { type: 'kaiser', beta: 5 })
  return padded(sinc, { half, gain: up, down })
}

/** The filter of scipy's `decimate(ftype='fir')`: a Hamming-windowed sinc with 20 taps per sample that goes. */
export function decimationFilter(factor: number): ResamplingFilter {
  const half = 10 * factor
  return padded(lowpass(half, factor, 'hamming'), { half, gain: 1, down: factor })
}

/** `half` taps on either side; its edge is a `part` of Nyquist's frequency. */
function lowpass(half: number, part: number, window: WindowSpec): Float64Array {
  if (part === 1) return Float64Array.from({ length: 2 * half + 1 }, (_, k) => (k === half ? 1 : 0))
  return firwin({ taps: 2 * half + 1, band: 'lowpass', frequencies: 1 / part, window, sampleRate: 2 })
}

function padded(
  response: Float64Array,
  { half, gain, down }: { half: number; gain: number; down: number }
): ResamplingFilter {
  const zeros = (down - (half % down)) % down
  const taps = new Float64Array(zeros + response.length)
  for (const [at, tap] of response.entries()) taps[zeros + at] = tap * gain
  return { taps, delay: (half + zeros) / down }
}

/** Largest whole number on either side of a ratio of rates. */
const LARGEST = 10_000

/**
 * The ratio of two rates in whole numbers, without a common divisor; undefined when there is none of numbers up to 10000.
 * By continued fractions.
 */
export function ratioOf(to: number, from: number): { up: number; down: number } | undefined {
  const ratio = to / from
  let [p0, q0, p1, q1] = [0, 1, 1, 0]
  for (let rest = ratio, step = 0; step < 64; step++) {
    const whole = Math.floor(rest)
    ;[p0, q0, p1, q1] = [p1, q1, whole * p1 + p0, whole * q1 + q0]
    if (p1 > LARGEST || q1 > LARGEST) return undefined
    if (p1 > 0 && Math.abs(p1 / q1 - ratio) <= 1e-12 * ratio) return { up: p1, down: q1 }
    rest = 1 / (rest - whole)
  }
  return undefined
}
