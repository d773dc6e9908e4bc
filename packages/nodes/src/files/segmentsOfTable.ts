import { RecordingFileError } from '../errors.ts'
import type { Segment } from './timeline.ts'

/**
 * Segments from the columns row, index, count, one row behind the other; those of rows that are there.
 * @throws RecordingFileError when they do not follow each other, or count more than `rows`
 */
export function segmentsOfTable(path: string, table: readonly number[], rows: number): Segment[] {
  const segments: Segment[] = []
  for (let k = 0; k < table.length; k += 3) {
    const [row = 0, index = 0, count = 0] = table.slice(k, k + 3)
    const end = segments.at(-1)
    if (row !== (end === undefined ? 0 : end.row + end.count) || count < 0 || row + count > rows) {
      const got = `[${row}, ${index}, ${count}] of ${rows} rows`
      throw new RecordingFileError(path, { where: 'segments', expected: 'rows one behind another', got })
    }
    segments.push({ row, index, count })
  }
  return segments
}
