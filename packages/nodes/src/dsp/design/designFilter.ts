import { NdArray } from '@nodeacq/ndarray'
import { FilterError } from '../../errors.ts'
import { besselap } from './besselap.ts'
import { abs } from './complex.ts'
import { sectionsOf, sos2zpk } from './conversions.ts'
import { type Band, checkBand } from './edges.ts'
import { ellipap } from './ellipap.ts'
import type { FilterDesign } from './filterDesign.ts'
import { combSos } from './iircomb.ts'
import { iirnotch, iirpeak } from './iirnotch.ts'
import { buttap, cheb1ap, cheb2ap } from './prototypes.ts'
import { bilinear, lp2bp, lp2bs, lp2hp, lp2lp } from './transforms.ts'
import type { Zpk } from './Zpk.ts'
import { zpk2sos } from './zpk2sos.ts'

/** A design with the rate of the signal it is for, in Hz. With 2, frequencies are relative to Nyquist as in scipy. */
export type RatedDesign = FilterDesign & { readonly sampleRate: number }

type Resonator = Extract<RatedDesign, { type: 'notch' | 'peak' | 'comb' }>
type Prototype = Exclude<RatedDesign, Resonator>

/** A few units in the last place of coefficients between 1 and 2. */
const LEAST_DENOMINATOR = 8 * Number.EPSILON

/**
 * Digital IIR filter with scipy's numbers.
 *
 * @example
 * const sos = designFilter({ type: 'butter', order: 4, band: 'bandpass', frequencies: [1, 40], sampleRate: 1000 })
 * @param output `sos`: second-order sections, `(sections, 6)` float64 with rows b0 b1 b2 a0 a1 a2; `zpk`: zeros, poles, gain
 * @throws FilterError when there is no such filter, or none that is stable in float64
 */
export function designFilter(design: RatedDesign, output?: 'sos'): NdArray
export function designFilter(design: RatedDesign, output: 'zpk'): Zpk
export function designFilter(design: RatedDesign, output: 'sos' | 'zpk' = 'sos'): NdArray | Zpk {
  if (isResonator(design)) {
    const sos = checkedSections(design.type, resonatorSos(design))
    return output === 'zpk' ? sos2zpk(sos) : sos
  }
  const zpk = designZpk(design)
  return output === 'zpk' ? zpk : checkedSections(design.type, zpk2sos(zpk))
}

/**
 * Second-order sections of a node's `design` for a stream of `sampleRate` Hz: `(sections, 6)` float64.
 * @throws FilterError when there is no such filter at this rate
 */
export function designSos(design: FilterDesign, sampleRate: number): NdArray {
  return designFilter({ ...design, sampleRate })
}

function isResonator(design: RatedDesign): design is Resonator {
  return design.type === 'notch' || design.type === 'peak' || design.type === 'comb'
}

function resonatorSos(design: Resonator): NdArray {
  if (design.type === 'comb') return combSos(design)
  const { b, a } = design.type === 'notch' ? iirnotch(design) : iirpeak(design)
  return NdArray.from([[...b, ...a]], 'float64')
}

/** The edges are bent beforehand, so that they lie where they should behind the bilinear transform. */
function designZpk(design: Prototype): Zpk {
  const { band, edges } = checkBand(design.type, design, design.sampleRate)
  const bent = edges.map((edge) => 4 * Math.tan((Math.PI * (edge / (design.sampleRate / 2))) / 2))
  const zpk = bilinear(toBand(prototypeOf(design), band, bent), 2)
  const outermost = Math.max(...zpk.poles.map(abs))
  if (!(outermost < 1 && zpk.gain !== 0 && Number.isFinite(zpk.gain))) {
    const got = outermost < 1 ? `a gain of ${zpk.gain}` : `a pole of magnitude ${outermost}`
    throw new FilterError(design.type, 'a stable filter; take a lower order or a wider band', got)
  }
  return zpk
}

function prototypeOf(design: Prototype): Zpk {
  const { order, type } = design
  switch (type) {
    case 'butter':
      return buttap(order)
    case 'cheby1':
      return cheb1ap(order, design.ripple)
    case 'cheby2':
      return cheb2ap(order, design.attenuation)
    case 'ellip':
      return ellipap(order, design)
    case 'bessel':
      return besselap(order, design.norm ?? 'phase')
  }
}

function toBand(prototype: Zpk, band: Band, edges: readonly number[]): Zpk {
  const [low, high = 0] = edges as [number, number?]
  switch (band) {
    case 'lowpass':
      return lp2lp(prototype, low)
    case 'highpass':
      return lp2hp(prototype, low)
    case 'bandpass':
      return lp2bp(prototype, Math.sqrt(low * high), high - low)
    case 'bandstop':
      return lp2bs(prototype, Math.sqrt(low * high), high - low)
  }
}

/** @throws FilterError when a section is unstable, or so near to it that rounding of its coefficients decides its response */
function checkedSections(type: string, sos: NdArray): NdArray {
  for (const [section, { a }] of sectionsOf(sos).entries()) {
    const [, a1, a2] = a as [number, number, number]
    if (!(leastOnCircle(a1, a2) > LEAST_DENOMINATOR)) {
      const got = `a1 = ${a1}, a2 = ${a2} in section ${section}`
      throw new FilterError(type, 'sections that are stable in float64; take a lower order or a wider band', got)
    }
  }
  return sos
}

/** Least |1 + a1 z⁻¹ + a2 z⁻²| on the unit circle; 0 unless both roots are inside. */
function leastOnCircle(a1: number, a2: number): number {
  // The triangle of stable second-order polynomials.
  const toSide = 1 + a2 - Math.abs(a1)
  if (!(Math.abs(a2) < 1 && toSide > 0)) return 0
  const isResonant = a2 > 0 && Math.abs(a1) * (1 + a2) < 4 * a2
  return isResonant ? (1 - a2) * Math.sqrt((4 * a2 - a1 ** 2) / (4 * a2)) : toSide
}
