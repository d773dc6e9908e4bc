import type { RecordedGap } from './SampleFile.ts'

/** A stretch of rows without a gap: row `row + k` holds sample `index + k`. */
export interface Segment {
  readonly row: number
  readonly index: number
  readonly count: number
}

/** Cuts the rows of a stream at its gaps. */
export function segmentsOf(stream: {
  readonly sampleCount: number
  readonly startIndex: number
  readonly gaps: readonly RecordedGap[]
}): Segment[] {
  const starts = [{ row: 0, index: stream.startIndex }, ...stream.gaps.map((gap) => ({ row: gap.row, index: gap.to }))]
  return starts
    .map(({ row, index }, k) => ({ row, index, count: (starts[k + 1]?.row ?? stream.sampleCount) - row }))
    .filter(({ count }) => count > 0)
}

/** Index of the sample in a row; rows behind the end count on from the last segment. */
export function indexOfRow(segments: readonly Segment[], row: number): number {
  const segment = segments.findLast((candidate) => candidate.row <= row) ?? segments[0]
  return segment === undefined ? row : segment.index + (row - segment.row)
}
