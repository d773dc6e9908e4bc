/** Bytes that are read at once. */
const WINDOW = 4 * 1024 * 1024

/** Where bytes come from; an OpenFile is one. */
export interface ByteSource {
  readonly size: number
  /** Fills all of `target` from `position` on, or throws. */
  readInto(target: Uint8Array, position: number): Promise<void>
}

/** Reads a file from front to back, now and then a bit further on, in few large pieces. */
export class FileWindow {
  readonly #source: ByteSource
  #memory = Buffer.alloc(0)
  /** What of the memory is filled. */
  #buffer = this.#memory
  #from = 0

  constructor(source: ByteSource) {
    this.#source = source
  }

  get size(): number {
    return this.#source.size
  }

  /** Bytes `[from, to)`, fewer where the file ends before. They are valid until the next call. */
  async read(from: number, to: number): Promise<Buffer> {
    const end = Math.min(to, this.size)
    if (from >= end) return Buffer.alloc(0)
    if (from < this.#from || end > this.#from + this.#buffer.length) await this.#fill(from, end)
    return this.#buffer.subarray(from - this.#from, end - this.#from)
  }

  async #fill(from: number, to: number): Promise<void> {
    const length = Math.min(Math.max(to - from, WINDOW), this.size - from)
    // Used again and again: a file of gigabytes makes no garbage.
    if (this.#memory.length < length) this.#memory = Buffer.allocUnsafeSlow(length)
    const buffer = this.#memory.subarray(0, length)
    this.#buffer = buffer.subarray(0, 0)
    await this.#source.readInto(buffer, from)
    this.#buffer = buffer
    this.#from = from
  }
}
