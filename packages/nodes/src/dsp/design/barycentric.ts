/** Polynomial through points, in barycentric form (J.-P. Berrut, L. N. Trefethen, Barycentric Lagrange interpolation, 2004). */
export class Barycentric {
  readonly #x: Float64Array
  readonly #y: Float64Array
  readonly #weights: Float64Array

  /** @param weights those of {@link barycentricWeights} for `x` */
  constructor(x: Float64Array, y: Float64Array, weights: Float64Array) {
    this.#x = x
    this.#y = y
    this.#weights = weights
  }

  at(x: number): number {
    let numerator = 0
    let denominator = 0
    for (let k = 0; k < this.#x.length; k++) {
      const distance = x - this.#x[k]!
      if (distance === 0) return this.#y[k]!
      const weight = this.#weights[k]! / distance
      numerator += weight * this.#y[k]!
      denominator += weight
    }
    return numerator / denominator
  }
}

/** 1 / Π (x_k − x_j), all by one common factor, so that none of many overflows. */
export function barycentricWeights(x: Float64Array): Float64Array {
  const logs = x.map((own) =>
    x.reduce((sum, other) => (other === own ? sum : sum - Math.log(Math.abs(own - other))), 0)
  )
  const largest = logs.reduce((a, b) => Math.max(a, b))
  return logs.map((log, k) => {
    const above = x.reduce((count, other) => (other > x[k]! ? count + 1 : count), 0)
    return (above % 2 === 0 ? 1 : -1) * Math.exp(log - largest)
  })
}
