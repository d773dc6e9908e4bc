/**
 * Cuts a stream of bytes into blocks of one size.
 *
 * ```
 *   pieces of a pipe   |----|---------|--|------…
 *   blocks             |------|------|------|…
 * ```
 * Each byte is copied once, from the piece into the memory of its block, which is given away with the block.
 */
export class BlockAssembler {
  readonly #byteLength: number
  #block: Uint8Array | undefined
  #filled = 0

  /** @param byteLength size of a block, bytes */
  constructor(byteLength: number) {
    this.#byteLength = byteLength
  }

  /** Takes a piece and gives every block that it completes. The piece may be used again when the iterator has ended. */
  *push(piece: Uint8Array): Generator<Uint8Array> {
    for (let at = 0; at < piece.length;) {
      this.#block ??= Buffer.allocUnsafeSlow(this.#byteLength)
      const count = Math.min(piece.length - at, this.#byteLength - this.#filled)
      this.#block.set(piece.subarray(at, at + count), this.#filled)
      at += count
      this.#filled += count
      if (this.#filled < this.#byteLength) return
      const full = this.#block
      this.#block = undefined
      this.#filled = 0
      yield full
    }
  }

  /** Gives the begun block as far as it holds whole items of `itemSize` bytes, and forgets it; undefined when it holds none. */
  flush(itemSize: number): Uint8Array | undefined {
    const whole = this.#filled - (this.#filled % itemSize)
    const rest = this.#block?.subarray(0, whole)
    this.#block = undefined
    this.#filled = 0
    return whole === 0 ? undefined : rest
  }
}
