import { open, type FileHandle } from 'node:fs/promises'
import { RecordingFileError } from '../errors.ts'

/** One file open for positional reads, which either give every byte asked for or throw. */
export class OpenFile {
  readonly path: string
  readonly size: number
  readonly #handle: FileHandle
  #isClosed = false

  private constructor(path: string, size: number, handle: FileHandle) {
    this.path = path
    this.size = size
    this.#handle = handle
  }

  /** @throws RecordingFileError when there is no readable file at `path` */
  static async open(path: string): Promise<OpenFile> {
    let handle
    try {
      handle = await open(path, 'r')
    } catch (cause) {
      throw unreadable(path, cause)
    }
    const stats = await handle.stat()
    if (!stats.isFile()) {
      await handle.close()
      throw new RecordingFileError(path, { where: 'file', expected: 'a regular file', got: 'something else' })
    }
    return new OpenFile(path, stats.size, handle)
  }

  /** Fills all of `target` from `position` on. */
  async readInto(target: Uint8Array, position: number): Promise<void> {
    for (let done = 0; done < target.byteLength;) {
      const { bytesRead } = await this.#handle.read(target, done, target.byteLength - done, position + done)
      if (bytesRead === 0) {
        throw new RecordingFileError(this.path, {
          where: `byte ${position + done}`,
          expected: `${target.byteLength - done} more bytes`,
          got: 'the end of the file'
        })
      }
      done += bytesRead
    }
  }

  /** A fresh array of `length` bytes from `position` on; never allocates more than the file holds. */
  async read(position: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    if (position + length > this.size) {
      throw new RecordingFileError(this.path, {
        where: `byte ${position}`,
        expected: `${length} bytes`,
        got: `${Math.max(0, this.size - position)}`
      })
    }
    // Filled, or not given out.
    const bytes = new Uint8Array(Buffer.allocUnsafeSlow(length).buffer)
    await this.readInto(bytes, position)
    return bytes
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#handle.close()
  }
}

function unreadable(path: string, cause: unknown): RecordingFileError {
  const got = cause instanceof Error ? cause.message : String(cause)
  return new RecordingFileError(path, { where: 'file', expected: 'a readable file', got, cause })
}
