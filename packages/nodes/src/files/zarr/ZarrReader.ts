import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { NdArray, parseDType, type DType } from '@nodeacq/ndarray'
import { z } from 'zod'
import { RecordingFileError } from '../../errors.ts'
import { crc32c } from './crc32c.ts'
import { chunkPath, METADATA_FILE, type ZarrArrayMetadata } from './metadata.ts'

const decompress = promisify(gunzip)

const lengths = z.array(z.number().int().nonnegative())
const arraySchema = z.looseObject({
  zarr_format: z.literal(3),
  node_type: z.literal('array'),
  shape: lengths.min(1),
  data_type: z.enum([
    'bool',
    'int8',
    'int16',
    'int32',
    'int64',
    'uint8',
    'uint16',
    'uint32',
    'uint64',
    'float16',
    'float32',
    'float64',
    'complex64',
    'complex128'
  ]),
  chunk_grid: z.object({
    name: z.literal('regular'),
    configuration: z.object({ chunk_shape: z.array(z.number().int().positive()).min(1) })
  }),
  chunk_key_encoding: z.object({
    name: z.literal('default'),
    configuration: z.object({ separator: z.enum(['/', '.']).default('/') }).prefault({})
  }),
  fill_value: z.unknown(),
  codecs: z.array(
    z.object({ name: z.enum(['bytes', 'gzip', 'crc32c']), configuration: z.record(z.string(), z.unknown()).optional() })
  ),
  attributes: z.record(z.string(), z.unknown()).default({})
})
const groupSchema = z.looseObject({
  zarr_format: z.literal(3),
  node_type: z.literal('group'),
  attributes: z.record(z.string(), z.unknown()).default({})
})

/** Bytes that an array may take in memory, so that a damaged shape costs an error rather than the machine. */
const MAX_CHUNK_BYTES = 2 ** 30

/** A Zarr array on a disk, of version 3, chunked along its first axis only, with the codecs that are written here. */
export class ZarrReader {
  readonly folder: string
  readonly shape: readonly number[]
  readonly dtype: DType
  readonly attributes: Readonly<Record<string, unknown>>
  readonly #metadata: ZarrArrayMetadata
  readonly #chunkRows: number
  readonly #rowBytes: number
  /** The chunk that was read last: windows are often smaller. */
  #last: { place: number; bytes: Promise<Uint8Array> } | undefined

  private constructor(folder: string, metadata: ZarrArrayMetadata) {
    const { shape, data_type, chunk_grid, attributes } = metadata
    this.folder = folder
    this.shape = shape
    this.dtype = parseDType(data_type)
    this.attributes = attributes
    this.#metadata = metadata
    this.#chunkRows = chunk_grid.configuration.chunk_shape[0]!
    this.#rowBytes = shape.slice(1).reduce((size, length) => size * length, this.dtype.itemSize)
  }

  /** @throws RecordingFileError when there is no array, or one of another kind */
  static async open(folder: string): Promise<ZarrReader> {
    const metadata = await readMetadata(folder, arraySchema)
    const { shape, chunk_grid, codecs, data_type } = metadata
    const chunk = chunk_grid.configuration.chunk_shape
    const isByRows =
      chunk.length === shape.length && chunk.every((length, axis) => axis === 0 || length === shape[axis])
    const bytes = chunk.reduce((size, length) => size * length, parseDType(data_type).itemSize)
    if (!isByRows || bytes > MAX_CHUNK_BYTES) {
      const got = `chunks of (${chunk.join(', ')}) for (${shape.join(', ')})`
      throw new RecordingFileError(folder, { where: 'chunk_grid', expected: 'chunks of whole rows', got })
    }
    const [first] = codecs
    if (first?.name !== 'bytes' || first.configuration?.['endian'] === 'big') {
      const got = JSON.stringify(first)
      throw new RecordingFileError(folder, { where: 'codecs', expected: "'bytes', little-endian, first", got })
    }
    return new ZarrReader(folder, metadata as ZarrArrayMetadata)
  }

  /** Rows `[from, to)`, which are there, as a fresh array. @throws RecordingFileError when a chunk is missing or damaged */
  async read(from: number, to: number): Promise<NdArray> {
    const rows = NdArray.zeros([to - from, ...this.shape.slice(1)], this.dtype)
    const target = rows.bytes()
    for (let row = from; row < to;) {
      const place = Math.floor(row / this.#chunkRows)
      const end = Math.min(to, (place + 1) * this.#chunkRows)
      const chunk = await this.#chunk(place)
      const at = (row - place * this.#chunkRows) * this.#rowBytes
      target.set(chunk.subarray(at, at + (end - row) * this.#rowBytes), (row - from) * this.#rowBytes)
      row = end
    }
    return rows
  }

  /** All of a small array of whole numbers. */
  async integers(): Promise<number[]> {
    const values = (await this.read(0, this.shape[0]!)).typed()
    return Array.from(values as ArrayLike<number | bigint>, Number)
  }

  #chunk(place: number): Promise<Uint8Array> {
    if (this.#last?.place !== place) this.#last = { place, bytes: this.#readChunk(place) }
    return this.#last.bytes
  }

  async #readChunk(place: number): Promise<Uint8Array> {
    const path = join(this.folder, chunkPath(this.#metadata, [place, ...this.shape.slice(1).map(() => 0)]))
    const fail = (expected: string, got: string, cause?: unknown): RecordingFileError =>
      new RecordingFileError(path, { where: 'chunk', expected, got, cause })
    let bytes: Uint8Array = await readFile(path).catch((cause: unknown) => {
      // Other readers take it for one that holds the fill value: here it is damage.
      throw fail('a file', cause instanceof Error ? cause.message : String(cause), cause)
    })
    for (const { name } of this.#metadata.codecs.toReversed()) {
      if (name === 'crc32c') bytes = checked(bytes, fail)
      const { buffer, byteOffset, length } = bytes
      if (name === 'gzip') {
        bytes = await decompress(new Uint8Array(buffer, byteOffset, length), {
          maxOutputLength: this.#chunkBytes
        }).catch((cause: unknown) => {
          throw fail('packed samples', String(cause), cause)
        })
      }
    }
    if (bytes.length !== this.#chunkBytes) throw fail(`${this.#chunkBytes} bytes`, `${bytes.length}`)
    return bytes
  }

  get #chunkBytes(): number {
    return this.#chunkRows * this.#rowBytes
  }
}

/** The attributes of a group. @throws RecordingFileError when there is none */
export async function readZarrGroup(folder: string): Promise<Readonly<Record<string, unknown>>> {
  return (await readMetadata(folder, groupSchema)).attributes
}

async function readMetadata<T extends z.ZodType>(folder: string, schema: T): Promise<z.infer<T>> {
  const path = join(folder, METADATA_FILE)
  let content: unknown
  try {
    content = JSON.parse(await readFile(path, 'utf8'))
  } catch (cause) {
    const got = cause instanceof Error ? cause.message : String(cause)
    throw new RecordingFileError(path, { where: 'file', expected: 'JSON', got, cause })
  }
  const result = schema.safeParse(content)
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw new RecordingFileError(path, {
    where: issue?.path.join('.') ?? 'file',
    expected: 'metadata of Zarr 3 that is read here',
    got: issue?.message ?? 'something else'
  })
}

/** Without the checksum behind it. */
function checked(bytes: Uint8Array, fail: (expected: string, got: string) => RecordingFileError): Uint8Array {
  const body = bytes.subarray(0, Math.max(0, bytes.length - 4))
  const sum = bytes.length < 4 ? undefined : new DataView(bytes.buffer, bytes.byteOffset).getUint32(body.length, true)
  if (sum === crc32c(body)) return body
  throw fail('bytes that agree with their checksum', 'others')
}
