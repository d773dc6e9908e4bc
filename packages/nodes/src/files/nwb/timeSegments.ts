import type { HdfReader } from '../hdf5/HdfReader.ts'
import type { Segment } from '../timeline.ts'

/** Rows that are read at once. */
const WINDOW = 65_536
/** Rows whose distance tells the rate. */
const SAMPLE = 1001
/** Of its rows a regular series may have at most so many after a gap. */
const MAX_BREAKS = 0.02

export interface TimedRows {
  /** Hz; 0 where times follow no rate */
  readonly rate: number
  /** s of row 0 */
  readonly start: number
  readonly segments: readonly Segment[]
}

/**
 * Which sample each row of a series with time stamps holds: the next one, or a later one where the stamps leave a gap of half a
 * sample or more.
 * @param known the rate and the index of row 0, where they are known
 */
export function timeSegments(
  reader: HdfReader,
  path: string,
  { rows, known }: { rows: number; known: { rate: number; index: number } | undefined }
): TimedRows {
  const stampsOf = (from: number, to: number): ArrayLike<number> => {
    return reader.numbers(path, from, to).astype('float64').typed() as Float64Array
  }
  const head = stampsOf(0, Math.min(rows, SAMPLE))
  const rate = known?.rate ?? rateOf(head)
  const start = head[0] ?? 0
  const first = known?.index ?? 0
  const whole = { rate: 0, start, segments: rows === 0 ? [] : [{ row: 0, index: 0, count: rows }] }
  if (!(rate > 0)) return whole
  const begins = [{ row: 0, index: first }]
  let before = start
  let index = first
  for (let from = 1; from < rows; from += WINDOW) {
    const stamps = stampsOf(from, Math.min(rows, from + WINDOW))
    for (let k = 0; k < stamps.length; k++) {
      const steps = Math.round((stamps[k]! - before) * rate)
      index += Math.max(1, steps)
      if (steps !== 1) begins.push({ row: from + k, index })
      before = stamps[k]!
    }
    if (known === undefined && begins.length > MAX_BREAKS * (from + stamps.length) + 10) return whole
  }
  const segments = begins.map((each, k) => ({ ...each, count: (begins[k + 1]?.row ?? rows) - each.row }))
  return { rate, start, segments: segments.filter(({ count }) => count > 0) }
}

/** By the middle of all distances. */
function rateOf(stamps: ArrayLike<number>): number {
  const steps = Array.from(stamps, (stamp, k) => (k === 0 ? 0 : stamp - stamps[k - 1]!))
    .slice(1)
    .toSorted((a, b) => a - b)
  const step = steps[Math.floor(steps.length / 2)] ?? 0
  if (!(step > 0)) return 0
  // A rate that is nearly whole is whole: stamps have rounding errors.
  const rate = 1 / step
  return Math.abs(rate - Math.round(rate)) < 1e-6 * rate ? Math.round(rate) : rate
}
