/**
 * Files beside the `.raw` data of a raw recording (pyacq's RawRecorder and ours), all JSON:
 *
 *   stream_properties.json   { <stream>: { streamtype, dtype, shape, sample_rate, channel_info, start_index }, pyacq_version }
 *   <stream>.raw             the samples, C order, nothing else
 *   <stream>.gaps.json       [{ from, to, row, cause }], only when samples are missing (not written by pyacq)
 *   annotations.json         { name: value }, only when there are any
 */
import { parseDType, type WireDType } from '@nodeacq/ndarray'
import { RecordingFileError } from '../../errors.ts'
import type { RecordedGap } from '../SampleFile.ts'

export const PROPERTIES_FILE = 'stream_properties.json'
export const ANNOTATIONS_FILE = 'annotations.json'
/** What pyacq 0.2 writes under `pyacq_version`; readers of its recordings look at nothing else to know the layout. */
export const PYACQ_VERSION = '0.2.0-dev'

/** Name of the data file of a stream. */
export function rawFileName(stream: string): string {
  return `${stream}.raw`
}

/** Name of the list of gaps of a stream. */
export function gapsFileName(stream: string): string {
  return `${stream}.gaps.json`
}

/** A dtype with the names that pyacq's nodes use for fields: `<i8` is `int64`, `|S16` is `S16`. */
export function pyacqDType(dtype: WireDType): WireDType {
  return typeof dtype === 'string' ? dtype : dtype.map(([name, type, ...rest]) => [name, numpyName(type), ...rest])
}

function numpyName(type: WireDType): WireDType {
  return typeof type !== 'string' ? type : parseDType(type).name.replace(/^\|/, '')
}

/** The entry of one stream, as it is in the file. */
export interface StreamProperties {
  readonly streamtype?: string
  readonly dtype: unknown
  readonly shape: readonly number[]
  readonly sample_rate?: number
  readonly channel_info?: readonly Record<string, unknown>[]
  readonly start_index?: number
}

/** Checks the parsed `stream_properties.json`. @throws RecordingFileError naming stream and key */
export function checkProperties(path: string, content: unknown): [name: string, properties: StreamProperties][] {
  const wrong = (where: string, expected: string, got: unknown) =>
    new RecordingFileError(path, { where, expected, got: JSON.stringify(got) ?? 'nothing' })
  if (!isMap(content)) throw wrong('content', 'a map of streams', content)
  return Object.entries(content)
    .filter(([name]) => name !== 'pyacq_version')
    .map(([name, entry]) => {
      const at = (key: string) => `stream '${name}', key '${key}'`
      if (!isMap(entry)) throw wrong(`stream '${name}'`, 'a map', entry)
      // The name becomes a file name.
      if (/[/\\\0]/.test(name) || name === '..') throw wrong('stream name', 'a plain file name', name)
      const { shape, channel_info, sample_rate, start_index } = entry
      const list = typeof shape === 'number' ? [shape] : shape
      if (!Array.isArray(list) || !list.every((length) => Number.isInteger(length))) {
        throw wrong(at('shape'), 'a list of whole numbers', shape)
      }
      if (entry['dtype'] === undefined) throw wrong(at('dtype'), 'a dtype', undefined)
      if (sample_rate != null && typeof sample_rate !== 'number')
        throw wrong(at('sample_rate'), 'a number', sample_rate)
      if (start_index != null && !Number.isInteger(start_index))
        throw wrong(at('start_index'), 'a whole number', start_index)
      if (channel_info != null && !(Array.isArray(channel_info) && channel_info.every(isMap))) {
        throw wrong(at('channel_info'), 'a list of maps', channel_info)
      }
      return [name, { ...entry, dtype: entry['dtype'], shape: list } as StreamProperties]
    })
}

/** Checks a parsed list of gaps: in order of rows, whole numbers. @throws RecordingFileError */
export function checkGaps(path: string, content: unknown): RecordedGap[] {
  const isGap = (gap: unknown): gap is RecordedGap =>
    isMap(gap) &&
    ['from', 'to', 'row'].every((key) => Number.isSafeInteger(gap[key])) &&
    typeof gap['cause'] === 'string'
  if (Array.isArray(content) && content.every(isGap)) {
    const rows = content.map(({ row }) => row)
    if (rows.every((row, k) => row >= (rows[k - 1] ?? 0))) return content
  }
  throw new RecordingFileError(path, {
    where: 'content',
    expected: 'a list of {from, to, row, cause} in the order of row',
    got: JSON.stringify(content)?.slice(0, 80) ?? 'nothing'
  })
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
