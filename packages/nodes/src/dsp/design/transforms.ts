import { add, type Complex, complex, div, mul, neg, product, scale, sqrt, sub } from './complex.ts'
import type { Zpk } from './Zpk.ts'

/** Moves the edge of a low-pass from 1 to `edge` rad/s. */
export function lp2lp({ zeros, poles, gain }: Zpk, edge: number): Zpk {
  return {
    zeros: zeros.map((zero) => scale(zero, edge)),
    poles: poles.map((pole) => scale(pole, edge)),
    gain: gain * edge ** (poles.length - zeros.length)
  }
}

/** Turns a low-pass with edge 1 into a high-pass with edge `edge` rad/s. */
export function lp2hp({ zeros, poles, gain }: Zpk, edge: number): Zpk {
  return {
    zeros: [...zeros.map((zero) => div(complex(edge), zero)), ...repeat(complex(0), poles.length - zeros.length)],
    poles: poles.map((pole) => div(complex(edge), pole)),
    gain: gain * gainAtZero(zeros, poles)
  }
}

/** Turns a low-pass with edge 1 into a band-pass around `centre` (geometric mean of its edges), `width` wide, rad/s. */
export function lp2bp({ zeros, poles, gain }: Zpk, centre: number, width: number): Zpk {
  const degree = poles.length - zeros.length
  return {
    zeros: [
      ...split(
        zeros.map((zero) => scale(zero, width / 2)),
        centre
      ),
      ...repeat(complex(0), degree)
    ],
    poles: split(
      poles.map((pole) => scale(pole, width / 2)),
      centre
    ),
    gain: gain * width ** degree
  }
}

/** Turns a low-pass with edge 1 into a band-stop around `centre` (geometric mean of its edges), `width` wide, rad/s. */
export function lp2bs({ zeros, poles, gain }: Zpk, centre: number, width: number): Zpk {
  const degree = poles.length - zeros.length
  const inverse = (root: Complex) => div(complex(width / 2), root)
  return {
    zeros: [
      ...split(zeros.map(inverse), centre),
      ...repeat(complex(0, centre), degree),
      ...repeat(complex(0, -centre), degree)
    ],
    poles: split(poles.map(inverse), centre),
    gain: gain * gainAtZero(zeros, poles)
  }
}

/** Analog to digital at `sampleRate` Hz: s = 2·sampleRate·(z − 1)/(z + 1). Zeros at infinity go to −1. */
export function bilinear({ zeros, poles, gain }: Zpk, sampleRate: number): Zpk {
  const rate = complex(2 * sampleRate)
  const toDigital = (root: Complex) => div(add(rate, root), sub(rate, root))
  const numerator = product(zeros.map((zero) => sub(rate, zero)))
  const denominator = product(poles.map((pole) => sub(rate, pole)))
  return {
    zeros: [...zeros.map(toDigital), ...repeat(complex(-1), poles.length - zeros.length)],
    poles: poles.map(toDigital),
    gain: gain * div(numerator, denominator).re
  }
}

/** Each root r of a low-pass becomes r ± √(r² − centre²). */
function split(roots: readonly Complex[], centre: number): Complex[] {
  const distances = roots.map((root) => sqrt(sub(mul(root, root), complex(centre ** 2))))
  return [...roots.map((root, k) => add(root, distances[k]!)), ...roots.map((root, k) => sub(root, distances[k]!))]
}

function gainAtZero(zeros: readonly Complex[], poles: readonly Complex[]): number {
  return div(product(zeros.map(neg)), product(poles.map(neg))).re
}

function repeat(value: Complex, count: number): Complex[] {
  return Array.from({ length: count }, () => value)
}
