import { randomFillSync } from 'node:crypto'
import { open, rm, stat, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { LogSink } from '../../files/mcap/McapWriter.ts'
import { RecorderError } from '../../files/output/RecorderError.ts'
import { syncFolder } from '../../files/output/replaceFile.ts'
import { writePieces } from '../../files/output/writePieces.ts'

/** Bytes that are kept free for the end of a file on a disk that fills up. */
const RESERVE = 4 * 1024 * 1024

/** One file of a recording being written: grows at its end, and knows how much of it is on the disk. */
export class LogFile implements LogSink {
  readonly path: string
  readonly #handle: FileHandle
  #reserve: FileHandle | undefined
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

  /** Makes the file, which must not exist, and its reserve unless that is not wanted. @throws RecorderError */
  static async create(path: string, { hasReserve = true }: { hasReserve?: boolean } = {}): Promise<LogFile> {
    try {
      const file = new LogFile(path, await open(path, 'wx'))
      if (hasReserve)
        await file.#keepReserve().catch(async (cause: unknown) => {
          await file.close()
          await rm(path)
          throw cause
        })
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
    return this.#reserve !== undefined
  }

  /** Why a sync failed: what was written since the one before may not be on the disk. */
  get syncError(): RecorderError | undefined {
    return this.#syncError
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

  /** @throws RecorderError when the file is not in its folder any more: what is written then is in no file */
  async requirePresent(): Promise<void> {
    const [there, own] = await Promise.all([stat(this.path).catch(() => undefined), this.#handle.stat()])
    if (there?.ino !== own.ino) throw new RecorderError(this.path, 'the file is gone, or another has its place')
  }

  /** Gives back the room that was kept, so that the file can be ended. */
  async freeReserve(): Promise<void> {
    const reserve = this.#reserve
    this.#reserve = undefined
    // Its name is gone already, where the system lets that be: closed, it takes no room any more.
    await reserve?.close()
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

  async #keepReserve(): Promise<void> {
    const reserve = (this.#reserve = await open(this.#reservePath, 'w'))
    // Zeros would take no room on a disk that packs.
    await reserve.writeFile(randomFillSync(Buffer.allocUnsafe(RESERVE)))
    // Without a name it goes with the process, however that ends. Windows keeps it until it is closed.
    await rm(this.#reservePath).catch(() => undefined)
  }

  get #reservePath(): string {
    return `${this.path}.reserve`
  }
}
