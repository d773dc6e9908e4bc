type Random = () => number

/** Even noise from −height to height. */
export function noise(random: Random, length: number, height = 1): Float64Array {
  return Float64Array.from({ length }, () => height * (2 * random() - 1))
}

export function randomCuts(random: Random, rows: number): number[] {
  const cuts: number[] = []
  const longest = 1 + Math.floor(random() * random() * rows)
  for (let at = 0; at < rows; at += Math.floor(random() * (longest + 1))) cuts.push(at)
  return cuts
}

/** Greatest difference, relative to the greatest value wanted; 0 for the same numbers, infinite where one is NaN. */
export function distance(got: ArrayLike<number>, wanted: ArrayLike<number>): number {
  if (got.length !== wanted.length) throw new Error(`expected ${wanted.length} values, got ${got.length}`)
  let height = 0
  let worst = 0
  for (let i = 0; i < wanted.length; i++) {
    const difference = Math.abs(got[i]! - wanted[i]!)
    height = Math.max(height, Math.abs(wanted[i]!))
    worst = Math.max(worst, Number.isNaN(difference) ? Infinity : difference)
  }
  return worst === 0 ? 0 : worst / height
}

export function concatenate(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
