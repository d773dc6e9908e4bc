import { NdArray, parseDType, type DType, type DTypeLike } from '@nodeacq/ndarray'
import { RecordingFileError } from '../../errors.ts'
import { eventsOfStreams, type StreamEvent } from '../eventsOfStreams.ts'
import { IndexedStream, type LostSamples } from '../IndexedStream.ts'
import type { RecordedChannel, RecordedEvent, SampleFile } from '../SampleFile.ts'
import { segmentsOfTable } from '../segmentsOfTable.ts'
import type { HdfReader } from './HdfReader.ts'
import { hdfTypeOf } from './hdfType.ts'

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
    this.streams = reader
      .names('/streams')
      .map((name) => readStream(reader, `/streams/${name}`, events))
      .toSorted((a, b) => b.sampleRate - a.sampleRate)
    const utc = reader.attribute('/', 'start_utc_ns')
    this.startUtc = typeof utc === 'bigint' && utc !== 0n ? utc : undefined
    this.startTime = reader.text('/', 'start_time') || undefined
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

function readStream(reader: HdfReader, path: string, events: StreamEvent[]): IndexedStream {
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
  const read = (from: number, to: number): NdArray => {
    const bytes = reader.rows(`${path}/data`, from, to)
    const options = { shape: [to - from, ...sampleShape] }
    // Times and truth values are other names for the same bytes.
    const stored = parseDType(type.stored)
    if (stored.itemSize === dtype.itemSize) return NdArray.fromBuffer(bytes, { ...options, dtype: dtype.toNative() })
    return NdArray.fromBuffer(bytes, { ...options, dtype: stored }).astype(dtype.toNative())
  }
  const stream = new IndexedStream({
    name: reader.text(path, 'name') ?? path.slice('/streams/'.length),
    streamType: reader.text(path, 'stream_type') ?? 'analogsignal',
    dtype: dtype.toNative(),
    sampleShape,
    sampleRate: reader.number(path, 'sample_rate') ?? 0,
    channelInfo: JSON.parse(reader.text(path, 'channel_info') ?? '[]') as RecordedChannel[],
    offset: reader.number(path, 'offset') ?? 0,
    segments: segmentsOfTable(`${reader.path}, ${path}`, numbersIn(reader.value(`${path}/segments`)), shape[0] ?? 0),
    lost: rowsOf(reader, `${path}/gaps`).map(([from, to, cause]): LostSamples => ({
      from: Number(from),
      to: Number(to),
      cause: String(cause)
    })),
    readRows: (from, to) => Promise.resolve(read(from, to))
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
