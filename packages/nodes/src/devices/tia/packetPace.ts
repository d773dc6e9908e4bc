/** s that a packet lasts where nobody says. */
const USUAL = 0.02
const LONGEST = 0.5
const EPSILON = 1e-9

/**
 * Samples of the master in a packet: about 20 ms, in which every signal has whole samples where there is such a number.
 * @param rates Hz of all signals
 */
export function usualBlockSize(masterRate: number, rates: readonly number[]): number {
  const least = Math.max(1, Math.round(masterRate * USUAL))
  for (let size = least; size <= Math.max(least, masterRate * LONGEST); size++) {
    if (rates.every((rate) => isWhole((size * rate) / masterRate))) return size
  }
  return least
}

function isWhole(value: number): boolean {
  return value > 0.5 && Math.abs(value - Math.round(value)) < EPSILON * value
}
