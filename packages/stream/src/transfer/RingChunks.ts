import type { NdArray, WireDType } from '@nodeacq/ndarray'
import type { DirectoryReader } from './DirectoryReader.ts'
import type { SharedRingReader } from './SharedRing.ts'

/** A shared ring as `postMessage` takes it to a worker of this process; nothing is copied. */
export interface RingHandle {
  readonly samples: SharedArrayBuffer
  readonly control: SharedArrayBuffer
  /** `(samples in the ring, …)` */
  readonly shape: readonly number[]
  readonly dtype: WireDType
  readonly double: boolean
  readonly axisOrder: readonly number[] | null
}

/** The chunks of a shared ring, one after the other: where they are, and their samples. */
export class RingChunks {
  readonly directory: DirectoryReader
  /** Whether the latest view shows the ring itself. */
  isInPlace = false
  readonly #ring: SharedRingReader

  constructor(directory: DirectoryReader, ring: SharedRingReader) {
    this.directory = directory
    this.#ring = ring
  }

  /** What another thread needs to read the same ring; undefined where memory cannot be given to one. */
  get handle(): RingHandle | undefined {
    const { shape, dtype, double, axisOrder, buffer } = this.#ring
    if (buffer === undefined) return undefined
    return { samples: buffer, control: this.directory.buffer, shape, dtype: dtype.toWire(), double, axisOrder }
  }

  /** A copy of the chunk that was looked at; undefined when it has been written over, before or meanwhile. */
  copy(): NdArray | undefined {
    const { directory } = this
    const { position, count } = directory
    this.isInPlace = false
    if (directory.isInRing) {
      const data = this.#ring.copy(position - count, count)
      if (directory.isInRing) return data
    }
    const bytes = directory.kept
    const data = bytes && this.#ring.copyOf(bytes, count)
    return directory.kept === undefined ? undefined : data
  }

  /**
   * The chunk that was looked at, where it lies, or a copy where it does not lie in one piece; undefined when it has been
   * written over. Where it is in place, ask `directory.keeps` after its use.
   */
  view(): NdArray | undefined {
    const { directory } = this
    const { position, count } = directory
    const data = directory.isInRing ? this.#ring.view(position - count, count) : undefined
    if (data === undefined) return this.copy()
    this.isInPlace = true
    return data
  }
}
