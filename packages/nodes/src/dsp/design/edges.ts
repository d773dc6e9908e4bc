import { FilterError } from '../../errors.ts'

/** Which frequencies a filter lets through. */
export type Band = 'lowpass' | 'highpass' | 'bandpass' | 'bandstop'

/** Order and edges of a filter, checked or not. */
export interface BandDesign {
  readonly order: number
  /** Name of the band, or the two edges of a band-pass in Hz. */
  readonly band: Band | readonly [number, number]
  /** Edge in Hz, or both edges of a band-pass or band-stop. */
  readonly frequencies?: number | readonly number[] | undefined
}

/** The highest order that is designed: beyond it coefficients lose their meaning in float64. */
const MAX_ORDER = 64

/**
 * Checks order, band and edges.
 * @returns the name of the band and its edges in Hz, one or two
 * @throws FilterError naming what does not fit: an order below 1, an edge at or beyond Nyquist, edges in the wrong order
 */
export function checkBand(subject: string, design: BandDesign, sampleRate: number): { band: Band; edges: number[] } {
  const { order } = design
  if (!Number.isInteger(order) || order < 1 || order > MAX_ORDER) {
    throw new FilterError(`${subject}: order`, `a whole number from 1 to ${MAX_ORDER}`, `${order}`)
  }
  const isNamed = typeof design.band === 'string'
  if (!isNamed && design.frequencies !== undefined) {
    throw new FilterError(subject, 'the edges in band or in frequencies', 'both')
  }
  const band: Band = isNamed ? (design.band as Band) : 'bandpass'
  const edges = [(isNamed ? design.frequencies : (design.band as readonly number[])) ?? []].flat()
  const count = band === 'lowpass' || band === 'highpass' ? 1 : 2
  if (edges.length !== count) {
    const expected = count === 1 ? 'one frequency' : 'two frequencies'
    throw new FilterError(`${subject}: frequencies`, `${expected} for a ${band}`, describe(edges))
  }
  for (const edge of edges) checkFrequency(subject, edge, sampleRate)
  if (count === 2 && edges[0]! >= edges[1]!) {
    throw new FilterError(`${subject}: frequencies`, 'the lower edge first', `${edges[0]} Hz, ${edges[1]} Hz`)
  }
  return { band, edges }
}

/** @throws FilterError unless 0 < frequency < sampleRate / 2 */
export function checkFrequency(subject: string, frequency: number, sampleRate: number): void {
  checkSampleRate(subject, sampleRate)
  if (frequency > 0 && frequency < sampleRate / 2) return
  const nyquist = `below Nyquist, ${sampleRate / 2} Hz at a sample rate of ${sampleRate} Hz`
  throw new FilterError(`${subject}: frequencies`, `above 0 and ${nyquist}`, `${frequency} Hz`)
}

/** @throws FilterError unless the rate is a positive number */
function checkSampleRate(subject: string, sampleRate: number): void {
  if (!(sampleRate > 0 && Number.isFinite(sampleRate))) {
    throw new FilterError(`${subject}: sampleRate`, 'a positive number of Hz', `${sampleRate}`)
  }
}

/** @throws FilterError unless the number is positive and finite */
export function checkPositive(subject: string, value: number, unit: string): void {
  if (!(value > 0 && Number.isFinite(value)))
    throw new FilterError(subject, `more than 0 ${unit}`.trimEnd(), `${value}`)
}

function describe(edges: readonly number[]): string {
  return edges.length === 0 ? 'none' : edges.map((edge) => `${edge} Hz`).join(', ')
}
