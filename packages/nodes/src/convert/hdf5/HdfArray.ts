import type { H5wasm } from '../../files/hdf5/loadH5wasm.ts'

export interface HdfArrayLayout {
  readonly path: string
  /** Of one row. */
  readonly rowShape: readonly number[]
  readonly rowBytes: number
  /** Rows of a chunk. */
  readonly chunkRows: number
}

/** Bytes and chunks that are collected at most before they are written; at least one chunk. */
const BUFFER_BYTES = 1 << 20
const BUFFER_CHUNKS = 16

/**
 * A dataset in an HDF5 file that grows along its first axis. What is appended is collected in the library's own memory, so
 * that it is copied once, and written in whole chunks.
 */
export class HdfArray {
  readonly #module: H5wasm['module']
  readonly #file: bigint
  readonly #layout: HdfArrayLayout
  readonly #bufferRows: number
  /** Address in the library's memory; 0 while nothing is collected. */
  #buffer = 0
  #held = 0
  #written = 0

  constructor(module: H5wasm['module'], file: bigint, layout: HdfArrayLayout) {
    this.#module = module
    this.#file = file
    this.#layout = layout
    const { chunkRows, rowBytes } = layout
    const chunks = Math.floor(BUFFER_BYTES / (chunkRows * rowBytes))
    this.#bufferRows = chunkRows * Math.min(Math.max(1, chunks), BUFFER_CHUNKS)
  }

  get path(): string {
    return this.#layout.path
  }

  /** Appended so far. */
  get rows(): number {
    return this.#written + this.#held
  }

  /** Takes whole rows, C order, this machine's byte order. */
  append(bytes: Uint8Array): void {
    const { rowBytes, chunkRows } = this.#layout
    for (let at = 0; at < bytes.length;) {
      if (this.#buffer === 0) this.#buffer = this.#module._malloc(this.#bufferRows * rowBytes)
      // Up to the end of a chunk also when the last write ended within one.
      const room = this.#bufferRows - (this.#written % chunkRows) - this.#held
      const rows = Math.min(room, (bytes.length - at) / rowBytes)
      const piece = bytes.subarray(at, at + rows * rowBytes)
      this.#module.HEAPU8.set(piece, this.#buffer + this.#held * rowBytes)
      this.#held += rows
      at += rows * rowBytes
      if (rows === room) this.flush()
    }
  }

  /** Writes what is collected. */
  flush(): void {
    if (this.#held === 0) return
    this.#write(this.#written, this.#held, this.#buffer)
    this.#written += this.#held
    this.#held = 0
  }

  /** Replaces a row, or appends it where it is the next one. */
  put(row: number, bytes: Uint8Array): void {
    this.flush()
    const address = this.#module._malloc(bytes.length)
    this.#module.HEAPU8.set(bytes, address)
    this.#write(row, 1, address)
    this.#module._free(address)
    this.#written = Math.max(this.#written, row + 1)
  }

  /** Gives the memory back; what is still collected is lost unless it was flushed. */
  release(): void {
    if (this.#buffer !== 0) this.#module._free(this.#buffer)
    this.#buffer = 0
    this.#held = 0
  }

  #write(row: number, rows: number, address: number): void {
    const { path, rowShape } = this.#layout
    const inner = rowShape.map(BigInt)
    const end = row + rows
    if (end > this.#written) this.#module.resize_dataset(this.#file, path, [BigInt(end), ...inner])
    const [count, start] = [
      [BigInt(rows), ...inner],
      [BigInt(row), ...inner.map(() => 0n)]
    ]
    const steps = count.map(() => 1n)
    this.#module.set_dataset_data(this.#file, path, count, start, steps, BigInt(address))
  }
}
