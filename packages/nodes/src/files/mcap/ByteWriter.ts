/** Writes numbers and texts one behind the other, little-endian. Grows. */
export class ByteWriter {
  #buffer: Buffer
  #length = 0

  constructor(capacity = 256) {
    this.#buffer = Buffer.allocUnsafe(capacity)
  }

  get length(): number {
    return this.#length
  }

  /** What was written; it is not touched any more. The writer begins anew. */
  take(): Buffer {
    const bytes = this.#buffer.subarray(0, this.#length)
    this.#buffer = Buffer.allocUnsafe(Math.max(256, this.#length))
    this.#length = 0
    return bytes
  }

  u8(value: number): void {
    const at = this.#reserve(1)
    this.#buffer[at] = value
  }

  u16(value: number): void {
    const at = this.#reserve(2)
    this.#buffer.writeUInt16LE(value, at)
  }

  u32(value: number): void {
    const at = this.#reserve(4)
    this.#buffer.writeUInt32LE(value, at)
  }

  u64(value: number | bigint): void {
    const at = this.#reserve(8)
    this.#buffer.writeBigUInt64LE(BigInt(value), at)
  }

  bytes(bytes: Uint8Array): void {
    const at = this.#reserve(bytes.length)
    this.#buffer.set(bytes, at)
  }

  /** Length in four bytes, then UTF-8. */
  text(text: string): void {
    const length = Buffer.byteLength(text)
    this.u32(length)
    const at = this.#reserve(length)
    this.#buffer.write(text, at)
  }

  /** Length in bytes, then key and value of each. */
  map(map: Readonly<Record<string, string>>): void {
    const at = this.#reserve(4)
    for (const [key, value] of Object.entries(map)) {
      this.text(key)
      this.text(value)
    }
    this.#buffer.writeUInt32LE(this.#length - at - 4, at)
  }

  /** Opcode and length, then what `content` writes. */
  record(opcode: number, content: () => void): void {
    this.u8(opcode)
    const at = this.#reserve(8)
    content()
    this.#buffer.writeBigUInt64LE(BigInt(this.#length - at - 8), at)
  }

  #reserve(count: number): number {
    const at = this.#length
    this.#length += count
    if (this.#length > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#length, 2 * this.#buffer.length))
      this.#buffer.copy(larger, 0, 0, at)
      this.#buffer = larger
    }
    return at
  }
}
