import type { NdArray, ReadonlyNdArray } from '@nodeacq/ndarray'
import { FilterError } from '../../errors.ts'
import { type Complex, complex, mul, sub } from './complex.ts'
import type { Ba } from './iirnotch.ts'
import { polynomialRoots } from './roots.ts'
import { type Zpk } from './Zpk.ts'
import { zpk2sos } from './zpk2sos.ts'

/** Polynomials of zeros and poles. Loses digits from about order 8 on: filter with sections instead. */
export function zpk2ba({ zeros, poles, gain }: Zpk): Ba {
  return { b: polynomial(zeros).map((value) => value * gain), a: polynomial(poles) }
}

/** Zeros, poles and gain of polynomials. @throws FilterError when one of the two is nothing but zeros */
export function ba2zpk({ b, a }: Ba): Zpk {
  const gain = leading(b, 'b') / leading(a, 'a')
  return { zeros: polynomialRoots(b), poles: polynomialRoots(a), gain }
}

/** Second-order sections of polynomials, paired as {@link zpk2sos} does. */
export function ba2sos(ba: Ba): NdArray {
  return zpk2sos(ba2zpk(ba))
}

/** Zeros, poles and gain of second-order sections `(sections, 6)`. */
export function sos2zpk(sos: ReadonlyNdArray): Zpk {
  const parts = sectionsOf(sos).map(ba2zpk)
  return {
    zeros: parts.flatMap(({ zeros }) => zeros),
    poles: parts.flatMap(({ poles }) => poles),
    gain: parts.reduce((gain, part) => gain * part.gain, 1)
  }
}

/** Polynomials of second-order sections `(sections, 6)`, multiplied out. */
export function sos2ba(sos: ReadonlyNdArray): Ba {
  return sectionsOf(sos).reduce((product, { b, a }) => ({ b: convolve(product.b, b), a: convolve(product.a, a) }), {
    b: [1],
    a: [1]
  })
}

/** Each section `(sections, 6)` as b and a. @throws FilterError when the shape is another */
export function sectionsOf(sos: ReadonlyNdArray): { b: number[]; a: number[] }[] {
  if (sos.shape.length !== 2 || sos.shape[1] !== 6 || sos.shape[0] === 0) {
    throw new FilterError('sos', 'shape (sections, 6) with at least one section', `(${sos.shape.join(', ')})`)
  }
  return (sos.toNested() as number[][]).map((row) => ({ b: row.slice(0, 3), a: row.slice(3) }))
}

/** Coefficients of Π (x − root), highest power first; the roots are real or pairs of conjugates. */
function polynomial(roots: readonly Complex[]): number[] {
  let coefficients: Complex[] = [complex(1)]
  for (const root of roots) {
    coefficients = [...coefficients, complex(0)].map((value, k) =>
      k === 0 ? value : sub(value, mul(coefficients[k - 1]!, root))
    )
  }
  return coefficients.map(({ re }) => re)
}

function convolve(a: readonly number[], b: readonly number[]): number[] {
  const result = new Array<number>(a.length + b.length - 1).fill(0)
  for (const [i, x] of a.entries()) for (const [j, y] of b.entries()) result[i + j]! += x * y
  return result
}

function leading(coefficients: readonly number[], name: string): number {
  const first = coefficients.find((value) => value !== 0)
  if (first === undefined) throw new FilterError(name, 'a coefficient other than 0', `[${coefficients.join(', ')}]`)
  return first
}
