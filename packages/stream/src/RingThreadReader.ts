import type { NdArray } from '@nodeacq/ndarray'
import { OverrunError } from './errors.ts'
import { RingLayout } from './ringLayout.ts'
import { lentControlFile } from './shm/controlFile.ts'
import { DirectoryReader } from './transfer/DirectoryReader.ts'
import { RingChunks } from './transfer/RingChunks.ts'
import type { RingHandle } from './transfer/RingChunks.ts'
import { SharedRingReader } from './transfer/SharedRing.ts'

/** A chunk as another thread reads it. */
export interface RingChunk {
  /** Counts the chunks of the output over all runs: where it jumps, chunks were written over. */
  readonly number: number
  readonly run: number
  /** Absolute index of its last sample, plus one. */
  readonly index: number
  /** Shape `(samples, …)` */
  readonly data: NdArray
}

/** ms between looks at the ring while waiting. */
const LOOK_EVERY = 1

/**
 * Reads the shared ring of an input in a worker, from the newest chunk on, while the input is open. Nobody waits for it,
 * and it keeps no account: what it was too slow for shows in the numbers of the chunks.
 *
 * ```ts
 * worker.postMessage(input.ring)                       // in the thread of the input
 * const reader = new RingThreadReader(handle)          // in the worker
 * for (;;) { const chunk = reader.take(1000); … }
 * ```
 */
export class RingThreadReader {
  readonly #chunks: RingChunks
  readonly #clock = new Int32Array(new SharedArrayBuffer(4))
  #next: number

  /** @throws {SharedMemError} when the handle is of no ring, or its input is closed. */
  constructor({ samples, control, shape, dtype, double, axisOrder }: RingHandle) {
    const layout = new RingLayout(shape, dtype, { double, axisOrder })
    const directory = new DirectoryReader(lentControlFile(control, layout.size), layout.bytesOf(1))
    this.#chunks = new RingChunks(directory, new SharedRingReader(samples, layout))
    this.#next = directory.published()
  }

  /** Number of the next chunk; may be set back to one that is still there. */
  get next(): number {
    return this.#next
  }

  set next(number: number) {
    this.#next = Math.max(number, this.#chunks.directory.oldest(0))
  }

  /**
   * A copy of the next chunk that is there still. Undefined when none comes within `timeout` ms (default 0), for which this
   * thread is blocked: not for the main one.
   * @throws {SharedMemError} when the input has been closed.
   */
  take(timeout = 0): RingChunk | undefined {
    const deadline = performance.now() + timeout
    for (;;) {
      const chunk = this.#read((chunks) => chunks.copy())
      if (chunk !== undefined || performance.now() >= deadline) return chunk
      Atomics.wait(this.#clock, 0, 0, LOOK_EVERY)
    }
  }

  /**
   * Lets `use` have the next chunk where it lies, to be read until `use` returns, and returns what it returns; undefined
   * when there is none.
   * @throws {OverrunError} when it was written over meanwhile: what `use` made of it is worth nothing.
   */
  withNext<T>(use: (chunk: RingChunk) => T): T | undefined {
    const chunk = this.#read((chunks) => chunks.view())
    if (chunk === undefined) return undefined
    const { directory } = this.#chunks
    const { position, count } = directory
    const result = use(chunk)
    if (this.#chunks.isInPlace && !directory.keeps(position - count))
      throw new OverrunError(chunk.index - count, chunk.index, true)
    return result
  }

  #read(dataOf: (chunks: RingChunks) => NdArray | undefined): RingChunk | undefined {
    const { directory } = this.#chunks
    while (this.#next < directory.published()) {
      if (!directory.look(this.#next) || !directory.isIntact) {
        this.#next = directory.oldest(this.#next)
        continue
      }
      const { number, run, index } = directory
      const data = dataOf(this.#chunks)
      this.#next += 1
      if (data !== undefined) return { number, run, index, data }
    }
    return undefined
  }
}
