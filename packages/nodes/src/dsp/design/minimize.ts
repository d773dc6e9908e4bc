const GOLDEN = (3 - Math.sqrt(5)) / 2
const MAX_STEPS = 500

/**
 * Place of the least value of a function between two limits, to 1e-5, by golden section and parabolas: R. P. Brent, Algorithms
 * for Minimization Without Derivatives, 1973, chapter 5, in the order of steps of scipy's `fminbound`, so that the same place
 * is found where the function is flat.
 */
export function minimizeBetween(valueAt: (x: number) => number, low: number, high: number): number {
  let [a, b] = [low, high]
  let best = a + GOLDEN * (b - a)
  let second = best
  let third = best
  let bestValue = valueAt(best)
  let secondValue = bestValue
  let thirdValue = bestValue
  let move = 0
  let moveBefore = 0
  for (let step = 1; step < MAX_STEPS; step++) {
    const middle = (a + b) / 2
    const tolerance = Math.sqrt(2.2e-16) * Math.abs(best) + 1e-5 / 3
    if (!(Math.abs(best - middle) > 2 * tolerance - (b - a) / 2)) break
    let isParabola = false
    if (Math.abs(moveBefore) > tolerance) {
      const r = (best - second) * (bestValue - thirdValue)
      const q = (best - third) * (bestValue - secondValue)
      const divisor = 2 * (q - r)
      const p = ((best - third) * q - (best - second) * r) * (divisor > 0 ? -1 : 1)
      const size = Math.abs(divisor)
      const limit = Math.abs(0.5 * size * moveBefore)
      moveBefore = move
      if (Math.abs(p) < limit && p > size * (a - best) && p < size * (b - best)) {
        isParabola = true
        move = p / size
        const x = best + move
        if (x - a < 2 * tolerance || b - x < 2 * tolerance) move = middle >= best ? tolerance : -tolerance
      }
    }
    if (!isParabola) {
      moveBefore = best >= middle ? a - best : b - best
      move = GOLDEN * moveBefore
    }
    const x = best + (move >= 0 ? 1 : -1) * Math.max(Math.abs(move), tolerance)
    const value = valueAt(x)
    if (value <= bestValue) {
      if (x >= best) a = best
      else b = best
      ;[third, thirdValue, second, secondValue, best, bestValue] = [second, secondValue, best, bestValue, x, value]
    } else {
      if (x < best) a = x
      else b = x
      if (value <= secondValue || second === best)
        [third, thirdValue, second, secondValue] = [second, secondValue, x, value]
      else if (value <= thirdValue || third === best || third === second) [third, thirdValue] = [x, value]
    }
  }
  return best
}
