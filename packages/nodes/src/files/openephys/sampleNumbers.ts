import type { NpyFile } from '../npy/NpyFile.ts'
import type { Segment } from '../timeline.ts'

/** Numbers that are read at once where a jump is looked for. */
const BLOCK = 65_536

/**
 * Cuts rows at the jumps of their sample numbers. Numbers rise, so a stretch whose last number is as far from the first as its rows say
 * has no jump: only stretches with one are read. Rows without a number (a program died before it wrote them) count on.
 */
export async function segmentsOfNumbers(numbers: NpyFile, rows: number): Promise<Segment[]> {
  const known = Math.min(numbers.length, rows)
  if (rows === 0) return []
  if (known === 0) return [{ row: 0, index: 0, count: rows }]
  const at = async (row: number): Promise<number> => Number((await numbers.read(row, row + 1)).get(0))
  const starts: { row: number; index: number }[] = [{ row: 0, index: await at(0) }]
  const search = async (from: number, to: number, first: number, last: number): Promise<void> => {
    if (last - first === to - 1 - from) return
    if (to - from > BLOCK) {
      const middle = Math.floor((from + to) / 2)
      const [before, after] = [await at(middle - 1), await at(middle)]
      await search(from, middle, first, before)
      if (after !== before + 1) starts.push({ row: middle, index: after })
      await search(middle, to, after, last)
      return
    }
    const values = (await numbers.read(from, to)).astype('float64').typed() as Float64Array
    for (let k = 1; k < values.length; k++) {
      if (values[k] !== values[k - 1]! + 1) starts.push({ row: from + k, index: values[k]! })
    }
  }
  await search(0, known, starts[0]!.index, await at(known - 1))
  return starts.map(({ row, index }, k) => ({ row, index, count: (starts[k + 1]?.row ?? rows) - row }))
}
