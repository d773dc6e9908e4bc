/**
 * Solves a symmetric positive definite system by Cholesky's decomposition.
 * @param matrix n rows of n, of which the lower triangle is read
 * @returns undefined when the matrix is singular but for rounding
 */
export function solveCholesky(matrix: readonly Float64Array[], right: Float64Array): Float64Array | undefined {
  const n = right.length
  const lower = matrix.map((row) => row.slice())
  for (let j = 0; j < n; j++) {
    const row = lower[j]!
    for (let k = 0; k <= j; k++) {
      const other = lower[k]!
      let sum = row[k]!
      for (let i = 0; i < k; i++) sum -= row[i]! * other[i]!
      if (k < j) row[k] = sum / other[k]!
      else if (sum > n * Number.EPSILON * matrix[j]![j]!) row[j] = Math.sqrt(sum)
      else return undefined
    }
  }
  const solution = right.slice()
  for (let j = 0; j < n; j++) {
    for (let i = 0; i < j; i++) solution[j]! -= lower[j]![i]! * solution[i]!
    solution[j]! /= lower[j]![j]!
  }
  for (let j = n - 1; j >= 0; j--) {
    for (let i = j + 1; i < n; i++) solution[j]! -= lower[i]![j]! * solution[i]!
    solution[j]! /= lower[j]![j]!
  }
  return solution
}
