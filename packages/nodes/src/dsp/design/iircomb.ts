import { NdArray } from '@nodeacq/ndarray'
import { FilterError } from '../../errors.ts'
import { checkFrequency, checkPositive } from './edges.ts'
import type { Ba, ResonatorDesign } from './iirnotch.ts'

/** What {@link iircomb} takes. */
export interface CombDesign extends ResonatorDesign {
  /** `notch` removes the frequency and its multiples, 0 Hz among them; `peak` lets only them through. Default `notch`. */
  readonly kind?: 'notch' | 'peak'
}

/**
 * Comb filter: a notch, or a peak, at a frequency and at each multiple of it. The sample rate must be a multiple of the
 * frequency. S. J. Orfanidis, Introduction to Signal Processing, 1996, section 11.5; scipy's, with `pass_zero=True` for peaks.
 * @throws FilterError when the sample rate is not a multiple of the frequency, at least twice it
 */
export function iircomb(design: CombDesign): Ba {
  const { count, pole, gain } = combOf(design)
  const isNotch = design.kind !== 'peak'
  const middle = new Array<number>(count - 1).fill(0)
  return isNotch
    ? { b: [gain, ...middle, -gain], a: [1, ...middle, -pole] }
    : { b: [1 - gain, ...middle, 1 - gain], a: [1, ...middle, -pole] }
}

/** The notching comb as second-order sections, one per notch: stable at any number of them. */
export function combSos(design: ResonatorDesign): NdArray {
  const { count, pole, gain } = combOf(design)
  const radius = pole ** (1 / count)
  const rows: number[][] = []
  for (let k = 1; 2 * k < count; k++) {
    const cosine = Math.cos((2 * Math.PI * k) / count)
    rows.push([1, -2 * cosine, 1, 1, -2 * radius * cosine, radius ** 2])
  }
  rows.push(count % 2 === 0 ? [1, 0, -1, 1, 0, -(radius ** 2)] : [1, -1, 0, 1, -radius, 0])
  for (let k = 0; k < 3; k++) rows[0]![k]! *= gain
  return NdArray.from(rows, 'float64')
}

/** Notches around the unit circle, z^count of the poles, and the gain between notches. */
function combOf({ frequency, q = 30, sampleRate }: ResonatorDesign): { count: number; pole: number; gain: number } {
  checkFrequency('comb', frequency, sampleRate)
  checkPositive('comb: q', q, '')
  const count = Math.round(sampleRate / frequency)
  if (Math.abs(frequency - sampleRate / count) / sampleRate > 1e-14) {
    const expected = `a divisor of the sample rate of ${sampleRate} Hz; take a notch for each harmonic instead`
    throw new FilterError('comb: frequency', expected, `${frequency} Hz`)
  }
  const width = (2 * Math.PI * frequency) / sampleRate / q
  if (count * width >= 2 * Math.PI) throw new FilterError('comb: q', 'more than 1, or the notches touch', `${q}`)
  const beta = Math.tan((count * width) / 4)
  return { count, pole: (1 - beta) / (1 + beta), gain: 1 / (1 + beta) }
}
