import type { NdArray } from '@nodeacq/ndarray'
import type { DirectoryReader } from './DirectoryReader.ts'
import type { SharedRingReader } from './SharedRing.ts'

/** The chunks of a shared ring, one after the other: where they are, and their samples. */
export class RingChunks {
  readonly directory: DirectoryReader
  readonly #ring: SharedRingReader

  constructor(directory: DirectoryReader, ring: SharedRingReader) {
    this.directory = directory
    this.#ring = ring
  }

  /** A copy of the chunk that was looked at; undefined when it has been written over, before or meanwhile. */
  copy(): NdArray | undefined {
    const { directory } = this
    const data = this.#ring.copy(directory.position - directory.count, directory.count)
    return directory.isIntact ? data : undefined
  }

  /**
   * The chunk that was looked at, where it lies, or a copy where it does not lie in one piece; undefined when it has been
   * written over. Ask `directory.keeps` after its use.
   */
  view(): NdArray | undefined {
    const { directory } = this
    const data = this.#ring.view(directory.position - directory.count, directory.count)
    if (data === undefined) return this.copy()
    return directory.isIntact ? data : undefined
  }
}
