/** What was read reaches beyond the end, or is no text. */
class TruncatedError extends Error {
  override readonly name = 'TruncatedError'
}

/** Reads numbers and texts one behind the other, little-endian, never beyond its bytes. */
export class ByteReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get position(): number {
    return this.#at
  }

  get rest(): number {
    return this.#bytes.length - this.#at
  }

  u8(): number {
    return this.#bytes.readUInt8(this.#skip(1))
  }

  u16(): number {
    return this.#bytes.readUInt16LE(this.#skip(2))
  }

  u32(): number {
    return this.#bytes.readUInt32LE(this.#skip(4))
  }

  u64(): bigint {
    return this.#bytes.readBigUInt64LE(this.#skip(8))
  }

  /** A size or a place in a file; beyond 2^53 it is as good as beyond the end. */
  size(): number {
    return Number(this.u64())
  }

  bytes(count: number): Buffer {
    const at = this.#skip(count)
    return this.#bytes.subarray(at, at + count)
  }

  text(): string {
    return this.bytes(this.u32()).toString('utf8')
  }

  map(): Record<string, string> {
    const content = new ByteReader(this.bytes(this.u32()))
    const map: Record<string, string> = Object.create(null) as Record<string, string>
    while (content.rest > 0) {
      const key = content.text()
      map[key] = content.text()
    }
    return { ...map }
  }

  #skip(count: number): number {
    const at = this.#at
    if (!(count <= this.rest)) throw new TruncatedError(`expected ${count} bytes, got ${this.rest}`)
    this.#at += count
    return at
  }
}
