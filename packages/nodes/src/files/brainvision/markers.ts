/**
 * Marker file (`.vmrk`): `Mk1=type,description,position (1-based),points,channel (0 or -1: all)[,yyyymmddhhmmssuuuuuu]`.
 */
import { withoutZeros } from '../localTime.ts'
import type { RecordedGap } from '../SampleFile.ts'
import { parseIni, splitFields } from './ini.ts'

export interface Marker {
  readonly type: string
  readonly description: string
  /** First row, from 0. */
  readonly row: number
  readonly points: number
  /** Microseconds since 1970 as if the local time were UTC; undefined when the marker has no date. */
  readonly time: number | undefined
}

/** Parses the markers; lines that make no sense (a torn last one) are named in `warnings` and passed over. */
export function parseMarkers(text: string, warnings: string[]): Marker[] {
  const markers: Marker[] = []
  for (const [key, value] of parseIni(text).get('marker infos') ?? []) {
    if (!/^Mk\d+$/i.test(key)) continue
    const [type = '', description = '', position = '', points = '', , date = ''] = splitFields(value)
    const row = Number(position) - 1
    if (position === '' || !Number.isInteger(row) || row < 0 || !Number.isFinite(Number(points))) {
      warnings.push(`marker '${key}=${value}' has no position and is left out`)
      continue
    }
    markers.push({ type, description, row, points: Number(points), time: parseTime(date) })
  }
  return markers
}

/**
 * Gaps by the dates of the `New Segment` markers: a later segment begins where its own date says, if that is behind the
 * data before it. Segments without a date, or with one that the clock had set back, follow without a gap.
 */
export function segmentGaps(markers: readonly Marker[], sampleRate: number, warnings: string[]): RecordedGap[] {
  const starts = markers.filter(({ type }) => type === 'New Segment').sort((a, b) => a.row - b.row)
  const [first] = starts
  const gaps: RecordedGap[] = []
  if (first?.time === undefined) return gaps
  let shift = 0
  for (const start of starts.slice(1)) {
    if (start.time === undefined) continue
    const from = start.row + shift
    const to = first.row + Math.round(((start.time - first.time) * sampleRate) / 1e6)
    if (to > from) {
      gaps.push({ from, to, row: start.row, cause: 'device' })
      shift = to - start.row
    } else if (to < from) {
      warnings.push(
        `the segment at row ${start.row} is dated ${from - to} samples before its place; read without a gap`
      )
    }
  }
  return gaps
}

/** `2024-03-02T10:20:30.125` of a marker time. */
export function isoTime(time: number): string {
  const date = new Date(Math.floor(time / 1000)).toISOString().slice(0, 23)
  return withoutZeros(`${date}${String(time % 1000).padStart(3, '0')}`)
}

function parseTime(date: string): number | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d{6})$/.exec(date)?.slice(1).map(Number)
  if (parts === undefined || date.startsWith('0000')) return undefined
  const [year, month, day, hour, minute, second, micros] = parts as [
    number,
    number,
    number,
    number,
    number,
    number,
    number
  ]
  return Date.UTC(year, month - 1, day, hour, minute, second) * 1000 + micros
}
