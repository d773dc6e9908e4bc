import { NdArray } from '@nodeacq/ndarray'
import { FilterError } from '../../errors.ts'
import { abs, add, type Complex, complex, conj, isReal, scale, sub } from './complex.ts'
import type { Zpk } from './Zpk.ts'

/** Two numbers this close, relative to their size, are one: 100 units in the last place. */
const TOLERANCE = 100 * Number.EPSILON

/**
 * Second-order sections of a digital filter, `(sections, 6)` float64 with rows b0 b1 b2 a0 a1 a2, a0 = 1. Poles and zeros
 * are paired and ordered as scipy's `zpk2sos(pairing='nearest')` does: the pole nearest to the unit circle goes to the last
 * section, together with the zero that is nearest to it, then the next; the first section has the gain.
 * @throws FilterError when a complex zero or pole lacks its conjugate
 */
export function zpk2sos({ zeros, poles, gain }: Zpk): NdArray {
  const sectionCount = Math.max(1, Math.ceil(Math.max(zeros.length, poles.length) / 2))
  const zerosLeft = upperHalf(padded(zeros, 2 * sectionCount), 'zeros')
  const polesLeft = upperHalf(padded(poles, 2 * sectionCount), 'poles')
  const rows: number[][] = []
  while (polesLeft.length > 0) {
    const pole = takeLowest(polesLeft, distanceToCircle)
    const polePair = [pole, isReal(pole) ? takeLowest(polesLeft, distanceToCircle, isReal) : conj(pole)] as const
    const zero = takeLowest(zerosLeft, (other) => abs(sub(other, pole)))
    const isSingle = isReal(zero)
    const zeroPair = [
      zero,
      isSingle ? takeLowest(zerosLeft, (other) => abs(sub(other, pole)), isReal) : conj(zero)
    ] as const
    rows.unshift([...quadratic(...zeroPair), ...quadratic(...polePair)])
  }
  for (let k = 0; k < 3; k++) rows[0]![k]! *= gain
  return NdArray.from(rows, 'float64')
}

function padded(roots: readonly Complex[], count: number): Complex[] {
  return [...roots, ...Array.from({ length: count - roots.length }, () => complex(0))]
}

/** Those above the real axis, then the real ones; each by real part. What rounding made of conjugates is averaged. */
function upperHalf(roots: readonly Complex[], subject: string): Complex[] {
  const sorted = roots.toSorted((a, b) => a.re - b.re || Math.abs(a.im) - Math.abs(b.im))
  const isNearlyReal = (root: Complex) => Math.abs(root.im) <= TOLERANCE * abs(root)
  const real = sorted.filter(isNearlyReal).map(({ re }) => complex(re))
  const above = sortRuns(sorted.filter((root) => !isNearlyReal(root) && root.im > 0))
  const below = sortRuns(sorted.filter((root) => !isNearlyReal(root) && root.im < 0))
  const pairs = above.map((root, k) => {
    const other = below[k]
    if (other === undefined || abs(sub(root, conj(other))) > TOLERANCE * abs(other)) {
      throw new FilterError(subject, 'pairs of complex conjugates', `${root.re} + ${root.im}i alone`)
    }
    return scale(add(root, conj(other)), 0.5)
  })
  if (below.length > above.length) {
    throw new FilterError(
      subject,
      'pairs of complex conjugates',
      `${below.length} below the real axis, ${above.length} above`
    )
  }
  return [...pairs, ...real]
}

/** Sorts by imaginary part wherever neighbours have the same real part but for rounding. */
function sortRuns(roots: readonly Complex[]): Complex[] {
  const sorted: Complex[] = []
  for (let from = 0, to = 0; from < roots.length; from = to) {
    for (to = from + 1; to < roots.length; to++) {
      const before = roots[to - 1]!
      if (roots[to]!.re - before.re > TOLERANCE * abs(before)) break
    }
    sorted.push(...roots.slice(from, to).toSorted((a, b) => Math.abs(a.im) - Math.abs(b.im)))
  }
  return sorted
}

function distanceToCircle(pole: Complex): number {
  return Math.abs(1 - abs(pole))
}

/** Removes and gives the first of those for which `rank` is lowest. */
function takeLowest(
  roots: Complex[],
  rank: (root: Complex) => number,
  isCandidate: (root: Complex) => boolean = () => true
): Complex {
  let lowest = -1
  for (const [k, root] of roots.entries()) {
    if (isCandidate(root) && (lowest < 0 || rank(root) < rank(roots[lowest]!))) lowest = k
  }
  return roots.splice(lowest, 1)[0]!
}

/** Coefficients of (x − a)(x − b), the two real or conjugates. */
function quadratic(a: Complex, b: Complex): [number, number, number] {
  return [1, -(a.re + b.re), a.re * b.re - a.im * b.im]
}
