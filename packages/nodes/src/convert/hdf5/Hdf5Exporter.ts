import { NdArray } from '@nodeacq/ndarray'
import { z } from 'zod'
import { chunkRowsOf } from '../chunkRows.ts'
import { streamConversion } from '../Conversion.ts'
import type {
  ExportEvent,
  Exporter,
  ExportGap,
  ExportHead,
  ExportResult,
  ExportStream,
  ExportTarget
} from '../Exporter.ts'
import { uniqueName } from '../uniqueName.ts'
import type { HdfArray } from './HdfArray.ts'
import { hdfTypeOf, type HdfType } from '../../files/hdf5/hdfType.ts'
import { HdfWriter } from './HdfWriter.ts'
import { compoundOf, encodeRow, rowBytesOf, type TableFields } from './rows.ts'

/** Raised when a reader of the layout would misunderstand a file. */
const LAYOUT_VERSION = 1n
const CHUNK_BYTES = 1 << 18
const TABLE_ROWS = 64

const SEGMENT_COLUMNS = 3
const GAP_FIELDS: TableFields = [
  ['from', '<q'],
  ['to', '<q'],
  ['cause', 'S64']
]
const CLOCK_FIELDS: TableFields = [
  ['index', '<q'],
  ['utc_ns', '<q']
]
const EVENT_FIELDS: TableFields = [
  ['index', '<q'],
  ['duration', '<q'],
  ['value', '<q'],
  ['label', 'S128']
]

const optionsSchema = z.strictObject({
  compression: z
    .number()
    .int()
    .min(0)
    .max(9)
    .default(0)
    .describe('of gzip, 1 to 9; 0: none, which is fastest and leaves no unused room in a file that is synced often')
})

interface StreamGroup {
  readonly stream: ExportStream
  readonly type: HdfType
  readonly path: string
  readonly data: HdfArray
  readonly segments: HdfArray
  readonly gaps: HdfArray
  readonly events: HdfArray
  readonly clock: HdfArray
  /** The segment that rows are appended to. */
  segment: { place: number; row: number; index: number } | undefined
  /** Samples that are missing. */
  missing: number
}

/**
 * Writes nodeacq's layout of HDF5 (`docs/protocol/hdf5.md`): a group per stream with its samples, the segments that map rows to
 * indexes, gaps and events. The file can be read while it is written, and after a kill up to the last sync (SWMR): all there
 * will ever be in it is made before the first sample.
 */
export class Hdf5Exporter implements Exporter {
  readonly files: readonly string[]
  readonly #writer: HdfWriter
  readonly #groups: readonly StreamGroup[]
  readonly #startUtc: bigint | undefined
  readonly #dropped: string[] = []
  #bytes = 0
  #cutLabels = 0
  #events = 0

  private constructor(
    writer: HdfWriter,
    { groups, startUtc }: { groups: readonly StreamGroup[]; startUtc: bigint | undefined }
  ) {
    this.files = [writer.path]
    this.#startUtc = startUtc
    this.#writer = writer
    this.#groups = groups
  }

  static async open(path: string, head: ExportHead): Promise<Hdf5Exporter> {
    const writer = await HdfWriter.create(path, { isLive: true })
    try {
      writer.attributes('/', {
        nodeacq_layout: LAYOUT_VERSION,
        source: head.source,
        start_time: head.startTime ?? '',
        start_utc_ns: head.startUtc ?? 0n
      })
      const provenance = Object.entries(head.provenance)
      if (provenance.length > 0) writer.group('/provenance')
      const texts = new Set<string>()
      for (const [name, text] of provenance) writer.value(`/provenance/${uniqueName(name, texts)}`, text)
      writer.group('/streams')
      const taken = new Set<string>()
      const { compression } = head.options as z.infer<typeof optionsSchema>
      const groups = head.streams.map((stream) => makeGroup(writer, stream, { taken, compression }))
      writer.goLive()
      await writer.sync()
      return new Hdf5Exporter(writer, { groups, startUtc: head.startUtc })
    } catch (error) {
      await writer.discard()
      throw error
    }
  }

  async samples(stream: number, index: number, block: NdArray): Promise<void> {
    const group = this.#groups[stream]!
    const { stored } = group.type
    const { segment } = group
    const next = segment === undefined ? undefined : segment.index + group.data.rows - segment.row
    if (segment === undefined || next !== index) {
      this.#writer.flush()
      this.#writeSegment(group)
      group.segment = { place: segment === undefined ? 0 : segment.place + 1, row: group.data.rows, index }
    }
    if (segment === undefined && this.#startUtc !== undefined) {
      const { offset, startIndex, sampleRate } = group.stream
      const seconds = sampleRate > 0 ? offset + (index - startIndex) / sampleRate : offset
      this.mark(stream, index, this.#startUtc + BigInt(Math.round(seconds * 1e9)))
    }
    this.#bytes += block.byteLength
    this.#writer.append(group.data, (block.dtype.equals(stored) ? block : block.astype(stored)).bytes())
    return Promise.resolve()
  }

  /** Tells when a sample was, in ns of UTC. */
  mark(stream: number, index: number, utc: bigint): void {
    this.#writer.append(this.#groups[stream]!.clock, encodeRow(CLOCK_FIELDS, [index, utc]).row)
  }

  /** Of samples that were taken. */
  get bytes(): number {
    return this.#bytes
  }

  async gap(stream: number, { from, to, cause }: ExportGap): Promise<void> {
    const group = this.#groups[stream]!
    group.missing += to - from
    this.#writer.append(group.gaps, encodeRow(GAP_FIELDS, [from, to, cause]).row)
    return Promise.resolve()
  }

  async event({ stream, index, duration, value, label }: ExportEvent): Promise<void> {
    const { row, isCut } = encodeRow(EVENT_FIELDS, [index, duration, value, label])
    this.#writer.append(this.#groups[stream]!.events, row)
    this.#events += 1
    if (isCut) this.#cutLabels += 1
    return Promise.resolve()
  }

  async sync(): Promise<void> {
    this.#writer.flush()
    // Only now, so that a segment never counts rows that a kill may cost.
    for (const group of this.#groups) this.#writeSegment(group)
    this.#writer.flush()
    await this.#writer.sync()
  }

  async close(): Promise<ExportResult> {
    await this.sync()
    await this.#writer.close()
    if (this.#cutLabels > 0) this.#dropped.push(`${this.#cutLabels} labels of events are cut to 128 bytes`)
    const streams = this.#groups.map(({ stream, gaps, missing }) =>
      streamConversion(stream.name, { gaps: { mode: 'native', count: gaps.rows, samples: missing } })
    )
    return { streams, events: this.#events, dropped: this.#dropped }
  }

  async abort(): Promise<void> {
    await this.#writer.abort()
  }

  #writeSegment({ segment, segments, data }: StreamGroup): void {
    if (segment === undefined) return
    const { place, row, index } = segment
    const values = BigInt64Array.of(BigInt(row), BigInt(index), BigInt(data.rows - row))
    this.#writer.put(segments, place, new Uint8Array(values.buffer))
  }
}

function makeGroup(
  writer: HdfWriter,
  stream: ExportStream,
  { taken, compression }: { taken: Set<string>; compression: number }
): StreamGroup {
  const { dtype, sampleShape, channelInfo, sampleCount } = stream
  const type = hdfTypeOf(dtype)!
  const path = writer.group(`/streams/${uniqueName(stream.name, taken)}`, {
    name: stream.name,
    stream_type: stream.streamType,
    dtype: JSON.stringify(dtype.toWire()),
    sample_rate: stream.sampleRate,
    start_index: BigInt(stream.startIndex),
    offset: stream.offset,
    channel_info: JSON.stringify(channelInfo)
  })
  writer.group(`${path}/channels`)
  writer.value(
    `${path}/channels/name`,
    channelInfo.map(({ name }) => name)
  )
  writer.value(
    `${path}/channels/unit`,
    channelInfo.map(({ unit = '' }) => unit)
  )
  writer.value(
    `${path}/channels/gain`,
    Float64Array.from(channelInfo, ({ gain = 1 }) => gain)
  )
  writer.value(
    `${path}/channels/offset`,
    Float64Array.from(channelInfo, ({ offset = 0 }) => offset)
  )
  const rowBytes = NdArray.zeros([1, ...sampleShape], type.stored).byteLength
  const chunkRows = chunkRowsOf(rowBytes, CHUNK_BYTES, sampleCount)
  const table = (name: string, fields: TableFields): HdfArray =>
    writer.array(`${path}/${name}`, { type: compoundOf(fields), rowBytes: rowBytesOf(fields), chunkRows: TABLE_ROWS })
  return {
    stream,
    type,
    path,
    data: writer.array(`${path}/data`, { type: type.type, rowShape: sampleShape, rowBytes, chunkRows, compression }),
    segments: writer.array(`${path}/segments`, {
      type: '<q',
      rowShape: [SEGMENT_COLUMNS],
      rowBytes: 8 * SEGMENT_COLUMNS,
      chunkRows: TABLE_ROWS
    }),
    gaps: table('gaps', GAP_FIELDS),
    events: table('events', EVENT_FIELDS),
    clock: table('clock', CLOCK_FIELDS),
    segment: undefined,
    missing: 0
  }
}

/** HDF5 in the layout of `docs/protocol/hdf5.md`: everything, exactly, readable by h5py, MATLAB and Julia. */
export const hdf5Target: ExportTarget = {
  name: 'hdf5',
  description: 'HDF5: all streams with their gaps and events in groups of one file; read by h5py, MATLAB, Julia',
  extension: '.h5',
  gaps: ['native', 'split'],
  optionsSchema,
  whyNot: ({ dtype, sampleShape }) => {
    if (sampleShape.includes(0)) return `a sample of shape (${sampleShape.join(', ')}) holds nothing`
    return hdfTypeOf(dtype) === undefined ? `HDF5 has no type for ${dtype.name}` : undefined
  },
  open: (path, head) => Hdf5Exporter.open(path, head)
}
