import { FilterError } from '../../errors.ts'
import { type Band, checkFrequency, checkPositive } from './edges.ts'
import { ellipk, ellipkm1 } from './elliptic.ts'
import { minimizeBetween } from './minimize.ts'
import { powerRatio } from './prototypes.ts'

/** What a filter is to do. */
export interface FilterNeed {
  /** Edge of the pass band in Hz, or both edges. */
  readonly pass: number | readonly [number, number]
  /** Edge of the stop band in Hz, or both edges: above or around `pass` for a low- or band-pass. */
  readonly stop: number | readonly [number, number]
  /** Most that is lost in the pass band, dB. */
  readonly ripple: number
  /** Least that is lost in the stop band, dB. */
  readonly attenuation: number
  readonly sampleRate: number
}

/** Fields of a filter design: `designFilter({ type: 'butter', ...buttord(need), sampleRate })`. */
export interface LeastOrder {
  readonly order: number
  readonly band: Band
  readonly frequencies: number | [number, number]
}

/** The kind of the formula for the order. */
type Kind = 'butter' | 'cheby' | 'ellip'

/** Least order of a Butterworth filter that does what is needed, and the edges (−3 dB) to design it with. */
export function buttord(need: FilterNeed): LeastOrder {
  const { band, pass, ratio } = natural(need, 'butter')
  const order = orderFor(need, 'butter', ratio)
  const edge = powerRatio(need.ripple) ** (-1 / (2 * order))
  const [low, high = 0] = pass as [number, number?]
  const width = high - low
  switch (band) {
    case 'lowpass':
      return result(need, order, band, [edge * low])
    case 'highpass':
      return result(need, order, band, [low / edge])
    case 'bandstop': {
      const root = Math.sqrt(width ** 2 + 4 * edge ** 2 * low * high)
      return result(need, order, band, [(width + root) / (2 * edge), (width - root) / (2 * edge)])
    }
    case 'bandpass': {
      const root = Math.sqrt((edge ** 2 / 4) * width ** 2 + low * high)
      return result(need, order, band, [(edge * width) / 2 + root, (-edge * width) / 2 + root])
    }
  }
}

/** Least order of a Chebyshev filter of type I; its edges are those of the pass band, its ripple is that of the need. */
export function cheb1ord(need: FilterNeed): LeastOrder {
  const { band, pass, ratio } = natural(need, 'cheby')
  return result(need, orderFor(need, 'cheby', ratio), band, pass)
}

/** Least order of a Chebyshev filter of type II, and the edges of its stop band that keep the pass band as needed. */
export function cheb2ord(need: FilterNeed): LeastOrder {
  const { band, pass, ratio } = natural(need, 'cheby')
  const order = orderFor(need, 'cheby', ratio)
  const stretch = 1 / Math.cosh(steepness(need) / order)
  const [low, high = 0] = pass as [number, number?]
  switch (band) {
    case 'lowpass':
      return result(need, order, band, [low / stretch])
    case 'highpass':
      return result(need, order, band, [low * stretch])
    case 'bandstop': {
      const edge = (stretch / 2) * (low - high) + Math.sqrt((stretch ** 2 * (high - low) ** 2) / 4 + high * low)
      return result(need, order, band, [edge, (high * low) / edge])
    }
    case 'bandpass': {
      const edge = (low - high) / (2 * stretch) + Math.sqrt((high - low) ** 2 / (4 * stretch ** 2) + high * low)
      return result(need, order, band, [edge, (high * low) / edge])
    }
  }
}

/** Least order of an elliptic filter; its edges are those of the pass band, ripple and attenuation those of the need. */
export function ellipord(need: FilterNeed): LeastOrder {
  const { band, pass, ratio } = natural(need, 'ellip')
  return result(need, orderFor(need, 'ellip', ratio), band, pass)
}

/**
 * Which band the edges mean, its pass band bent for the bilinear transform (moved, for a band-stop, to where the order is
 * least), and the frequency of the low-pass prototype at which the stop band begins.
 */
function natural(need: FilterNeed, kind: Kind): { band: Band; pass: number[]; ratio: number } {
  const { band, pass, stop } = bentEdges(need)
  const [low, high = 0] = pass as [number, number?]
  const [stopLow, stopHigh = 0] = stop as [number, number?]
  const ratioOf = (a: number, b: number) =>
    Math.min(...[stopLow, stopHigh].map((edge) => Math.abs((edge * (a - b)) / (edge ** 2 - a * b))))
  switch (band) {
    case 'lowpass':
      return { band, pass, ratio: stopLow / low }
    case 'highpass':
      return { band, pass, ratio: low / stopLow }
    case 'bandpass':
      return {
        band,
        pass,
        ratio: Math.min(...stop.map((edge) => Math.abs((edge ** 2 - low * high) / (edge * (low - high)))))
      }
    case 'bandstop': {
      const orderAt = (a: number, b: number) => exactOrder(need, kind, ratioOf(a, b))
      const first = minimizeBetween((edge) => orderAt(edge, high), low, stopLow - 1e-12)
      const second = minimizeBetween((edge) => orderAt(low, edge), stopHigh + 1e-12, high)
      return { band, pass: [first, second], ratio: ratioOf(first, second) }
    }
  }
}

function bentEdges(need: FilterNeed): { band: Band; pass: number[]; stop: number[] } {
  const { ripple, attenuation, sampleRate } = need
  const subject = 'least order'
  checkPositive(`${subject}: ripple`, ripple, 'dB')
  checkPositive(`${subject}: attenuation`, attenuation, 'dB')
  if (ripple >= attenuation) {
    throw new FilterError(`${subject}: ripple`, `less than the attenuation, ${attenuation} dB`, `${ripple} dB`)
  }
  const pass = [need.pass].flat() as number[]
  const stop = [need.stop].flat() as number[]
  for (const edge of [...pass, ...stop]) checkFrequency(subject, edge, sampleRate)
  const bend = (edge: number) => Math.tan((Math.PI * edge) / sampleRate)
  return { band: bandOf(pass, stop), pass: pass.map(bend), stop: stop.map(bend) }
}

function bandOf(pass: readonly number[], stop: readonly number[]): Band {
  const got = `pass [${pass.join(', ')}] Hz, stop [${stop.join(', ')}] Hz`
  if (pass.length === 1 && stop.length === 1) {
    if (pass[0] === stop[0]) throw new FilterError('least order', 'room between pass band and stop band', got)
    return pass[0]! < stop[0]! ? 'lowpass' : 'highpass'
  }
  const [low, high] = pass as [number, number]
  const [stopLow, stopHigh] = stop as [number, number]
  if (pass.length === 2 && stop.length === 2) {
    if (stopLow < low && low < high && high < stopHigh) return 'bandpass'
    if (low < stopLow && stopLow < stopHigh && stopHigh < high) return 'bandstop'
  }
  throw new FilterError(
    'least order',
    'one edge each, or two each with those of one band between those of the other',
    got
  )
}

function orderFor(need: FilterNeed, kind: Kind, ratio: number): number {
  return Math.max(1, Math.ceil(exactOrder(need, kind, ratio)))
}

/** The order that would just do, as a fraction. */
function exactOrder(need: FilterNeed, kind: Kind, ratio: number): number {
  const power = powerRatio(need.attenuation) / powerRatio(need.ripple)
  switch (kind) {
    case 'butter':
      return Math.log10(power) / (2 * Math.log10(ratio))
    case 'cheby':
      return steepness(need) / Math.acosh(ratio)
    case 'ellip':
      return (ellipk(ratio ** -2) * ellipkm1(1 / power)) / (ellipkm1(ratio ** -2) * ellipk(1 / power))
  }
}

function steepness({ ripple, attenuation }: FilterNeed): number {
  return Math.acosh(Math.sqrt(powerRatio(attenuation) / powerRatio(ripple)))
}

function result({ sampleRate }: FilterNeed, order: number, band: Band, bent: readonly number[]): LeastOrder {
  const edges = bent.map((edge) => (Math.atan(Math.abs(edge)) / Math.PI) * sampleRate).sort((a, b) => a - b)
  return { order, band, frequencies: edges.length === 1 ? edges[0]! : (edges as [number, number]) }
}
