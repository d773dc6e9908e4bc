/** Modified Bessel function of the first kind, order 0, by its power series: all terms are positive. DLMF 10.25.2. */
export function besselI0(x: number): number {
  const quarter = (x * x) / 4
  let term = 1
  let sum = 1
  for (let k = 1; term > sum * Number.EPSILON * 0.25; k++) {
    term *= quarter / (k * k)
    sum += term
  }
  return sum
}
