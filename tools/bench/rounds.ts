/** A way to do a thing: runs once and gives a figure. */
export type Contender = () => Promise<number>

/**
 * Runs every contender once to warm up and then `rounds` times in turn, and gives the median of each. Turns, because
 * what disturbs a machine for a second should disturb all of them.
 */
export async function inTurns<K extends string>(
  contenders: Readonly<Record<K, Contender>>,
  { rounds = 5 }: { rounds?: number } = {}
): Promise<Record<K, number>> {
  const names = Object.keys(contenders) as K[]
  const figures = new Map<K, number[]>(names.map((name) => [name, []]))
  for (const name of names) await contenders[name]()
  for (let round = 0; round < rounds; round++) {
    // Backwards every second time, so that none always follows the same one.
    for (const name of round % 2 === 0 ? names : [...names].reverse()) figures.get(name)!.push(await contenders[name]())
  }
  return Object.fromEntries(names.map((name) => [name, median(figures.get(name)!)])) as Record<K, number>
}

/** The p-quantile (0–1) of values, by rank. */
export function quantile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))] ?? NaN
}

function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}
