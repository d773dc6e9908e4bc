import { closeSync, constants, openSync, rmSync, writeSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DeviceError } from '@nodeacq/core'
import { loadKoffi } from '../loadKoffi.ts'

export interface FifoPlugEvents {
  /** A program has opened the pipe. */
  readonly open: () => void
  /** Nobody has it open any more. */
  readonly close: () => void
}

/** ms between looks for a program that opens the pipe. */
const LOOK_INTERVAL = 10

/**
 * The end of a named pipe that takes the place of a device which only sends, and can be pulled and plugged in again under
 * the same path. What is written while nobody has it open, or reads too slowly, is lost, as with a device. Not on Windows.
 */
export class FifoPlug {
  readonly path: string
  readonly #folder: string
  readonly #events: FifoPlugEvents
  readonly #make: () => void
  readonly #looks: NodeJS.Timeout
  #fd: number | undefined
  #isPlugged = false
  #isOpen = true

  private constructor(folder: string, events: FifoPlugEvents, mkfifo: (path: string, mode: number) => number) {
    this.#folder = folder
    this.path = join(folder, 'reports')
    this.#events = events
    this.#make = () => {
      if (mkfifo(this.path, 0o600) !== 0) throw new DeviceError(`${this.path}: no named pipe can be made here`)
    }
    this.#looks = setInterval(() => this.#look(), LOOK_INTERVAL)
  }

  /** Plugged in from the start. @throws {DeviceError} where there are no named pipes. @throws {MissingPackageError} */
  static async open(events: FifoPlugEvents): Promise<FifoPlug> {
    if (process.platform === 'win32') throw new DeviceError('named pipe: expected Linux or macOS, got win32')
    const koffi = await loadKoffi('a named pipe')
    const mkfifo = koffi.load(null).func('int mkfifo(const char *, uint32_t)') as (path: string, mode: number) => number
    const plug = new FifoPlug(await mkdtemp(join(tmpdir(), 'nodeacq-pipe-')), events, mkfifo)
    try {
      plug.plugIn()
    } catch (error) {
      await plug.close()
      throw error
    }
    return plug
  }

  /** Whether a program has it open, as far as is known: the end of one shows when something is written. */
  get hasClient(): boolean {
    return this.#fd !== undefined
  }

  /** All of the bytes, at most 4096, or none. */
  write(bytes: Uint8Array): void {
    if (this.#fd === undefined) return
    try {
      writeSync(this.#fd, bytes)
    } catch (error) {
      // EAGAIN: it is full. EPIPE: nobody has it open any more.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') this.#leave()
    }
  }

  /** Whoever has it open reads its end. */
  pull(): void {
    this.#isPlugged = false
    this.#leave()
    rmSync(this.path, { force: true })
  }

  plugIn(): void {
    if (this.#isPlugged || !this.#isOpen) return
    this.#make()
    this.#isPlugged = true
  }

  /** Safe to call twice. */
  async close(): Promise<void> {
    this.#isOpen = false
    this.#isPlugged = false
    clearInterval(this.#looks)
    if (this.#fd !== undefined) closeSync(this.#fd)
    this.#fd = undefined
    await rm(this.#folder, { recursive: true, force: true })
  }

  /** The writing end can be opened only when somebody reads. */
  #look(): void {
    if (!this.#isPlugged || this.#fd !== undefined) return
    try {
      this.#fd = openSync(this.path, constants.O_WRONLY | constants.O_NONBLOCK)
    } catch {
      return
    }
    this.#events.open()
  }

  #leave(): void {
    if (this.#fd === undefined) return
    closeSync(this.#fd)
    this.#fd = undefined
    this.#events.close()
  }
}
