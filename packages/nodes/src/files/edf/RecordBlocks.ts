import type { OpenFile } from '../OpenFile.ts'

/** Some whole records in memory. */
export interface RecordBlock {
  readonly first: number
  readonly count: number
  /** Starts with record `first`. */
  readonly bytes: Uint8Array<ArrayBuffer>
}

const BLOCK_BYTES = 1024 * 1024

/** Reads records in blocks of about 1 MiB (at least one record) and keeps the last block, so that small steps are cheap. */
export class RecordBlocks {
  readonly #file: OpenFile
  readonly #layout: { readonly headerBytes: number; readonly recordBytes: number; readonly recordCount: number }
  readonly #recordsPerBlock: number
  #last: { first: number; block: Promise<RecordBlock> } | undefined

  constructor(file: OpenFile, layout: { headerBytes: number; recordBytes: number; recordCount: number }) {
    this.#file = file
    this.#layout = layout
    this.#recordsPerBlock = Math.max(1, Math.floor(BLOCK_BYTES / layout.recordBytes))
  }

  /** The block that holds `record`. Concurrent calls for one block share its read. */
  at(record: number): Promise<RecordBlock> {
    const first = record - (record % this.#recordsPerBlock)
    if (this.#last?.first !== first) this.#last = { first, block: this.#read(first) }
    return this.#last.block
  }

  async #read(first: number): Promise<RecordBlock> {
    const { headerBytes, recordBytes, recordCount } = this.#layout
    const count = Math.min(this.#recordsPerBlock, recordCount - first)
    const bytes = await this.#file.read(headerBytes + first * recordBytes, count * recordBytes)
    return { first, count, bytes }
  }
}
