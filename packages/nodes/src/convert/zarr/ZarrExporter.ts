import { join } from 'node:path'
import { parseDType, type DType, type NdArray } from '@nodeacq/ndarray'
import { z } from 'zod'
import { RecorderError } from '../../files/output/RecorderError.ts'
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
import { ZarrArray } from './ZarrArray.ts'
import { makeGroup, ZarrTable } from './ZarrTable.ts'

/** Raised when a reader of the layout would misunderstand a folder. */
const LAYOUT_VERSION = 1
/** Bytes of a chunk, and chunks of a stream before they become larger. */
const CHUNK_BYTES = 1 << 21
const MAX_CHUNKS = 10_000
const SEGMENT_ROWS = 256

const optionsSchema = z.strictObject({
  compression: z.number().int().min(0).max(9).default(0).describe('of gzip, 1 to 9; 0: none, which is fastest')
})

interface StreamGroup {
  readonly stream: ExportStream
  readonly stored: DType
  readonly data: ZarrArray
  readonly segments: ZarrArray
  readonly gaps: ZarrTable
  readonly events: ZarrTable
  /** The segment that rows are appended to. */
  segment: { place: number; row: number; index: number } | undefined
  missing: number
}

/**
 * Writes a folder in nodeacq's layout of Zarr version 3 (`docs/protocol/zarr.md`): a group per stream with its samples, the segments
 * that map rows to indexes, gaps and events. After a kill, what was synced is there.
 */
class ZarrExporter implements Exporter {
  readonly files: readonly string[]
  readonly #groups: readonly StreamGroup[]
  #events = 0

  private constructor(path: string, groups: readonly StreamGroup[]) {
    this.files = [path]
    this.#groups = groups
  }

  static async open(path: string, head: ExportHead): Promise<ZarrExporter> {
    const { source, startTime, startUtc, provenance } = head
    const start = {
      ...(startTime !== undefined && { startTime }),
      ...(startUtc !== undefined && { startUtcNs: String(startUtc) })
    }
    await makeGroup(path, { nodeacq: { layout: LAYOUT_VERSION, source, ...start, provenance } })
    const taken = new Set<string>()
    const { compression } = head.options as z.infer<typeof optionsSchema>
    const groups: StreamGroup[] = []
    for (const stream of head.streams) {
      groups.push(await makeStream(join(path, uniqueName(stream.name, taken)), stream, compression))
    }
    return new ZarrExporter(path, groups)
  }

  async samples(stream: number, index: number, block: NdArray): Promise<void> {
    const group = this.#groups[stream]!
    const { segment, data, stored } = group
    const next = segment === undefined ? undefined : segment.index + data.rows - segment.row
    if (next !== index) {
      await this.#putSegment(group)
      group.segment = { place: segment === undefined ? 0 : segment.place + 1, row: data.rows, index }
    }
    await data.append((block.dtype.equals(stored) ? block : block.astype(stored)).bytes())
  }

  async gap(stream: number, { from, to, cause }: ExportGap): Promise<void> {
    const group = this.#groups[stream]!
    group.missing += to - from
    await group.gaps.append([from, to], cause)
  }

  async event({ stream, index, duration, value, label }: ExportEvent): Promise<void> {
    this.#events += 1
    await this.#groups[stream]!.events.append([index, duration, value], label)
  }

  async sync(): Promise<void> {
    for (const group of this.#groups) {
      await group.data.sync()
      // Only now, so that a segment never counts rows that a kill may cost.
      await this.#putSegment(group)
      for (const array of [group.segments, ...group.gaps.arrays, ...group.events.arrays]) await array.sync()
    }
  }

  async close(): Promise<ExportResult> {
    await this.sync()
    const streams = this.#groups.map(({ stream, gaps, missing }) =>
      streamConversion(stream.name, { gaps: { mode: 'native', count: gaps.rows, samples: missing } })
    )
    return { streams, events: this.#events, dropped: [] }
  }

  async abort(): Promise<void> {
    for (const { data, segments, gaps, events } of this.#groups) {
      for (const array of [data, segments, ...gaps.arrays, ...events.arrays]) await array.settle()
    }
  }

  async #putSegment({ segment, segments, data }: StreamGroup): Promise<void> {
    if (segment === undefined) return
    const { place, row, index } = segment
    const values = BigInt64Array.of(BigInt(row), BigInt(index), BigInt(data.rows - row))
    await segments.putLast(place, new Uint8Array(values.buffer))
  }
}

async function makeStream(folder: string, stream: ExportStream, compression: number): Promise<StreamGroup> {
  const { name, streamType, dtype, sampleShape, sampleRate, channelInfo, startIndex, offset, sampleCount = 0 } = stream
  const facts = { name, streamType, dtype: dtype.toWire(), sampleRate, startIndex, offset, channelInfo }
  await makeGroup(folder, facts)
  const stored = storedAs(dtype)!
  const rowBytes = sampleShape.reduce((size, length) => size * length, stored.itemSize)
  const chunkBytes = Math.max(CHUNK_BYTES, Math.ceil((rowBytes * sampleCount) / MAX_CHUNKS))
  const axes = sampleShape.map((_, axis) => (axis === sampleShape.length - 1 ? 'channel' : `axis${axis + 1}`))
  return {
    stream,
    stored,
    data: await ZarrArray.create(join(folder, 'data'), {
      dtype: stored,
      rowShape: sampleShape,
      chunkRows: chunkRowsOf(rowBytes, chunkBytes, sampleCount > 0 ? sampleCount : Infinity),
      compression,
      dimensions: ['time', ...axes]
    }),
    segments: await ZarrArray.create(join(folder, 'segments'), {
      dtype: parseDType('int64'),
      rowShape: [3],
      chunkRows: SEGMENT_ROWS,
      attributes: { columns: ['row', 'index', 'count'] },
      dimensions: ['segment', 'column']
    }),
    gaps: new ZarrTable(join(folder, 'gaps'), { numbers: ['from', 'to'], text: 'cause' }),
    events: new ZarrTable(join(folder, 'events'), { numbers: ['index', 'duration', 'value'], text: 'label' }),
    segment: undefined,
    missing: 0
  }
}

/** What Zarr has a type for; times are their ticks. */
function storedAs(dtype: DType): DType | undefined {
  if (dtype.kind === 'M' || dtype.kind === 'm') return parseDType('int64')
  return 'iufbc'.includes(dtype.kind) ? dtype.toNative() : undefined
}

/** Zarr version 3: a folder, for the cloud and for parallel analysis. */
export const zarrTarget: ExportTarget = {
  name: 'zarr',
  description: 'Zarr 3: a folder of chunks with checksums; read in parallel by zarr-python, xarray, zarrita',
  extension: '.zarr',
  gaps: ['native', 'split'],
  optionsSchema,
  whyNot: ({ dtype, sampleShape }) => {
    if (sampleShape.includes(0)) return `a sample of shape (${sampleShape.join(', ')}) holds nothing`
    return storedAs(dtype) === undefined ? `Zarr has no type for ${dtype.name}` : undefined
  },
  open: async (path, head) => {
    try {
      return await ZarrExporter.open(path, head)
    } catch (cause) {
      throw RecorderError.from(path, 'make the folder', cause)
    }
  }
}
