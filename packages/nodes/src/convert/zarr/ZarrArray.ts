import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { DType } from '@nodeacq/ndarray'
import { chunkPath, METADATA_FILE, type ZarrArrayMetadata } from '../../files/zarr/metadata.ts'
import { RecorderError } from '../../files/output/RecorderError.ts'
import { replaceFile, syncFolder } from '../../files/output/replaceFile.ts'
import { replaceChunk, syncChunkFiles, writeNewChunk } from './chunkFiles.ts'

export interface ZarrArrayOptions {
  readonly dtype: DType
  readonly rowShape?: readonly number[]
  readonly chunkRows: number
  /** Of gzip; 0: none. */
  readonly compression?: number
  readonly attributes?: Readonly<Record<string, unknown>>
  readonly dimensions: readonly string[]
}

/**
 * A Zarr array in a folder that grows along its first axis. Chunks that are full are written at once; the rest, and the shape that
 * counts it, when `sync` is called. A chunk is there before the shape counts it, so that a kill leaves an array that is whole.
 */
export class ZarrArray {
  readonly folder: string
  readonly #options: ZarrArrayOptions
  readonly #rowBytes: number
  readonly #chunkRows: number
  /** The chunk that is being filled, and one to fill while it is written. */
  #chunk: Uint8Array
  #spare: Uint8Array
  #writing = Promise.resolve()
  /** Rows before the chunk, and in it. */
  #written = 0
  #held = 0
  /** The chunk is not on the disk as it is. */
  #isDirty = false
  /** Rows that the metadata on the disk count. */
  #counted: number | undefined
  #hasNewAttributes = false
  /** Chunk files that may not be on the disk yet. */
  #unsynced: string[] = []
  /** Chunks that have a file. */
  #files = 0
  #attributes: Readonly<Record<string, unknown>>

  private constructor(folder: string, options: ZarrArrayOptions) {
    const { dtype, rowShape = [], chunkRows, attributes = {} } = options
    this.folder = folder
    this.#options = options
    this.#attributes = attributes
    this.#rowBytes = rowShape.reduce((size, length) => size * length, dtype.itemSize)
    this.#chunkRows = chunkRows
    this.#chunk = new Uint8Array(chunkRows * this.#rowBytes)
    this.#spare = new Uint8Array(chunkRows * this.#rowBytes)
  }

  /** @param folder its parent is there. @throws RecorderError */
  static async create(folder: string, options: ZarrArrayOptions): Promise<ZarrArray> {
    const array = new ZarrArray(folder, options)
    try {
      await mkdir(folder)
      // On the disk with the first sync: there is nothing to lose before.
      await writeFile(join(folder, METADATA_FILE), JSON.stringify(array.#metadata()))
    } catch (cause) {
      throw RecorderError.from(folder, 'make the array', cause)
    }
    return array
  }

  /** Appended so far. */
  get rows(): number {
    return this.#written + this.#held
  }

  /** Takes whole rows, C order, little-endian. @throws RecorderError, also for what was taken before */
  async append(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      // Not before more comes, so that the last row can still be replaced.
      if (this.#held === this.#chunkRows) await this.#turn()
      const rows = Math.min(this.#chunkRows - this.#held, (bytes.length - at) / this.#rowBytes)
      this.#chunk.set(bytes.subarray(at, at + rows * this.#rowBytes), this.#held * this.#rowBytes)
      at += rows * this.#rowBytes
      this.#held += rows
      this.#isDirty = true
    }
  }

  /** Replaces the last row, or appends the one behind it. */
  async putLast(row: number, bytes: Uint8Array): Promise<void> {
    if (row === this.rows) {
      await this.append(bytes)
      return
    }
    this.#chunk.set(bytes, (row - this.#written) * this.#rowBytes)
    this.#isDirty = true
  }

  /** Replaces the attributes, at the next sync. */
  setAttributes(attributes: Readonly<Record<string, unknown>>): void {
    this.#attributes = attributes
    this.#hasNewAttributes = true
  }

  /** All that was appended is on the disk, and counted. @throws RecorderError */
  async sync(): Promise<void> {
    await this.#writing
    if (this.#isDirty) {
      // Always whole: readers take no shorter chunk. What is behind the last row is nothing yet.
      this.#chunk.fill(0, this.#held * this.#rowBytes)
      await this.#write(this.#written / this.#chunkRows, this.#chunk)
      this.#isDirty = false
    }
    await syncChunkFiles(this.#unsynced)
    this.#unsynced = []
    if (this.rows !== this.#counted || this.#hasNewAttributes) await this.#writeMetadata()
    this.#hasNewAttributes = false
  }

  /** Waits for what is being written. */
  async settle(): Promise<void> {
    await this.#writing.catch(() => undefined)
  }

  /** Begins to write the full chunk, as soon as the one before is written. */
  async #turn(): Promise<void> {
    await this.#writing
    const full = this.#chunk
    this.#chunk = this.#spare
    this.#spare = full
    if (this.#isDirty) this.#writing = this.#write(this.#written / this.#chunkRows, full)
    // Whoever appends next gets the error; until then it is no unhandled one.
    this.#writing.catch(() => undefined)
    this.#written += this.#chunkRows
    this.#held = 0
    this.#isDirty = false
  }

  async #write(place: number, bytes: Uint8Array): Promise<void> {
    const { rowShape = [], compression = 0 } = this.#options
    const path = join(this.folder, chunkPath(this.#metadata(), [place, ...rowShape.map(() => 0)]))
    if (place < this.#files) {
      await replaceChunk(path, bytes, compression)
      return
    }
    await writeNewChunk(path, bytes, compression)
    this.#unsynced.push(path)
    this.#files = place + 1
  }

  async #writeMetadata(): Promise<void> {
    const path = join(this.folder, METADATA_FILE)
    const { rows } = this
    await replaceFile(path, JSON.stringify(this.#metadata(), undefined, 2)).catch((cause: unknown) => {
      throw RecorderError.from(path, 'write', cause)
    })
    if (this.#counted === undefined) await syncFolder(dirname(this.folder))
    this.#counted = rows
  }

  #metadata(): ZarrArrayMetadata {
    const { dtype, rowShape = [], compression = 0, dimensions } = this.#options
    const gzip = compression > 0 ? [{ name: 'gzip', configuration: { level: compression } }] : []
    return {
      zarr_format: 3,
      node_type: 'array',
      shape: [this.rows, ...rowShape],
      data_type: dtype.name,
      chunk_grid: { name: 'regular', configuration: { chunk_shape: [this.#chunkRows, ...rowShape] } },
      chunk_key_encoding: { name: 'default', configuration: { separator: '/' } },
      fill_value: dtype.kind === 'b' ? false : dtype.kind === 'c' ? [0, 0] : 0,
      codecs: [{ name: 'bytes', configuration: { endian: 'little' } }, ...gzip, { name: 'crc32c' }],
      attributes: this.#attributes,
      dimension_names: dimensions
    }
  }
}
