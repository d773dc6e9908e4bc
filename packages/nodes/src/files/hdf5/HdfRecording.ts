import { parseDType, type DType, type DTypeLike } from '@nodeacq/ndarray'
import { RecordingFileError } from '../../errors.ts'
import { eventsOfStreams, type StreamEvent } from '../eventsOfStreams.ts'
import { localTime } from '../localTime.ts'
import { IndexedStream, type LostSamples } from '../IndexedStream.ts'
import type { RecordedChannel, RecordedEvent, SampleFile } from '../SampleFile.ts'
import { segmentsOfTable } from '../segmentsOfTable.ts'
import type { HdfReader } from './HdfReader.ts'
import { hdfTypeOf } from './hdfType.ts'
import { storedRows } from './storedRows.ts'

/** The layout that this reads; a file of a higher one is refused. */
const LAYOUT_VERSION = 1

/**
 * An HDF5 file in nodeacq's layout (`docs/protocol/hdf5.md`), closed or not: rows that no segment counts were not synced and do
 * not show.
 */
export class HdfRecording implements SampleFile {
  readonly path: string
  readonly format = 'nodeacq HDF5'
  readonly streams: readonly IndexedStream[]
  readonly startTime: string | undefined
  readonly startUtc: bigint | undefined
  readonly warnings: readonly string[]
  readonly details: Readonly<Record<string, unknown>>
  readonly #reader: HdfReader
  readonly #events: readonly RecordedEvent[]

  /** @throws RecordingFileError */
  constructor(reader: HdfReader) {
    const version = reader.number('/', 'nodeacq_layout')
    if (version !== LAYOUT_VERSION) {
      const got = String(version)
      throw new RecordingFileError(reader.path, { where: 'nodeacq_layout', expected: `${LAYOUT_VERSION}`, got })
    }
    const events: StreamEvent[] = []
    this.path = reader.path
    this.#reader = reader
    const paths = reader.names('/streams').map((name) => `/streams/${name}`)
    const starts = paths.map((path) => startOf(reader, path))
    const utc = reader.attribute('/', 'start_utc_ns')
    const isKnown = typeof utc === 'bigint' && utc !== 0n
    this.startUtc = isKnown
      ? utc
      : starts.reduce((a, b) => (a !== undefined && (b === undefined || a < b) ? a : b), undefined)
    this.startTime =
      reader.text('/', 'start_time') || (this.startUtc === undefined ? undefined : localTime(this.startUtc))
    this.streams = paths
      .map((path, k) => {
        const [start, begin] = [starts[k], this.startUtc]
        // Where nobody knew beforehand when the recording would begin, the clock tells.
        const isTold = isKnown || start === undefined || begin === undefined
        const offset = isTold ? (reader.number(path, 'offset') ?? 0) : Number(start - begin) / 1e9
        return readStream(reader, path, { events, offset })
      })
      .toSorted((a, b) => b.sampleRate - a.sampleRate)
    this.warnings = reader.isUnfinished ? ['it was not closed; what had been synced is there'] : []
    const texts = reader.names('/provenance').map((name) => [name, reader.value(`/provenance/${name}`)])
    this.details = { source: reader.text('/', 'source'), ...(Object.fromEntries(texts) as object) }
    this.#events = eventsOfStreams(events, this.streams)
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

/** ns of UTC of the first sample of a stream, by the first mark of its clock. */
function startOf(reader: HdfReader, path: string): bigint | undefined {
  if ((reader.shapeOf(`${path}/clock`)?.[0] ?? 0) === 0 || (reader.shapeOf(`${path}/segments`)?.[0] ?? 0) === 0) {
    return undefined
  }
  const [index = 0n, utc = 0n] = new BigInt64Array(reader.rows(`${path}/clock`, 0, 1).buffer)
  const [, first = 0n] = new BigInt64Array(reader.rows(`${path}/segments`, 0, 1).buffer)
  const rate = reader.number(path, 'sample_rate') ?? 0
  return rate > 0 ? utc - BigInt(Math.round((Number(index - first) / rate) * 1e9)) : utc
}

function readStream(
  reader: HdfReader,
  path: string,
  { events, offset }: { events: StreamEvent[]; offset: number }
): IndexedStream {
  const dtype = dtypeAt(reader, path)
  const type = hdfTypeOf(dtype)
  const shape = reader.shapeOf(`${path}/data`)
  if (type === undefined || shape === undefined) {
    throw new RecordingFileError(reader.path, {
      where: path,
      expected: 'samples in data',
      got: `${dtype.name}, no data`
    })
  }
  const sampleShape = shape.slice(1)
  const stream = new IndexedStream({
    name: reader.text(path, 'name') ?? path.slice('/streams/'.length),
    streamType: reader.text(path, 'stream_type') ?? 'analogsignal',
    dtype: dtype.toNative(),
    sampleShape,
    sampleRate: reader.number(path, 'sample_rate') ?? 0,
    channelInfo: JSON.parse(reader.text(path, 'channel_info') ?? '[]') as RecordedChannel[],
    offset,
    segments: segmentsOfTable(`${reader.path}, ${path}`, numbersIn(reader.value(`${path}/segments`)), shape[0] ?? 0),
    lost: rowsOf(reader, `${path}/gaps`).map(([from, to, cause]): LostSamples => ({
      from: Number(from),
      to: Number(to),
      cause: String(cause)
    })),
    readRows: (from, to) =>
      Promise.resolve(storedRows(reader, { path: `${path}/data`, dtype, sampleShape }, [from, to]))
  })
  for (const [index, duration, value, label] of rowsOf(reader, `${path}/events`)) {
    const numbers = { index: Number(index), duration: Number(duration), value: Number(value) }
    events.push({ stream, ...numbers, label: String(label) })
  }
  return stream
}

function dtypeAt(reader: HdfReader, path: string): DType {
  const text = reader.text(path, 'dtype') ?? ''
  try {
    return parseDType(JSON.parse(text) as DTypeLike)
  } catch (cause) {
    throw new RecordingFileError(reader.path, { where: `${path}, dtype`, expected: 'a numpy dtype', got: text, cause })
  }
}

function numbersIn(table: unknown): number[] {
  return Array.isArray(table) ? (table as unknown[]).flat().map(Number) : []
}

/** Rows of a table of fields; none where there is no table. */
function rowsOf(reader: HdfReader, path: string): readonly unknown[][] {
  const table = reader.value(path)
  return Array.isArray(table) ? (table as unknown[][]) : []
}
