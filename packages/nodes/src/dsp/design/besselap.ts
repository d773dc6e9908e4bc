import { abs, type Complex, complex, div, ONE, scale, sub } from './complex.ts'
import { simultaneousRoots } from './roots.ts'
import type { Zpk } from './Zpk.ts'

/**
 * What the edge of a Bessel filter means. `phase`: the phase is halfway there, and the gain falls like that of a Butterworth
 * far away; `delay`: the delay in the pass band is 1 / edge (in rad/s); `mag`: the gain is −3 dB.
 */
export type BesselNorm = 'phase' | 'delay' | 'mag'

/** Bits behind the point of the whole numbers that {@link exactStep} works with. */
const FRACTION = 256n

/** Analog Bessel low-pass with edge 1 rad/s: nearly constant delay, no overshoot. */
export function besselap(order: number, norm: BesselNorm): Zpk {
  const coefficients = besselPolynomial(order)
  const constant = Number(coefficients[0])
  const poles = simultaneousRoots(guesses(order), (at) => exactStep(coefficients, at))
  if (norm === 'delay') return { zeros: [], poles, gain: constant }
  if (norm === 'phase') {
    const factor = 10 ** (-Math.log10(constant) / order)
    return { zeros: [], poles: poles.map((pole) => scale(pole, factor)), gain: 1 }
  }
  const edge = halfPowerFrequency(poles, constant)
  return { zeros: [], poles: poles.map((pole) => scale(pole, 1 / edge)), gain: constant * edge ** -order }
}

/**
 * Reverse Bessel polynomial θ, lowest power first: coefficient k is (2n − k)! / (2^(n − k) k! (n − k)!).
 * W. E. Thomson, Delay networks having maximally flat frequency characteristics, 1949.
 */
function besselPolynomial(order: number): bigint[] {
  const coefficients = [1n]
  const n = BigInt(order)
  for (let k = n; k > 0n; k--) {
    coefficients.unshift((coefficients[0]! * k * (2n * n - k + 1n)) / (2n * (n - k + 1n)))
  }
  return coefficients
}

/**
 * Newton's step on θ in whole numbers: near a root of a high order the terms cancel to less than float64 can hold.
 * Points and values are multiples of 2^-FRACTION.
 */
function exactStep(coefficients: readonly bigint[], at: Complex): Complex {
  const re = toFixed(at.re)
  const im = toFixed(at.im)
  let [valueRe, valueIm, slopeRe, slopeIm] = [0n, 0n, 0n, 0n]
  for (const coefficient of coefficients.toReversed()) {
    const slope = ((slopeRe * re - slopeIm * im) >> FRACTION) + valueRe
    slopeIm = ((slopeRe * im + slopeIm * re) >> FRACTION) + valueIm
    slopeRe = slope
    const value = ((valueRe * re - valueIm * im) >> FRACTION) + (coefficient << FRACTION)
    valueIm = (valueRe * im + valueIm * re) >> FRACTION
    valueRe = value
  }
  const square = slopeRe * slopeRe + slopeIm * slopeIm
  return complex(
    fromFixed(((valueRe * slopeRe + valueIm * slopeIm) << FRACTION) / square),
    fromFixed(((valueIm * slopeRe - valueRe * slopeIm) << FRACTION) / square)
  )
}

function toFixed(value: number): bigint {
  return BigInt(Math.round(value * 2 ** 52)) << (FRACTION - 52n)
}

function fromFixed(value: bigint): number {
  return Number(value) / 2 ** Number(FRACTION)
}

/**
 * Roots of θ to a few digits. R. G. Campos, M. L. Calderón, Approximate closed-form formulas for the zeros of the Bessel
 * polynomials, 2011 (theirs are the reciprocals).
 */
function guesses(n: number): Complex[] {
  if (n === 1) return [complex(-1)]
  const s = 2 * n ** 2 - 3 * n ** 4 + n ** 5
  const b3 = (16 - 8 * n) / s
  const b2 = (-24 - 12 * n + 12 * n ** 2) / s
  const b1 = (8 + 24 * n - 12 * n ** 2 - 2 * n ** 3) / s
  const b0 = (-6 * n + 5 * n ** 3 - n ** 4) / s
  const r = 2 * n ** 2 + n ** 3
  const a1 = (-6 - 6 * n) / r
  const a2 = 6 / r
  return Array.from({ length: n }, (_, index) => {
    const k = index + 1
    return div(ONE, complex(a1 * k + a2 * k ** 2, b0 + b1 * k + b2 * k ** 2 + b3 * k ** 3))
  })
}

/** Where the gain of an all-pole low-pass falls to 1/√2, rad/s: bisection, as the gain falls steadily. */
function halfPowerFrequency(poles: readonly Complex[], constant: number): number {
  const gain = (frequency: number) =>
    poles.reduce((size, pole) => size / abs(sub(complex(0, frequency), pole)), constant)
  let low = 0
  let high = 1
  while (gain(high) > Math.SQRT1_2) high *= 2
  for (;;) {
    const middle = (low + high) / 2
    if (middle <= low || middle >= high) return middle
    if (gain(middle) > Math.SQRT1_2) low = middle
    else high = middle
  }
}
