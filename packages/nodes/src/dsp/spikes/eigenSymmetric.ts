/** Sweeps over the matrix after which it is diagonal in any case that occurs; a dozen are enough for 100 rows. */
const MAX_SWEEPS = 60

/** Eigenvalues in descending order, and the unit vector of each. */
export interface Eigen {
  readonly values: Float64Array
  readonly vectors: readonly Float64Array[]
}

/**
 * Eigenvalues and eigenvectors of a symmetric matrix, given as rows, by cyclic Jacobi rotations (G. H. Golub, C. F. Van Loan:
 * Matrix Computations, 4th ed., §8.5). Each vector's largest component is positive.
 */
export function eigenSymmetric(matrix: readonly Float64Array[]): Eigen {
  const n = matrix.length
  const a = matrix.map((row) => row.slice())
  // Row k becomes the eigenvector of the k-th value.
  const v = matrix.map((_, k) => Float64Array.from({ length: n }, (_, j) => (j === k ? 1 : 0)))
  const scale = Math.max(...a.map((row, k) => Math.abs(row[k]!)), Number.MIN_VALUE)
  for (let sweep = 0; sweep < MAX_SWEEPS && offDiagonal(a) > 1e-14 * scale; sweep++) {
    for (let p = 0; p < n - 1; p++) for (let q = p + 1; q < n; q++) rotate(a, v, p, q)
  }
  const order = a.map((_, k) => k).sort((i, j) => a[j]![j]! - a[i]![i]!)
  return { values: Float64Array.from(order, (k) => a[k]![k]!), vectors: order.map((k) => withSign(v[k]!)) }
}

/** The largest element beside the diagonal. */
function offDiagonal(a: readonly Float64Array[]): number {
  let largest = 0
  for (let p = 0; p < a.length; p++) {
    for (let q = p + 1; q < a.length; q++) largest = Math.max(largest, Math.abs(a[p]![q]!))
  }
  return largest
}

/** Makes a[p][q] zero (§8.5.2). */
function rotate(a: readonly Float64Array[], v: readonly Float64Array[], p: number, q: number): void {
  const apq = a[p]![q]!
  if (apq === 0) return
  const tau = (a[q]![q]! - a[p]![p]!) / (2 * apq)
  const t = tau >= 0 ? 1 / (tau + Math.hypot(1, tau)) : 1 / (tau - Math.hypot(1, tau))
  const c = 1 / Math.hypot(1, t)
  const s = t * c
  for (const row of a) {
    const [x, y] = [row[p]!, row[q]!]
    row[p] = c * x - s * y
    row[q] = s * x + c * y
  }
  for (const rows of [a, v]) {
    const [x, y] = [rows[p]!, rows[q]!]
    for (let k = 0; k < x.length; k++) {
      const [xk, yk] = [x[k]!, y[k]!]
      x[k] = c * xk - s * yk
      y[k] = s * xk + c * yk
    }
  }
}

function withSign(vector: Float64Array): Float64Array {
  const largest = vector.reduce((best, value) => (Math.abs(value) > Math.abs(best) ? value : best), 0)
  return largest < 0 ? vector.map((value) => 0 - value) : vector
}
