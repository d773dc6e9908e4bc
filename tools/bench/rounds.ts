/** A way to do a thing: runs once and gives a figure. */
export type Contender = () => Promise<number>

/**
 * Runs every contender once to warm up and then `rounds` times in turn, and gives the median of each. Turns, because
 * what disturbs a machine for a second should disturb all of them.
 */
export async function inTurns<C extends Readonly<Record<string, Contender | undefined>>>(
  contenders: C,
  { rounds = 5 }: { rounds?: number } = {}
): Promise<{ [K in keyof C]: number }> {
  const all = Object.entries(contenders).filter((entry): entry is [string, Contender] => entry[1] !== undefined)
  const figures = new Map<string, number[]>(all.map(([name]) => [name, []]))
  for (const [, run] of all) await run()
  for (let round = 0; round < rounds; round++) {
    // Backwards every second time, so that none always follows the same one.
    for (const [name, run] of round % 2 === 0 ? all : [...all].reverse()) figures.get(name)!.push(await run())
  }
  return Object.fromEntries(all.map(([name]) => [name, median(figures.get(name)!)])) as { [K in keyof C]: number }
}

/** The p-quantile (0–1) of values, by rank. */
export function quantile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))] ?? NaN
}

function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}
