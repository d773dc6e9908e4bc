import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { NdArray, parseDType } from '@nodeacq/ndarray'
import { z } from 'zod'
import { RecordingFileError } from '../../errors.ts'
import { eventsOfStreams, type StreamEvent } from '../eventsOfStreams.ts'
import { IndexedStream, type LostSamples } from '../IndexedStream.ts'
import type { FileFormat } from '../openSampleFile.ts'
import type { RecordedChannel, RecordedEvent, SampleFile } from '../SampleFile.ts'
import { segmentsOfTable } from '../segmentsOfTable.ts'
import { METADATA_FILE } from './metadata.ts'
import { readZarrGroup, ZarrReader } from './ZarrReader.ts'

/** The layout that this reads; a folder of a higher one is refused. */
const LAYOUT_VERSION = 1

const rootSchema = z.object({
  layout: z.literal(LAYOUT_VERSION),
  source: z.string().optional(),
  startTime: z.string().optional(),
  startUtcNs: z.string().regex(/^\d+$/).optional(),
  provenance: z.record(z.string(), z.string()).default({})
})
const streamSchema = z.looseObject({
  name: z.string(),
  streamType: z.string().default('analogsignal'),
  dtype: z.string(),
  sampleRate: z.number().nonnegative(),
  offset: z.number().default(0),
  channelInfo: z.array(z.looseObject({ name: z.string() })).default([])
})

/**
 * A folder in nodeacq's layout of Zarr 3 (`docs/protocol/zarr.md`), closed or not: rows that no segment counts were not synced and do
 * not show.
 */
class ZarrRecording implements SampleFile {
  readonly path: string
  readonly format = 'nodeacq Zarr'
  readonly streams: readonly IndexedStream[]
  readonly startTime: string | undefined
  readonly startUtc: bigint | undefined
  readonly warnings: readonly string[] = []
  readonly details: Readonly<Record<string, unknown>>
  readonly #events: readonly RecordedEvent[]

  private constructor(path: string, root: z.infer<typeof rootSchema>, found: Found) {
    this.path = path
    this.streams = found.streams.toSorted((a, b) => b.sampleRate - a.sampleRate)
    this.startTime = root.startTime
    this.startUtc = root.startUtcNs === undefined ? undefined : BigInt(root.startUtcNs)
    this.details = { source: root.source, ...root.provenance }
    this.#events = eventsOfStreams(found.events, this.streams)
  }

  /** @throws RecordingFileError */
  static async open(path: string): Promise<ZarrRecording> {
    const root = check(path, rootSchema, (await readZarrGroup(path))['nodeacq'])
    const found: Found = { streams: [], events: [] }
    const folders = (await readdir(path, { withFileTypes: true })).filter((entry) => entry.isDirectory())
    for (const { name } of folders) await readStream(join(path, name), found)
    return new ZarrRecording(path, root, found)
  }

  async events(): Promise<readonly RecordedEvent[]> {
    return await Promise.resolve(this.#events)
  }

  async close(): Promise<void> {
    return Promise.resolve()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

interface Found {
  readonly streams: IndexedStream[]
  readonly events: StreamEvent[]
}

/** A folder with `zarr.json` that says it is ours. */
export const zarrFormat: FileFormat = {
  name: 'nodeacq Zarr',
  extensions: ['.zarr'],
  matches: async ({ path, isDirectory }) => {
    if (!isDirectory || !(await readdir(path)).includes(METADATA_FILE)) return false
    const attributes = await readZarrGroup(path).catch(() => undefined)
    return attributes?.['nodeacq'] !== undefined
  },
  open: (path) => ZarrRecording.open(path)
}

async function readStream(folder: string, found: Found): Promise<void> {
  const facts = check(folder, streamSchema, await readZarrGroup(folder))
  const data = await ZarrReader.open(join(folder, 'data'))
  const segments = await ZarrReader.open(join(folder, 'segments'))
  const dtype = parseDType(facts.dtype)
  const lost = await readTable(join(folder, 'gaps'), ['from', 'to'], 'cause')
  const stream = new IndexedStream({
    name: facts.name,
    streamType: facts.streamType,
    dtype,
    sampleShape: data.shape.slice(1),
    sampleRate: facts.sampleRate,
    channelInfo: facts.channelInfo as RecordedChannel[],
    offset: facts.offset,
    segments: segmentsOfTable(folder, await segments.integers(), data.shape[0]!),
    lost: lost.map(({ numbers: [from = 0, to = 0], text }): LostSamples => ({ from, to, cause: text })),
    readRows: async (from, to) => {
      const rows = await data.read(from, to)
      // Times are stored as their ticks.
      return rows.dtype.equals(dtype) ? rows : NdArray.fromBuffer(rows.bytes(), { dtype, shape: rows.shape })
    }
  })
  found.streams.push(stream)
  for (const { numbers, text } of await readTable(join(folder, 'events'), ['index', 'duration', 'value'], 'label')) {
    const [index = 0, duration = 0, value = 0] = numbers
    found.events.push({ stream, index, duration, value, label: text })
  }
}

/** Rows that all columns have: a kill may leave one longer than another. A table without rows is not there. */
async function readTable(
  folder: string,
  columns: readonly string[],
  text: string
): Promise<{ numbers: number[]; text: string }[]> {
  if (!existsSync(folder)) return []
  const numbers = await Promise.all(
    columns.map(async (column) => await (await ZarrReader.open(join(folder, column))).integers())
  )
  const coded = await ZarrReader.open(join(folder, text))
  const texts = check(coded.folder, z.array(z.string()), coded.attributes['texts'])
  const codes = await coded.integers()
  const rows = Math.min(codes.length, ...numbers.map(({ length }) => length))
  return Array.from({ length: rows }, (_, k) => ({
    numbers: numbers.map((column) => column[k]!),
    text: texts[codes[k]!] ?? ''
  }))
}

function check<T extends z.ZodType>(path: string, schema: T, value: unknown): z.infer<T> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const where = ['attributes', ...(issue?.path ?? [])].join('.')
  throw new RecordingFileError(path, { where, expected: "nodeacq's layout", got: issue?.message ?? 'something else' })
}
