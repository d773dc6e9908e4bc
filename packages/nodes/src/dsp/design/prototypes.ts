import { type Complex, complex, div, expI, neg, ONE, product } from './complex.ts'
import { checkPositive } from './edges.ts'
import type { Zpk } from './Zpk.ts'

/*
 * Analog low-pass prototypes with an edge at 1 rad/s. What "edge" means differs: 3 dB for butter, the end of the ripple for
 * cheby1, the start of the stop band for cheby2. Formulas: A. V. Oppenheim, R. W. Schafer, Discrete-Time Signal Processing,
 * appendix B; T. W. Parks, C. S. Burrus, Digital Filter Design, chapter 7. The order of poles is scipy's.
 */

/** Butterworth: poles evenly on the left half of the unit circle, no zeros. */
export function buttap(order: number): Zpk {
  const poles = angles(order).map((angle) => neg(expI(angle)))
  return { zeros: [], poles, gain: 1 }
}

/** Chebyshev type I. @param ripple peak to peak in the pass band, dB. @throws FilterError unless it is positive */
export function cheb1ap(order: number, ripple: number): Zpk {
  checkPositive('cheby1: ripple', ripple, 'dB')
  const epsilon = Math.sqrt(powerRatio(ripple))
  const poles = angles(order).map((angle) => neg(sinh(Math.asinh(1 / epsilon) / order, angle)))
  const gain = product(poles.map(neg)).re
  return { zeros: [], poles, gain: order % 2 === 0 ? gain / Math.sqrt(1 + epsilon * epsilon) : gain }
}

/** Chebyshev type II. @param attenuation in the stop band, dB. @throws FilterError unless it is positive */
export function cheb2ap(order: number, attenuation: number): Zpk {
  checkPositive('cheby2: attenuation', attenuation, 'dB')
  const mu = Math.asinh(Math.sqrt(powerRatio(attenuation))) / order
  const zeros = angles(order)
    .filter((angle) => angle !== 0)
    .map((angle) => complex(0, 1 / Math.sin(angle)))
  const poles = angles(order).map((angle) => neg(div(ONE, sinh(mu, angle))))
  return { zeros, poles, gain: div(product(poles.map(neg)), product(zeros.map(neg))).re }
}

/** 10^(dB/10) − 1, exact for small numbers of dB too. */
export function powerRatio(decibels: number): number {
  return Math.expm1((Math.LN10 / 10) * decibels)
}

/** π·m / 2·order for m = 1 − order, 3 − order … order − 1. */
function angles(order: number): number[] {
  return Array.from({ length: order }, (_, k) => (Math.PI * (2 * k + 1 - order)) / (2 * order))
}

/** sinh(re + i·im) */
function sinh(re: number, im: number): Complex {
  return complex(Math.sinh(re) * Math.cos(im), Math.cosh(re) * Math.sin(im))
}
