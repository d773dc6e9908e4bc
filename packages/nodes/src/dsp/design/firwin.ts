import { FilterError } from '../../errors.ts'
import { type Band, checkFrequency } from './edges.ts'
import { getWindow, sinc, type WindowSpec } from './windows.ts'

/** What {@link firwin} takes. */
export interface FirwinDesign {
  /** Number of coefficients. Odd unless the response at Nyquist is to be 0. */
  readonly taps: number
  readonly band: Band
  /** Edges in Hz, where the gain is a half (−6 dB), rising. More than two for several bands. */
  readonly frequencies: number | readonly number[]
  /** Default `hamming`. */
  readonly window?: WindowSpec
  /** Whether the gain is exactly 1 in the middle of the first band that passes. Default true. */
  readonly scale?: boolean
  /** Hz. */
  readonly sampleRate: number
}

/**
 * FIR filter of linear phase by the window method: the coefficients of the ideal filter, tapered. It delays by
 * (taps − 1) / 2 samples.
 * @throws FilterError when the edges do not fit, or an even number of taps is to pass Nyquist
 */
export function firwin(design: FirwinDesign): Float64Array {
  const { taps, band, window = 'hamming', scale = true, sampleRate } = design
  checkTaps('firwin', taps)
  const edges = edgesOf(design)
  const passesZero = band === 'lowpass' || band === 'bandstop'
  const passesNyquist = (edges.length % 2 === 0) === passesZero
  if (passesNyquist && taps % 2 === 0) {
    throw new FilterError(
      'firwin: taps',
      `an odd number for a ${band}, as an even one has no gain at Nyquist`,
      `${taps}`
    )
  }
  const relative = edges.map((edge) => edge / (sampleRate / 2))
  const limits = [...(passesZero ? [0] : []), ...relative, ...(passesNyquist ? [1] : [])]
  const middle = (taps - 1) / 2
  const taper = getWindow(window, taps, { symmetric: true })
  const coefficients = taper.map((weight, k) => {
    let ideal = 0
    for (let j = 0; j < limits.length; j += 2) {
      const [low, high] = [limits[j]!, limits[j + 1]!]
      ideal += high * sinc(high * (k - middle)) - low * sinc(low * (k - middle))
    }
    return weight * ideal
  })
  if (!scale) return coefficients
  const [low, high] = limits as [number, number]
  const centre = low === 0 ? 0 : high === 1 ? 1 : (low + high) / 2
  const gain = coefficients.reduce((sum, value, k) => sum + value * Math.cos(Math.PI * (k - middle) * centre), 0)
  return coefficients.map((value) => value / gain)
}

/** beta of a Kaiser window for ripples `attenuation` dB down. J. F. Kaiser, 1974. */
export function kaiserBeta(attenuation: number): number {
  if (attenuation > 50) return 0.1102 * (attenuation - 8.7)
  return attenuation > 21 ? 0.5842 * (attenuation - 21) ** 0.4 + 0.07886 * (attenuation - 21) : 0
}

/**
 * Number of taps and window for {@link firwin} that keep ripples `attenuation` dB down and change bands within `width` Hz.
 * @throws FilterError when the attenuation is below 8 dB, where the formula ends
 */
export function kaiserord(wanted: { attenuation: number; width: number; sampleRate: number }): {
  taps: number
  window: WindowSpec
} {
  const { attenuation, width, sampleRate } = wanted
  if (!(attenuation >= 8)) throw new FilterError('kaiserord: attenuation', '8 dB or more', `${attenuation} dB`)
  checkFrequency('kaiserord', width, sampleRate)
  const taps = Math.ceil((attenuation - 7.95) / 2.285 / (Math.PI * (width / (sampleRate / 2))) + 1)
  return { taps, window: { type: 'kaiser', beta: kaiserBeta(attenuation) } }
}

/** @throws FilterError unless it is a whole number from 1 on */
export function checkTaps(subject: string, taps: number): void {
  if (!Number.isInteger(taps) || taps < 1)
    throw new FilterError(`${subject}: taps`, 'a whole number, 1 or more', `${taps}`)
}

function edgesOf({ band, frequencies, sampleRate }: FirwinDesign): number[] {
  const edges = [frequencies].flat()
  const isSingle = band === 'lowpass' || band === 'highpass'
  if (isSingle ? edges.length !== 1 : edges.length < 2) {
    const expected = isSingle ? 'one frequency' : 'two frequencies or more'
    throw new FilterError('firwin: frequencies', `${expected} for a ${band}`, `[${edges.join(', ')}]`)
  }
  for (const [k, edge] of edges.entries()) {
    checkFrequency('firwin', edge, sampleRate)
    if (k > 0 && edge <= edges[k - 1]!) {
      throw new FilterError('firwin: frequencies', 'rising frequencies', `[${edges.join(', ')}] Hz`)
    }
  }
  return edges
}
