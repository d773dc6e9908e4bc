/**
 * Seeds of a random test: from 1 up to `usual`, or to `soak` with `NODEACQ_SOAK=1`. `NODEACQ_SEEDS=101-200` (or `=7`) plays
 * those alone, to split a long run or to play a failure again.
 */
export function seedsOf({ usual, soak }: { usual: number; soak: number }): number[] {
  const { NODEACQ_SOAK, NODEACQ_SEEDS } = process.env
  const [from, to] = rangeOf(NODEACQ_SEEDS) ?? [1, NODEACQ_SOAK === '1' ? soak : usual]
  return Array.from({ length: to - from + 1 }, (_, i) => from + i)
}

function rangeOf(text: string | undefined): [number, number] | undefined {
  if (text === undefined || text === '') return undefined
  const [, from, to = from] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? []
  if (from === undefined || Number(to) < Number(from)) {
    throw new Error(`NODEACQ_SEEDS: expected a seed or a range such as 101-200, got '${text}'`)
  }
  return [Number(from), Number(to)]
}
