import { open, type FileHandle } from 'node:fs/promises'
import type { RecordedGap } from '../files/SampleFile.ts'
import { RecorderError } from '../files/output/RecorderError.ts'
import { writePieces } from '../files/output/writePieces.ts'

/** Bytes that may wait for the disk before the recorder stops taking more from its stream. */
const MAX_QUEUED = 64 * 1024 * 1024

/** One chunk on its way to the disk. */
interface Queued {
  readonly bytes: Uint8Array
  readonly rows: number
  readonly index: number
}

/** One `.raw` file being written: appends, in order, whole chunks; several that wait go to the disk in one call. */
export class RawFile {
  readonly path: string
  /** Samples that are in the file. */
  rows = 0
  /** Index of the first of them; undefined before there is one. */
  startIndex: number | undefined
  /** Index behind the last sample taken. */
  nextIndex = 0
  readonly gaps: RecordedGap[] = []
  /** Counts calls of `addGap`. */
  gapChanges = 0
  readonly #handle: FileHandle
  readonly #written: (index: number) => void
  readonly #queue: Queued[] = []
  #queuedBytes = 0
  #queuedRows = 0
  #size = 0
  #syncedSize = 0
  #writing: Promise<void> | undefined
  #error: RecorderError | undefined
  #isClosed = false

  private constructor(path: string, handle: FileHandle, written: (index: number) => void) {
    this.path = path
    this.#handle = handle
    this.#written = written
  }

  /**
   * Makes the file, which must not exist.
   * @param written told the index up to which the file now holds everything, as soon as the write has returned
   */
  static async create(path: string, written: (index: number) => void): Promise<RawFile> {
    try {
      return new RawFile(path, await open(path, 'wx'), written)
    } catch (cause) {
      throw RecorderError.from(path, 'create the file', cause)
    }
  }

  /** In the file. */
  get bytes(): number {
    return this.#size
  }

  /** Rows in the file and on their way into it. */
  get rowsTaken(): number {
    return this.rows + this.#queuedRows
  }

  /** A range that will not be in the file; it lies before the next chunk. Ranges that touch become one. */
  addGap({ from, to, cause }: { from: number; to: number; cause: string }): void {
    this.gapChanges++
    const row = this.rowsTaken
    const last = this.gaps.at(-1)
    if (last?.row === row && last.to === from && last.cause === cause) this.gaps[this.gaps.length - 1] = { ...last, to }
    else this.gaps.push({ from, to, row, cause })
  }

  /**
   * Takes a chunk, which must not change any more; resolves when there is room for another.
   * @throws RecorderError when writing failed, also an earlier chunk
   */
  async append(bytes: Uint8Array, rows: number, index: number): Promise<void> {
    if (this.#error !== undefined) throw this.#error
    this.startIndex ??= index - rows
    this.nextIndex = index
    this.#queue.push({ bytes, rows, index })
    this.#queuedBytes += bytes.byteLength
    this.#queuedRows += rows
    this.#writing ??= this.#write()
    if (this.#queuedBytes > MAX_QUEUED) await this.flush()
  }

  /** Resolves when everything taken is written. @throws RecorderError */
  async flush(): Promise<void> {
    await this.#writing
    if (this.#error !== undefined) throw this.#error
  }

  async #write(): Promise<void> {
    while (this.#queue.length > 0 && this.#error === undefined) {
      const batch = this.#queue.splice(0)
      try {
        await writePieces(
          this.#handle,
          batch.map(({ bytes }) => bytes),
          this.#size,
          (count) => (this.#size += count)
        )
        for (const { bytes, rows } of batch) {
          this.#queuedBytes -= bytes.byteLength
          this.#queuedRows -= rows
          this.rows += rows
        }
        this.#written(batch.at(-1)!.index)
      } catch (cause) {
        this.#error = RecorderError.from(this.path, 'write', cause)
        await this.#keepWholeChunks(batch)
      }
    }
    this.#writing = undefined
  }

  /** After a failed write: what is there of whole samples counts, and half a sample is cut off. */
  async #keepWholeChunks(batch: readonly Queued[]): Promise<void> {
    const [first] = batch
    const sampleBytes = first === undefined || first.rows === 0 ? 0 : first.bytes.byteLength / first.rows
    if (sampleBytes === 0) return
    this.rows = Math.floor(this.#size / sampleBytes)
    await this.#handle.truncate(this.rows * sampleBytes).catch(() => undefined)
    this.#queue.length = 0
    this.#queuedBytes = 0
    this.#queuedRows = 0
  }

  /** Makes sure that what was written survives a power cut. @throws RecorderError, also for an earlier failure to write */
  async sync(): Promise<void> {
    if (this.#error !== undefined) throw this.#error
    if (this.#isClosed || this.#size === this.#syncedSize) return
    const size = this.#size
    try {
      await this.#handle.datasync()
      this.#syncedSize = size
    } catch (cause) {
      // A failed sync may have lost data already: it is never tried again and believed.
      throw (this.#error = RecorderError.from(this.path, 'write to the disk', cause))
    }
  }

  /** Safe to call twice; does not flush. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#handle.close()
  }
}
