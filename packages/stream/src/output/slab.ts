import { NdArray } from '@nodeacq/ndarray'

/** Bytes of a slab; pieces up to a sixteenth of it share one. */
const SLAB = 1 << 20
const LARGEST_SHARED = SLAB / 16
/** Start of each piece, so that typed arrays can be laid over it. */
const ALIGNMENT = 64

/**
 * Gives out memory for chunks. It is taken in slabs, because one allocation for each small chunk costs more than the
 * copy; a slab is freed when the last of its chunks is neither kept nor on its way.
 */
export class Slabs {
  #slab = new Uint8Array(0)
  #used = 0
  /** Where the piece that `take` gave out begins. */
  offset = 0

  /** The slab that has `byteLength` bytes from `offset` on for the caller. What they are is not defined. */
  take(byteLength: number): Uint8Array {
    if (byteLength > LARGEST_SHARED) {
      this.offset = 0
      return Buffer.allocUnsafeSlow(byteLength)
    }
    if (this.#used + byteLength > this.#slab.length) {
      this.#slab = Buffer.allocUnsafeSlow(SLAB)
      this.#used = 0
    }
    this.offset = this.#used
    this.#used += Math.ceil(byteLength / ALIGNMENT) * ALIGNMENT
    return this.#slab
  }
}

/** Makes the one copy of a chunk that an output keeps and sends. */
export class ChunkCopier {
  readonly #slabs = new Slabs()

  copy(data: NdArray): NdArray {
    const { byteLength, dtype, shape } = data
    if (!data.isContiguous || byteLength > LARGEST_SHARED) return data.copy()
    const slab = this.#slabs.take(byteLength)
    const { offset } = this.#slabs
    slab.set(new Uint8Array(data.buffer, data.byteOffset, byteLength), offset)
    return NdArray.fromBuffer(slab, { dtype, shape, offset })
  }
}
