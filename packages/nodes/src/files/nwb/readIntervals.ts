import type { HdfReader } from '../hdf5/HdfReader.ts'

/** A row of a table of intervals; times in s from the start of the session. */
export interface NwbInterval {
  readonly start: number
  readonly stop: number
  /** Column `label`, `cause` or `tags`; '' where there is none. */
  readonly label: string
  /** Column `stream`, which our own files have. */
  readonly stream: string
}

/** The rows of a table of intervals; none where there is no such table. */
export function readIntervals(reader: HdfReader, path: string): NwbInterval[] {
  const column = (name: string): readonly unknown[] => {
    const values = reader.value(`${path}/${name}`)
    return Array.isArray(values) ? (values as unknown[]) : []
  }
  const text = (value: unknown): string => (typeof value === 'string' ? value : '')
  const stops = column('stop_time')
  const labels = ['label', 'cause', 'tags'].map(column).find(({ length }) => length > 0) ?? []
  const streams = column('stream')
  return column('start_time').map((start, k) => ({
    start: Number(start),
    stop: Number(stops[k] ?? start),
    label: text(labels[k]),
    stream: text(streams[k])
  }))
}
