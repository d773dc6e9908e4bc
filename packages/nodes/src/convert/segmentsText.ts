/** Rows `[row, row + count)` hold samples `index` and on. */
export interface SegmentRow {
  readonly row: number
  readonly index: number
  count: number
}

/** `segments.csv`: which sample each row is, where samples follow each other over gaps. */
export function segmentsText(segments: readonly SegmentRow[]): string {
  return ['row,index,count', ...segments.map(({ row, index, count }) => `${row},${index},${count}`), ''].join('\n')
}
