import { open, rm, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { LogSink } from '../../files/mcap/McapWriter.ts'
import { RecorderError } from '../RecorderError.ts'
import { syncFolder } from '../replaceFile.ts'
import { writePieces } from '../writePieces.ts'

/** Bytes that are kept free for the end of a file on a disk that fills up. */
const RESERVE = 4 * 1024 * 1024

/** One file of a recording being written: grows at its end, and knows how much of it is on the disk. */
export class LogFile implements LogSink {
  readonly path: string
  readonly #handle: FileHandle
  #hasReserve = false
  #length = 0
  #durable = 0
  #syncing: Promise<void> | undefined
  #syncError: RecorderError | undefined
  /** s that the slowest sync took, and the newest. */
  syncTime = { worst: 0, last: 0 }

  private constructor(path: string, handle: FileHandle) {
    this.path = path
    this.#handle = handle
  }

  /** Makes the file, which must not exist, and its reserve. @throws RecorderError */
  static async create(path: string): Promise<LogFile> {
    try {
      const file = new LogFile(path, await open(path, 'wx'))
      await file.#reserve()
      return file
    } catch (cause) {
      throw RecorderError.from(path, 'create the file', cause)
    }
  }

  get length(): number {
    return this.#length
  }

  /** Bytes that survive a power cut. */
  get durable(): number {
    return this.#durable
  }

  get hasReserve(): boolean {
    return this.#hasReserve
  }

  /** Adds bytes at the end. @throws RecorderError; the file is then as it was before */
  async append(pieces: readonly Uint8Array[]): Promise<void> {
    let count = 0
    try {
      await writePieces(this.#handle, pieces, this.#length, (bytes) => (count += bytes))
      this.#length += count
    } catch (cause) {
      if (count > 0) await this.#handle.truncate(this.#length).catch(() => undefined)
      throw RecorderError.from(this.path, 'write', cause)
    }
  }

  /** Puts what was written on the disk; one sync at a time. @throws RecorderError, also for one that failed before */
  async sync(): Promise<void> {
    if (this.#syncError !== undefined) throw this.#syncError
    if (this.#durable === this.#length) return
    this.#syncing ??= this.#sync().finally(() => (this.#syncing = undefined))
    await this.#syncing
  }

  /** Writes the name of the file to the disk too. */
  async syncName(): Promise<void> {
    await syncFolder(dirname(this.path)).catch((cause: unknown) => {
      throw RecorderError.from(this.path, 'write its folder to the disk', cause)
    })
  }

  /** Gives back the room that was kept, so that the file can be ended. */
  async freeReserve(): Promise<void> {
    this.#hasReserve = false
    await rm(this.#reservePath, { force: true })
  }

  async close(): Promise<void> {
    await this.freeReserve().catch(() => undefined)
    await this.#syncing?.catch(() => undefined)
    await this.#handle.close()
  }

  async #sync(): Promise<void> {
    const length = this.#length
    const start = performance.now()
    try {
      await this.#handle.datasync()
    } catch (cause) {
      // A failed sync may have lost data already: it is never tried again and believed.
      this.#syncError = RecorderError.from(this.path, 'write to the disk', cause)
      throw this.#syncError
    }
    this.#durable = length
    const last = (performance.now() - start) / 1000
    this.syncTime = { last, worst: Math.max(last, this.syncTime.worst) }
  }

  async #reserve(): Promise<void> {
    await using handle = await open(this.#reservePath, 'w')
    await handle.writeFile(Buffer.alloc(RESERVE))
    this.#hasReserve = true
  }

  get #reservePath(): string {
    return `${this.path}.reserve`
  }
}
