/** Steps of the ramp: the last channel of a simulated signal goes up by 1 per sample, over 1000 samples. */
export function stepsOf(ramp: readonly number[]): number[] {
  return ramp.slice(1).map((value, k) => (value - ramp[k]! + 1000) % 1000)
}

/** The last channel of rows `(samples, channels)`. */
export function lastColumn(rows: unknown): number[] {
  return (rows as number[][]).map((row) => row.at(-1)!)
}
