import { open, type FileHandle } from 'node:fs/promises'
import { RecorderError } from './RecorderError.ts'
import { writePieces } from './writePieces.ts'

/** A new file that grows at its end, and whose earlier bytes can be changed. */
export class OutputFile {
  readonly path: string
  readonly #handle: FileHandle
  #length = 0
  #isClosed = false
  #isSynced = true

  private constructor(path: string, handle: FileHandle) {
    this.path = path
    this.#handle = handle
  }

  /** Makes the file, which must not exist. @throws RecorderError */
  static async create(path: string): Promise<OutputFile> {
    try {
      return new OutputFile(path, await open(path, 'wx'))
    } catch (cause) {
      throw RecorderError.from(path, 'create the file', cause)
    }
  }

  /** Bytes in the file. */
  get length(): number {
    return this.#length
  }

  /** Adds bytes at the end. @throws RecorderError; the file is then as it was before */
  async append(...pieces: readonly Uint8Array[]): Promise<void> {
    let count = 0
    this.#isSynced = false
    try {
      await writePieces(this.#handle, pieces, this.#length, (bytes) => (count += bytes))
      this.#length += count
    } catch (cause) {
      if (count > 0) await this.#handle.truncate(this.#length).catch(() => undefined)
      throw RecorderError.from(this.path, 'write', cause)
    }
  }

  /** Adds so many zeros at the end, without writing them where the disk can do that. @throws RecorderError */
  async appendZeros(count: number): Promise<void> {
    this.#isSynced = false
    try {
      await this.#handle.truncate(this.#length + count)
      this.#length += count
    } catch (cause) {
      throw RecorderError.from(this.path, 'write', cause)
    }
  }

  /** Changes bytes that are there. @throws RecorderError */
  async patch(bytes: Uint8Array, position: number): Promise<void> {
    this.#isSynced = false
    try {
      await writePieces(this.#handle, [bytes], position, () => {})
    } catch (cause) {
      throw RecorderError.from(this.path, 'write', cause)
    }
  }

  /** Puts what was written on the disk. @throws RecorderError */
  async sync(): Promise<void> {
    if (this.#isSynced) return
    try {
      await this.#handle.datasync()
      this.#isSynced = true
    } catch (cause) {
      throw RecorderError.from(this.path, 'write to the disk', cause)
    }
  }

  /** Safe to call twice; does not sync. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#handle.close()
  }
}
