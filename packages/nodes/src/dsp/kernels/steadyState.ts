import { ROW, type SosTable } from '../sosCoefficients.ts'

/**
 * State of a cascade that has had the same row as its input for ever, `(sections, 2, channels)`; scipy's `sosfilt_zi` times
 * that row. Zeros from the section on whose gain for a constant is without limit.
 * @param levels one value per channel
 */
export function steadyState({ tables, sectionCount }: SosTable, levels: Float64Array): Float64Array {
  const channels = levels.length
  const state = new Float64Array(sectionCount * 2 * channels)
  for (const [c, level] of levels.entries()) {
    const table = tables[c] ?? tables[0]!
    let x = level
    for (let s = 0; s < sectionCount; s++) {
      const [b0, b1, b2, a1, a2] = table.subarray(s * ROW, (s + 1) * ROW) as unknown as [
        number,
        number,
        number,
        number,
        number
      ]
      const y = (x * (b0 + b1 + b2)) / (1 + a1 + a2)
      if (!Number.isFinite(y)) break
      const z1 = b2 * x - a2 * y
      state[(2 * s + 1) * channels + c] = z1
      state[2 * s * channels + c] = b1 * x - a1 * y + z1
      x = y
    }
  }
  return state
}
