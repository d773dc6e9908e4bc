import { abs, add, type Complex, complex, conj, div, expI, mul, ONE, scale, sub } from './complex.ts'

const MAX_STEPS = 500

/**
 * Roots of a polynomial with real coefficients, highest power first; leading zeros do not count. Up to degree 2 in closed
 * form, above by {@link simultaneousRoots}.
 */
export function polynomialRoots(coefficients: readonly number[]): Complex[] {
  const first = coefficients.findIndex((value) => value !== 0)
  if (first < 0) return []
  const last = coefficients.findLastIndex((value) => value !== 0)
  const kept = coefficients.slice(first, last + 1)
  const atZero = Array.from({ length: coefficients.length - 1 - last }, () => complex(0))
  return [
    ...(kept.length > 3 ? simultaneousRoots(startsOf(kept), (at) => newtonStep(kept, at)) : closedForm(kept)),
    ...atZero
  ]
}

function closedForm(coefficients: readonly number[]): Complex[] {
  if (coefficients.length < 2) return []
  if (coefficients.length === 2) return [complex(-coefficients[1]! / coefficients[0]!)]
  const [a, b, c] = coefficients as [number, number, number]
  const discriminant = b * b - 4 * a * c
  if (discriminant < 0) {
    const root = complex(-b / (2 * a), Math.sqrt(-discriminant) / (2 * a))
    return [root, conj(root)]
  }
  // The sum of two numbers of the same sign: nothing cancels.
  const sum = -(b + (b < 0 ? -1 : 1) * Math.sqrt(discriminant)) / 2
  return sum === 0 ? [complex(0), complex(0)] : [complex(sum / a), complex(c / sum)]
}

/** Newton's step at a point: value / slope, to be subtracted. */
export type NewtonStep = (at: Complex) => Complex

/**
 * All roots at once by the method of Ehrlich and Aberth (O. Aberth, Iteration methods for finding all zeros of a polynomial
 * simultaneously, 1973). What is real or a pair of conjugates is so exactly.
 * @param starts a guess for each root, no two the same
 */
export function simultaneousRoots(starts: readonly Complex[], newtonStep: NewtonStep): Complex[] {
  const roots = [...starts]
  for (let step = 0; step < MAX_STEPS; step++) {
    let moved = 0
    for (const [k, root] of roots.entries()) {
      const newton = newtonStep(root)
      const repulsion = roots.reduce(
        (sum, other, j) => (j === k ? sum : add(sum, div(ONE, sub(root, other)))),
        complex(0)
      )
      const move = div(newton, sub(ONE, mul(newton, repulsion)))
      if (!Number.isFinite(move.re + move.im)) continue
      roots[k] = sub(root, move)
      moved = Math.max(moved, abs(move) / abs(root))
    }
    if (moved < 2 * Number.EPSILON) break
  }
  return paired(roots)
}

function startsOf(coefficients: readonly number[]): Complex[] {
  const degree = coefficients.length - 1
  const radius = Math.abs(coefficients[degree]! / coefficients[0]!) ** (1 / degree)
  return Array.from({ length: degree }, (_, k) => scale(expI((2 * Math.PI * k) / degree + 0.4), radius))
}

function newtonStep(coefficients: readonly number[], at: Complex): Complex {
  let value = complex(0)
  let slope = complex(0)
  for (const coefficient of coefficients) {
    slope = add(mul(slope, at), value)
    value = add(mul(value, at), complex(coefficient))
  }
  return value.re === 0 && value.im === 0 ? value : div(value, slope)
}

/** Joins each root with the one that is nearest to its conjugate; a root that is nearest to its own is real. */
function paired(roots: readonly Complex[]): Complex[] {
  const left = roots.toSorted((a, b) => Math.abs(b.im) - Math.abs(a.im))
  const result: Complex[] = []
  while (left.length > 0) {
    const root = left.shift()!
    const distances = left.map((other) => abs(sub(other, conj(root))))
    const nearest = distances.indexOf(Math.min(...distances))
    if (nearest < 0 || 2 * Math.abs(root.im) <= distances[nearest]!) {
      result.push(complex(root.re))
      continue
    }
    const mean = scale(add(root, conj(left.splice(nearest, 1)[0]!)), 0.5)
    result.push(mean, conj(mean))
  }
  return result
}
