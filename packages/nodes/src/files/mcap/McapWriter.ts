import { crc32 } from 'node:zlib'
import { ByteWriter } from './ByteWriter.ts'
import { combineCrc32 } from './crc32.ts'
import { encodeSummary, type Place } from './encodeSummary.ts'
import { encodeMark } from './mark.ts'
import { OpenChunk, type SampleBlock } from './OpenChunk.ts'
import {
  encodeChunkHead,
  MAGIC,
  OPCODE,
  writeAttachment,
  writeChannel,
  writeChunkIndex,
  writeHeader,
  writeMessageIndex,
  writeMetadata,
  writeSchema,
  type Attachment,
  type Channel,
  type ChunkIndex,
  type Metadata,
  type Schema
} from './records.ts'

/** Where a file goes. */
export interface LogSink {
  /** Adds bytes at the end: all of them, or it throws and the file is as before. */
  append(pieces: readonly Uint8Array[]): Promise<void>
}

export interface McapBeginning {
  readonly profile: string
  readonly library: string
  readonly metadata: readonly Metadata[]
  readonly attachments: readonly Attachment[]
}

export interface MessageTimes {
  /** When the recorder had it, ns since 1970 UTC. */
  readonly logTime: bigint
  /** Of what it tells, ns since 1970 UTC; default the log time. */
  readonly publishTime?: bigint
}

/** ns after which schemas and channels are written once more, so that damage at the front orphans nothing. */
const REPEAT_AFTER = 60_000_000_000n

/** What was told of the file before a chunk was begun. */
interface Account {
  readonly counts: ReadonlyMap<number, number>
  readonly times: { readonly start: bigint; readonly end: bigint }
  readonly described: bigint
}

interface Sealed {
  readonly before: Account
  readonly buffers: readonly Uint8Array[]
  readonly length: number
  readonly crc: number
  readonly index: ChunkIndex
}

/** Bytes at which a chunk is full, however much waits for the disk: who reads takes one into memory at a time. */
const CHUNK_BYTES = 1 << 20
/** Bytes of chunks that are written at once. */
const WRITE_BYTES = 8 << 20
/** Bytes in which the index of the chunks is kept, as it will stand in the file. */
const SLAB_BYTES = 1 << 20

/**
 * Writes an MCAP file by nodeacq's profile: a mark behind each chunk, checksums of everything. Messages gather in a chunk,
 * which `flush` writes in one piece. What was not flushed is not in the file; a flush that failed can be tried again.
 */
export class McapWriter {
  readonly #sink: LogSink
  readonly #schemas: Schema[] = []
  readonly #channels: Channel[] = []
  #counts = new Map<number, number>()
  #chunkCount = 0
  /** Index of the chunks, as bytes: there are a million in a day. */
  readonly #slabs: Buffer[] = []
  #slab = new ByteWriter(4096)
  readonly #attachments: { readonly attachment: Attachment; readonly place: Place }[] = []
  readonly #metadata: { readonly name: string; readonly place: Place }[] = []
  #chunk = new OpenChunk()
  /** Chunks that are full, and not in the file yet. */
  readonly #sealed: Sealed[] = []
  #sealedBytes = 0
  #durable = 0
  #offset = 0
  #crc = 0
  #described = -REPEAT_AFTER as bigint
  #times = { start: 0n, end: 0n }
  /** As it was when the open chunk was begun. */
  #before: Account = { counts: new Map(), times: this.#times, described: this.#described }

  constructor(sink: LogSink) {
    this.#sink = sink
  }

  /** Bytes in the file. */
  get length(): number {
    return this.#offset
  }

  /** Bytes that wait for `flush`. */
  get openBytes(): number {
    return this.#sealedBytes + this.#chunk.size
  }

  get channels(): readonly Channel[] {
    return this.#channels
  }

  /** Writes what stands before the first chunk. Call it first, and once. */
  async begin({ profile, library, metadata, attachments }: McapBeginning): Promise<void> {
    const to = new ByteWriter(1024)
    to.bytes(MAGIC)
    writeHeader(to, { profile, library })
    for (const each of metadata) {
      const place = this.#placed(to, () => writeMetadata(to, each))
      this.#metadata.push({ name: each.name, place })
    }
    for (const attachment of attachments) {
      const place = this.#placed(to, () => writeAttachment(to, attachment))
      this.#attachments.push({ attachment, place })
    }
    await this.#append([to.take()])
  }

  /** @returns its id */
  addSchema(name: string, encoding: string, data: Buffer): number {
    const schema = { id: this.#schemas.length + 1, name, encoding, data }
    this.#schemas.push(schema)
    const to = new ByteWriter()
    writeSchema(to, schema)
    if (this.#isDescribed) this.#chunk.addRecords(to.take())
    return schema.id
  }

  /** @returns its id */
  addChannel(channel: Omit<Channel, 'id'>): number {
    const id = this.#channels.length + 1
    this.#channels.push({ id, ...channel })
    const to = new ByteWriter()
    writeChannel(to, { id, ...channel })
    if (this.#isDescribed) this.#chunk.addRecords(to.take())
    return id
  }

  /** What is new has to be told at once; before, all of it is told with the first message. */
  get #isDescribed(): boolean {
    return this.#described > -REPEAT_AFTER
  }

  /** Adds a message to the open chunk, which keeps the data. */
  addMessage(channelId: number, data: Uint8Array, times: MessageTimes): void {
    this.#chunk.addMessage(this.#headOf(channelId, times), data)
    if (this.#chunk.size >= CHUNK_BYTES) this.#seal()
  }

  /** Adds a block of samples to the open chunk, which keeps the data. @returns CRC-32 of the samples */
  addBlock(channelId: number, block: SampleBlock, times: MessageTimes): number {
    const crc = this.#chunk.addBlock(this.#headOf(channelId, times), block)
    if (this.#chunk.size >= CHUNK_BYTES) this.#seal()
    return crc
  }

  /** Writes what was added up to now, also what failed before. @param durable bytes that are known to be on the disk */
  async flush(durable: number): Promise<void> {
    this.#durable = durable
    if (!this.#chunk.isEmpty) this.#seal()
    for (let rest = this.#sealed.length; rest > 0;) {
      let [count, bytes] = [0, 0]
      while (count < rest && (count === 0 || bytes < WRITE_BYTES)) bytes += this.#sealed[count++]!.length
      await this.#sink.append(this.#sealed.slice(0, count).flatMap(({ buffers }) => buffers))
      for (const chunk of this.#sealed.splice(0, count)) this.#noteWritten(chunk)
      rest -= count
    }
  }

  #noteWritten({ index, length, crc }: Sealed): void {
    this.#sealedBytes -= length
    this.#offset += length
    this.#crc = combineCrc32(this.#crc, crc, length)
    this.#chunkCount += 1
    writeChunkIndex(this.#slab, index)
    if (this.#slab.length >= SLAB_BYTES) this.#slabs.push(this.#slab.take())
  }

  /** Forgets what is in no chunk of the file: numbers of messages go on behind the last one that is there. */
  discard(): void {
    const { counts, times, described } = this.#sealed[0]?.before ?? this.#before
    this.#counts = new Map(counts)
    this.#times = { ...times }
    this.#described = described
    this.#sealed.length = 0
    this.#sealedBytes = 0
    this.#chunk = new OpenChunk()
    this.#before = this.#account()
  }

  #account(): Account {
    return { counts: new Map(this.#counts), times: { ...this.#times }, described: this.#described }
  }

  /** Describes what there is in a chunk of its own, so that a file without data has its schemas too. */
  describe(logTime: bigint): void {
    if (this.#chunk.isEmpty) this.#describe(logTime)
  }

  /** Flushes, and writes what stands behind the last chunk. Nothing can be added after it. */
  async end(durable: number): Promise<void> {
    await this.flush(durable)
    const to = new ByteWriter(4096)
    to.record(OPCODE.dataEnd, () => to.u32(this.#crc))
    const dataEnd = to.take()
    const summary = this.#summary(this.#offset + dataEnd.length)
    await this.#append([dataEnd, ...summary, MAGIC])
  }

  #headOf(channelId: number, { logTime, publishTime = logTime }: MessageTimes) {
    if (this.#chunk.isEmpty && logTime - this.#described >= REPEAT_AFTER) this.#describe(logTime)
    const sequence = this.#counts.get(channelId) ?? 0
    this.#counts.set(channelId, sequence + 1)
    if (sequence === 0 && this.#times.start === 0n) this.#times.start = logTime
    if (logTime > this.#times.end) this.#times.end = logTime
    return { channelId, sequence: sequence % 2 ** 32, logTime, publishTime }
  }

  #describe(logTime: bigint): void {
    this.#described = logTime
    const to = new ByteWriter(4096)
    for (const schema of this.#schemas) writeSchema(to, schema)
    for (const channel of this.#channels) writeChannel(to, channel)
    this.#chunk.addRecords(to.take())
  }

  /** Closes the open chunk. What is waiting before it decides where it will stand. */
  #seal(): void {
    const { start, end, size, crc, pieces, index } = this.#chunk
    this.#chunk = new OpenChunk()
    const before = this.#before
    this.#before = this.#account()
    const place = this.#offset + this.#sealedBytes
    const head = encodeChunkHead({ start, end, size, crc })
    const to = new ByteWriter(64 + 32 * pieces.length)
    const indexes = new Map<number, number>()
    const length = head.length + size
    for (const [channel, entries] of index) {
      indexes.set(channel, place + length + to.length)
      writeMessageIndex(to, channel, entries)
    }
    const indexBytes = to.take()
    const offset = place + length + indexBytes.length
    let rangeCrc = combineCrc32(crc32(head), crc, size)
    rangeCrc = crc32(indexBytes, rangeCrc)
    const number = this.#chunkCount + this.#sealed.length
    const durable = this.#durable
    const mark = encodeMark({ number, offset, chunkOffset: place, crc: rangeCrc, logTime: end, durable })
    const whole = length + indexBytes.length + mark.length
    this.#sealedBytes += whole
    this.#sealed.push({
      before,
      buffers: [head, ...pieces, indexBytes, mark],
      length: whole,
      crc: crc32(mark, rangeCrc),
      index: { start, end, offset: place, length, indexes, indexLength: indexBytes.length, size }
    })
  }

  #summary(start: number): Buffer[] {
    this.#slabs.push(this.#slab.take())
    const messages = [...this.#counts.values()].reduce((sum, count) => sum + count, 0)
    const counts = {
      messages,
      schemas: this.#schemas.length,
      channels: this.#channels.length,
      attachments: this.#attachments.length,
      metadata: this.#metadata.length,
      chunks: this.#chunkCount
    }
    const perChannel = new Map([...this.#counts].toSorted(([a], [b]) => a - b))
    return encodeSummary(start, {
      schemas: this.#schemas,
      channels: this.#channels,
      statistics: { ...counts, ...this.#times, perChannel },
      chunkIndex: this.#slabs,
      attachments: this.#attachments,
      metadata: this.#metadata
    })
  }

  #placed(to: ByteWriter, write: () => void): Place {
    const offset = to.length
    write()
    return { offset: this.#offset + offset, length: to.length - offset }
  }

  async #append(buffers: readonly Uint8Array[]): Promise<void> {
    await this.#sink.append(buffers)
    for (const bytes of buffers) {
      this.#crc = crc32(bytes, this.#crc)
      this.#offset += bytes.length
    }
  }
}
