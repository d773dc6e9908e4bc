import { NdArray } from '@nodeacq/ndarray'

/** Bytes of a slab; chunks up to a sixteenth of it share one. */
const SLAB = 1 << 20
const LARGEST_SHARED = SLAB / 16
/** Start of each chunk, so that typed arrays can be laid over it. */
const ALIGNMENT = 64

/**
 * Makes the one copy of a chunk that an output keeps and sends. Memory is taken in slabs, because one allocation for
 * each small chunk costs more than the copy; a slab is freed when the last of its chunks is neither kept nor on its way.
 */
export class ChunkCopier {
  #slab = Buffer.alloc(0)
  #used = 0

  copy(data: NdArray): NdArray {
    const { byteLength, dtype, shape } = data
    if (!data.isContiguous || byteLength > LARGEST_SHARED) return data.copy()
    if (this.#used + byteLength > this.#slab.length) {
      this.#slab = Buffer.allocUnsafeSlow(SLAB)
      this.#used = 0
    }
    const offset = this.#used
    this.#used += Math.ceil(byteLength / ALIGNMENT) * ALIGNMENT
    this.#slab.set(new Uint8Array(data.buffer, data.byteOffset, byteLength), offset)
    return NdArray.fromBuffer(this.#slab, { dtype, shape, offset })
  }
}
