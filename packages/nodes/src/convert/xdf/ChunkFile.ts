import { rm } from 'node:fs/promises'
import { encodeBoundary, XDF_MAGIC } from '../../files/xdf/chunks.ts'
import { OutputFile } from '../../files/output/OutputFile.ts'

/** Bytes that are gathered before they are written. */
export const GATHERED = 1 << 18
/** s of signal from one boundary to the next */
const BOUNDARY_INTERVAL = 10

/** An XDF file that grows by whole chunks; several go to the disk in one write, a chunk is never cut by one that fails. */
export class ChunkFile {
  readonly #file: OutputFile
  readonly #gathered = Buffer.allocUnsafe(GATHERED)
  #used = 0
  /** s */
  #boundary = 0
  #isMarked = true

  private constructor(file: OutputFile) {
    this.#file = file
  }

  /** Makes the file, which must not exist, with its first bytes. @throws RecorderError */
  static async create(path: string): Promise<ChunkFile> {
    const file = new ChunkFile(await OutputFile.create(path))
    await file.put(XDF_MAGIC)
    return file
  }

  get path(): string {
    return this.#file.path
  }

  /** Bytes in the file and on their way into it. */
  get length(): number {
    return this.#file.length + this.#used
  }

  async put(chunk: Uint8Array): Promise<void> {
    if (chunk.length > GATHERED) {
      await this.flush()
      await this.#file.append(chunk)
    } else (await this.room(chunk.length)).set(chunk)
    this.#isMarked = false
  }

  /** Memory of so many bytes, `GATHERED` at most, to be filled with a chunk before the next call. */
  async room(size: number): Promise<Buffer> {
    if (this.#used + size > GATHERED) await this.flush()
    this.#isMarked = false
    this.#used += size
    return this.#gathered.subarray(this.#used - size, this.#used)
  }

  /** Puts a boundary where the last one is long ago. @param time s, of the signal */
  async passTime(time: number): Promise<void> {
    if (time - this.#boundary < BOUNDARY_INTERVAL) return
    this.#boundary = time
    await this.put(encodeBoundary())
  }

  /** Everything is in the file. */
  async flush(): Promise<void> {
    if (this.#used === 0) return
    const bytes = this.#gathered.subarray(0, this.#used)
    this.#used = 0
    await this.#file.append(bytes)
  }

  /** Everything is on the disk, with a boundary behind it. @throws RecorderError */
  async sync(): Promise<void> {
    if (!this.#isMarked) await this.put(encodeBoundary())
    this.#isMarked = true
    await this.flush()
    await this.#file.sync()
  }

  /** Everything is on the disk, and the file is done. @throws RecorderError */
  async finish(): Promise<void> {
    await this.flush()
    await this.#file.sync()
    await this.close()
  }

  /** Safe to call twice; what was gathered is not written. */
  async close(): Promise<void> {
    await this.#file.close()
  }

  /** Closes and removes it. */
  async discard(): Promise<void> {
    await this.close()
    await rm(this.path, { force: true })
  }
}
