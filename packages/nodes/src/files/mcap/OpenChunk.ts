import { crc32 } from 'node:zlib'
import { combineCrc32 } from './crc32.ts'
import { MESSAGE_HEAD, RECORD_HEAD, writeMessageHead, type MessageHead } from './records.ts'
import { BLOCK_HEAD, writeBlockHead } from './sampleBlock.ts'

/** Below this it is quicker to read data again than to combine checksums. */
const WORTH_COMBINING = 2048

export interface IndexEntry {
  readonly logTime: bigint
  readonly offset: number
}

/** A block of samples as it comes, before it is a message. */
export interface SampleBlock {
  /** Of the first sample. */
  readonly index: number
  readonly count: number
  /** ns of the host's monotonic clock. */
  readonly mono: bigint
  readonly data: Uint8Array
}

/** A chunk that is being filled. It keeps what it is given, and copies none of it. */
export class OpenChunk {
  readonly pieces: Uint8Array[] = []
  readonly index = new Map<number, IndexEntry[]>()
  /** Newest and oldest log time, ns. */
  start = 0n
  end = 0n
  /** Bytes, and their CRC-32. */
  size = 0
  crc = 0

  get isEmpty(): boolean {
    return this.size === 0
  }

  /** Records other than messages. */
  addRecords(bytes: Uint8Array): void {
    this.#add(bytes)
  }

  addMessage(head: MessageHead, data: Uint8Array): void {
    this.#note(head)
    const bytes = Buffer.allocUnsafe(RECORD_HEAD + MESSAGE_HEAD)
    writeMessageHead(bytes, 0, head, data.length)
    this.#add(bytes)
    this.#add(data)
  }

  /** @returns CRC-32 of the samples */
  addBlock(head: MessageHead, { index, count, mono, data }: SampleBlock): number {
    this.#note(head)
    const crc = crc32(data)
    const bytes = Buffer.allocUnsafe(RECORD_HEAD + MESSAGE_HEAD + BLOCK_HEAD)
    writeMessageHead(bytes, 0, head, BLOCK_HEAD + data.length)
    writeBlockHead(bytes, RECORD_HEAD + MESSAGE_HEAD, { index, count, mono, crc, length: data.length })
    this.#add(bytes)
    this.#add(data, crc)
    return crc
  }

  #note({ channelId, logTime }: MessageHead): void {
    if (this.index.size === 0) this.start = logTime
    if (logTime < this.start) this.start = logTime
    if (logTime > this.end) this.end = logTime
    const entries = this.index.get(channelId)
    if (entries === undefined) this.index.set(channelId, [{ logTime, offset: this.size }])
    else entries.push({ logTime, offset: this.size })
  }

  #add(bytes: Uint8Array, known?: number): void {
    this.pieces.push(bytes)
    this.crc =
      bytes.length < WORTH_COMBINING
        ? crc32(bytes, this.crc)
        : combineCrc32(this.crc, known ?? crc32(bytes), bytes.length)
    this.size += bytes.length
  }
}
