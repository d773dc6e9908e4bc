import { NdArray } from '@nodeacq/ndarray'
import { numberInLabel } from '../eventValue.ts'
import type { HdfReader } from '../hdf5/HdfReader.ts'
import { storedRows } from '../hdf5/storedRows.ts'
import { IndexedStream, type LostSamples } from '../IndexedStream.ts'
import type { RecordedEvent, SampleFile } from '../SampleFile.ts'
import type { Segment } from '../timeline.ts'
import { readSeriesFacts, type NwbSeriesFacts } from './NwbSeriesFacts.ts'
import { readIntervals, type NwbInterval } from './readIntervals.ts'
import { timeSegments } from './timeSegments.ts'

/** Groups below `/processing` that hold series: modules, containers such as LFP, and series. */
const MAX_DEPTH = 3

/** Rows of a stream that are in one dataset, or in several that hold some channels each. */
interface Stretch extends Segment {
  readonly parts: readonly NwbSeriesFacts[]
  /** Row of the datasets at which it begins. */
  readonly at: number
}

/**
 * A file of Neurodata Without Borders, of whatever program: each series of numbers with a rate or time stamps is a stream. Our own
 * series, which are one for each stretch without a gap, are put together again. Annotations and intervals are events.
 */
export class NwbRecording implements SampleFile {
  readonly path: string
  readonly format: string
  readonly streams: readonly IndexedStream[]
  readonly startTime: string | undefined
  readonly startUtc: bigint | undefined
  readonly warnings: readonly string[]
  readonly details: Readonly<Record<string, unknown>>
  readonly #reader: HdfReader
  readonly #events: readonly RecordedEvent[]

  /** @throws RecordingFileError */
  constructor(reader: HdfReader) {
    this.path = reader.path
    this.format = `NWB ${reader.text('/', 'nwb_version') ?? ''}`.trim()
    this.#reader = reader
    const start = textOf(reader.value('/timestamps_reference_time')) ?? textOf(reader.value('/session_start_time'))
    this.startUtc = start === undefined ? undefined : utcOf(start)
    this.startTime = start?.replace(/(Z|[+-]\d\d:?\d\d)$/, '')
    const series = seriesPaths(reader).flatMap((path) => readSeriesFacts(reader, path) ?? [])
    const lost = readIntervals(reader, '/intervals/invalid_times')
    const names = Map.groupBy(series, ({ name }) => name)
    this.streams = groupSeries(series)
      .map((group) => {
        const { own, name, path } = group[0]!
        // Series of several modules may have one name.
        const single = names.get(name)!.length === 1 ? name : path.slice(1)
        return makeStream(reader, group, { name: own?.stream ?? single, lost })
      })
      .toSorted((a, b) => b.sampleRate - a.sampleRate)
    const irregular = this.streams.filter(({ sampleRate }) => sampleRate === 0)
    this.warnings = irregular.map(
      ({ name }) => `the time stamps of '${name}' follow no rate: its samples are counted only`
    )
    this.details = detailsOf(reader)
    this.#events = readEvents(reader, this.streams[0])
  }

  async events(): Promise<readonly RecordedEvent[]> {
    return await Promise.resolve(this.#events)
  }

  async close(): Promise<void> {
    this.#reader.close()
    return Promise.resolve()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

function seriesPaths(reader: HdfReader): string[] {
  const below = (path: string, depth: number): string[] => {
    if (reader.shapeOf(`${path}/data`) !== undefined) return [path]
    if (depth === 0) return []
    return reader
      .names(path)
      .map((name) => `${path}/${name}`)
      .filter((each) => reader.isGroup(each))
      .flatMap((each) => below(each, depth - 1))
  }
  return ['/acquisition', '/processing', '/stimulus/presentation'].flatMap((path) => below(path, MAX_DEPTH))
}

/** Our series by stream, others by themselves. */
function groupSeries(series: readonly NwbSeriesFacts[]): NwbSeriesFacts[][] {
  return Map.groupBy(series, ({ path, own }) => (own === undefined ? path : `nodeacq ${own.stream}`))
    .values()
    .toArray()
}

function makeStream(
  reader: HdfReader,
  series: readonly NwbSeriesFacts[],
  { name, lost }: { name: string; lost: readonly NwbInterval[] }
): IndexedStream {
  const [first] = series
  const { own, dtype, sampleShape } = first!
  const { stretches, rate, offset } = placeRows(reader, series)
  const shape = own === undefined || own.channels === undefined ? sampleShape : [own.channelInfo.length]
  const start = stretches[0]?.index ?? 0
  const indexAt = (time: number): number => start + Math.round((time - offset) * rate)
  const missing = lost
    .filter((each) => each.stream === name)
    .map((each): LostSamples => ({ from: indexAt(each.start), to: indexAt(each.stop), cause: each.label }))
  return new IndexedStream({
    name,
    streamType: own?.streamType ?? 'analogsignal',
    dtype: dtype.toNative(),
    sampleShape: shape,
    sampleRate: rate,
    channelInfo: own?.channelInfo ?? first!.channelInfo,
    offset,
    segments: stretches,
    lost: missing,
    readRows: (from, to) => Promise.resolve(readRows(reader, stretches, { shape, range: [from, to] }))
  })
}

function placeRows(
  reader: HdfReader,
  series: readonly NwbSeriesFacts[]
): { stretches: Stretch[]; rate: number; offset: number } {
  const [first] = series
  const { own, rate } = first!
  if (rate === undefined) {
    const known = own && { rate: own.sampleRate, index: own.index }
    const timed = timeSegments(reader, `${first!.path}/timestamps`, { rows: first!.rows, known })
    const stretches = timed.segments.map((each) => ({ ...each, parts: series, at: each.row }))
    return { stretches, rate: timed.rate, offset: timed.start }
  }
  // Parts that begin together hold channels of the same rows.
  const parts = [...Map.groupBy(series, (each) => each.own?.index ?? 0)].toSorted(([a], [b]) => a - b)
  let row = 0
  const stretches = parts.map(([index, held]) => {
    const count = Math.min(...held.map(({ rows }) => rows))
    row += count
    return { row: row - count, index, count, parts: held, at: 0 }
  })
  return { stretches, rate: own?.sampleRate ?? rate, offset: parts[0]![1][0]!.startingTime }
}

function readRows(
  reader: HdfReader,
  stretches: readonly Stretch[],
  { shape, range: [from, to] }: { shape: readonly number[]; range: readonly [number, number] }
): NdArray {
  const rows = NdArray.zeros([to - from, ...shape], stretches[0]?.parts[0]?.dtype.toNative() ?? 'float64')
  for (const { row, count, at, parts } of stretches) {
    const [begin, end] = [Math.max(from, row), Math.min(to, row + count)]
    if (begin >= end) continue
    const target = rows.slice(begin - from, end - from)
    for (const { path, dtype, sampleShape, own } of parts) {
      const data = { path: `${path}/data`, dtype, sampleShape }
      const block = storedRows(reader, data, [begin - row + at, end - row + at])
      if (own?.channels === undefined) block.copyTo(target)
      else for (const [k, channel] of own.channels.entries()) block.column(k).copyTo(target.column(channel))
    }
  }
  return rows
}

/** Annotations, and the rows of tables of intervals; a row that is an annotation too gives it its duration. */
function readEvents(reader: HdfReader, counted: IndexedStream | undefined): RecordedEvent[] {
  const times: { start: number; stop: number; label: string }[] = []
  for (const name of reader.names('/acquisition')) {
    const path = `/acquisition/${name}`
    if (reader.text(path, 'neurodata_type') !== 'AnnotationSeries') continue
    const [labels, stamps] = [reader.value(`${path}/data`), reader.value(`${path}/timestamps`)]
    if (!Array.isArray(labels) || !Array.isArray(stamps)) continue
    for (const [k, label] of labels.entries()) {
      times.push({ start: Number(stamps[k]), stop: Number(stamps[k]), label: String(label) })
    }
  }
  for (const name of reader.names('/intervals').filter((each) => each !== 'invalid_times')) {
    for (const { start, stop, label } of readIntervals(reader, `/intervals/${name}`)) {
      const known = times.find((each) => each.start === start && each.stop === start && each.label === label)
      if (known === undefined) times.push({ start, stop, label: label || name })
      else known.stop = stop
    }
  }
  if (counted === undefined || !(counted.sampleRate > 0)) return []
  const { offset, startIndex, sampleRate } = counted
  return times
    .map(({ start, stop, label }) => ({
      index: startIndex + Math.round((start - offset) * sampleRate),
      duration: Math.round((stop - start) * sampleRate),
      label,
      value: numberInLabel(label)
    }))
    .toSorted((a, b) => a.index - b.index)
}

function detailsOf(reader: HdfReader): Record<string, unknown> {
  const texts = (path: string): [string, unknown][] =>
    reader
      .names(path)
      .filter((name) => !reader.isGroup(`${path}/${name}`))
      .map((name) => [name, reader.value(`${path}/${name}`)])
  return {
    identifier: reader.value('/identifier'),
    session_description: reader.value('/session_description'),
    ...(Object.fromEntries(texts('/general')) as object),
    ...(reader.isGroup('/general/subject') && { subject: Object.fromEntries(texts('/general/subject')) as object })
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** ns of an ISO 8601 time with its zone. */
function utcOf(text: string): bigint | undefined {
  const [, fraction = ''] = /\.(\d+)/.exec(text) ?? []
  const seconds = Date.parse(text.replace(/\.\d+/, ''))
  return Number.isNaN(seconds) ? undefined : BigInt(seconds) * 1_000_000n + BigInt(fraction.padEnd(9, '0').slice(0, 9))
}
