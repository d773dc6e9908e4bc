import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { SharedMemError } from '../errors.ts'
import { newPath, own, removeOwn } from './ownFiles.ts'
import { isOwnersName, sharedMemoryFolder } from './owner.ts'
import { getSystem } from './system.ts'

/** Bytes that are read at once from a bell; a writer rings once for each sleep of the reader. */
const drained = Buffer.alloc(64)
const ring = Buffer.from([1])

/**
 * The reader's end of a bell: a FIFO that the writer of a ring opens by its path. One byte in it means: look at the
 * ring. Watching it does not keep the process alive.
 */
export class Bell {
  /** Absolute. */
  readonly path: string
  readonly #fd: number
  readonly #watch: { close(): void }
  #isOpen = true

  /** @throws {SharedMemError} where there are no FIFOs, or none can be made. */
  constructor(onRing: () => void) {
    const system = getSystem()
    this.path = newPath()
    if (system === null || system.mkfifo(this.path, 0o600) !== 0) {
      throw new SharedMemError(this.path, 'no FIFO can be made here')
    }
    own(this.path)
    try {
      // Open for writing too: without any writer the FIFO would be readable all the time.
      this.#fd = openSync(this.path, constants.O_RDWR | constants.O_NONBLOCK)
    } catch (error) {
      removeOwn(this.path)
      throw new SharedMemError(this.path, 'the FIFO cannot be opened', error)
    }
    const watch = system.koffi.node.poll(this.#fd, { readable: true }, () => {
      this.#drain()
      onRing()
    })
    watch.unref()
    this.#watch = watch
  }

  #drain(): void {
    if (!this.#isOpen) return
    try {
      readSync(this.#fd, drained)
    } catch {
      // EAGAIN: somebody else has read it. Whoever rang gets what he wanted all the same.
    }
  }

  /** The writer has it open: its name is not needed any more, and what has none is never left behind. */
  hide(): void {
    removeOwn(this.path)
  }

  /** Safe to call twice. */
  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#watch.close()
    closeSync(this.#fd)
    this.hide()
  }
}

/** The writer's end of a bell. */
export class BellPull {
  readonly path: string
  #fd: number | undefined

  /**
   * @param path as the reader has told it; nothing but a FIFO of ours is opened.
   * @throws {SharedMemError} when there is no such bell, or nobody listens to it.
   */
  constructor(path: string) {
    this.path = path
    if (dirname(path) !== sharedMemoryFolder() || !isOwnersName(path)) {
      throw new SharedMemError(path, `expected the path of a bell in ${sharedMemoryFolder()}`)
    }
    try {
      if (!lstatSync(path).isFIFO()) throw new SharedMemError(path, 'expected a FIFO')
      this.#fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW)
    } catch (error) {
      throw error instanceof SharedMemError ? error : new SharedMemError(path, 'no bell can be rung there', error)
    }
    if (fstatSync(this.#fd).isFIFO()) return
    this.close()
    throw new SharedMemError(path, 'expected a FIFO')
  }

  ring(): void {
    if (this.#fd === undefined) return
    try {
      writeSync(this.#fd, ring)
    } catch (error) {
      // EAGAIN: it is full of rings that were not heard yet. EPIPE: the reader is gone.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') this.close()
    }
  }

  /** Safe to call twice. */
  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd)
    this.#fd = undefined
  }
}
