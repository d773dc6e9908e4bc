import { crc32 } from 'node:zlib'
import { ByteReader } from './ByteReader.ts'
import { combineCrc32 } from './crc32.ts'
import type { FileWindow } from './FileWindow.ts'
import { decodeMark, MARK_LENGTH, MARK_MAGIC, MARK_OPCODE, type Mark } from './mark.ts'
import { readChunkRecords, type ChunkContent } from './readChunkRecords.ts'
import { FOOTER } from './readSummary.ts'
import {
  CHUNK_HEAD,
  MAGIC,
  OPCODE,
  readAttachment,
  readHeader,
  readMetadata,
  readStatistics,
  RECORD_HEAD,
  type Attachment,
  type Metadata,
  type Statistics
} from './records.ts'

/** What a scan of a log comes across, in the order of the file. Memory of messages is valid until the next item. */
export type LogItem =
  | { readonly kind: 'header'; readonly profile: string; readonly library: string }
  | ({ readonly kind: 'metadata' } & Metadata)
  | ({ readonly kind: 'attachment' } & Attachment)
  | ({ readonly kind: 'chunk'; readonly offset: number; readonly mark: Mark | undefined } & ChunkContent)
  | { readonly kind: 'statistics'; readonly statistics: Statistics }
  /** Bytes `[from, to)` cannot be trusted. */
  | { readonly kind: 'damage'; readonly from: number; readonly to: number; readonly reason: string }
  /** Last. `isClosed`: the file has its end; `problems`: what is wrong with the file as a whole. */
  | { readonly kind: 'end'; readonly isClosed: boolean; readonly problems: readonly string[] }

/** A record may have this many bytes. */
const MAX_RECORD = 1 << 30
/** Bytes that are searched for a mark at once. */
const SEARCH = 1 << 20

const isPlausible = (opcode: number): boolean => (opcode >= 0x01 && opcode <= 0x0f) || opcode === MARK_OPCODE

/**
 * Reads a log of nodeacq's profile, or another MCAP file, from front to back, and goes on behind damage where a mark is
 * found. Only what is proven by a checksum comes as a chunk.
 */
export async function* scanLog(file: FileWindow): AsyncGenerator<LogItem> {
  yield* new LogScan(file).items()
}

/**
 * The end of a log alone: what stands behind the first mark from byte `from` on. @returns where that begins, and what it holds
 * as `scanLog` gives it; undefined without a mark there
 */
export async function scanTail(
  file: FileWindow,
  from: number
): Promise<{ readonly start: number; readonly items: AsyncGenerator<LogItem> } | undefined> {
  const scan = new LogScan(file)
  const start = await scan.goBehindMark(from)
  return start === undefined ? undefined : { start, items: scan.items() }
}

class LogScan {
  readonly #file: FileWindow
  readonly #problems: string[] = []
  #position = MAGIC.length
  /** Of all bytes up to the position; undefined behind damage. */
  #crc: number | undefined = crc32(MAGIC)
  /** The chunk whose mark is still to come, and the checksum of the bytes since its beginning. */
  #open: { readonly offset: number; readonly content: ChunkContent; crc: number } | undefined
  #isClosed = false
  /** Bytes that are missing before what is read now; less than 0: more than there were. */
  #shift = 0
  #held: readonly [Buffer, Buffer] = [Buffer.alloc(0), Buffer.alloc(0)]

  constructor(file: FileWindow) {
    this.#file = file
  }

  async goBehindMark(from: number): Promise<number | undefined> {
    const mark = await this.#findMark(from)
    if (mark === undefined) return undefined
    this.#crc = undefined
    this.#position = mark + RECORD_HEAD + MARK_LENGTH
    return this.#position
  }

  async *items(): AsyncGenerator<LogItem> {
    if (!(await this.#file.read(0, MAGIC.length)).equals(MAGIC)) {
      this.#problems.push('it does not begin as an MCAP file')
      this.#crc = undefined
    }
    while (this.#position < this.#file.size && !this.#isClosed) {
      const record = await this.#nextRecord()
      if (typeof record === 'string') yield* this.#resume(record)
      else yield* this.#take(record.opcode, record.content)
    }
    yield* this.#release(undefined)
    if (this.#isClosed) yield* this.#summary()
    else this.#problems.push('not closed: still being recorded, or its recorder died')
    yield { kind: 'end', isClosed: this.#isClosed, problems: this.#problems }
  }

  async #nextRecord(): Promise<{ opcode: number; content: Buffer } | string> {
    const at = this.#position
    const head = await this.#file.read(at, at + RECORD_HEAD)
    if (head.length < RECORD_HEAD) return 'a record is cut'
    const opcode = head[0]!
    const length = Number(head.readBigUInt64LE(1))
    if (!isPlausible(opcode)) return `no record begins with ${opcode}`
    if (length > MAX_RECORD || at + RECORD_HEAD + length > this.#file.size) return 'a record reaches beyond the end'
    const record = await this.#file.read(at, at + RECORD_HEAD + length)
    return { opcode, content: record.subarray(RECORD_HEAD) }
  }

  async *#take(opcode: number, content: Buffer): AsyncGenerator<LogItem> {
    const at = this.#position
    if (opcode === OPCODE.dataEnd) {
      this.#endData(content)
      return
    }
    const found = this.#read(opcode, content)
    if (typeof found === 'string') {
      yield* this.#resume(found)
      return
    }
    const record = await this.#file.read(at, at + RECORD_HEAD + content.length)
    const crc = opcode === OPCODE.chunk ? crcOfChunk(record, found as ChunkContent) : crc32(record)
    if (this.#crc !== undefined) this.#crc = combineCrc32(this.#crc, crc, record.length)
    this.#position += record.length
    if (opcode === OPCODE.chunk) {
      yield* this.#release(undefined)
      this.#open = { offset: at, content: found as ChunkContent, crc }
    } else if (opcode === MARK_OPCODE) yield* this.#close(found as Mark, at)
    else {
      if (this.#open !== undefined) this.#open.crc = combineCrc32(this.#open.crc, crc, record.length)
      if (found !== undefined) yield found as LogItem
    }
  }

  /** A copy that outlives the window, which is used again before the chunk is given out; two chunks may be on their way. */
  #hold(content: Buffer): Buffer {
    const [next, last] = this.#held
    const memory = next.length < content.length ? Buffer.allocUnsafeSlow(content.length) : next
    this.#held = [last, memory]
    content.copy(memory)
    return memory.subarray(0, content.length)
  }

  /** What a record says; a text when it cannot be right. */
  #read(opcode: number, content: Buffer): LogItem | ChunkContent | Mark | string | undefined {
    try {
      switch (opcode) {
        case OPCODE.header:
          return { kind: 'header', ...readHeader(new ByteReader(content)) }
        case OPCODE.metadata:
          return { kind: 'metadata', ...readMetadata(new ByteReader(content)) }
        case OPCODE.attachment: {
          const attachment = readAttachment(content, new ByteReader(content))
          return attachment ? { kind: 'attachment', ...attachment } : 'the checksum of an attachment is wrong'
        }
        case OPCODE.chunk:
          return readChunkRecords(this.#hold(content))
        case MARK_OPCODE:
          return decodeMark(content) ?? 'a mark is damaged'
        default:
          return undefined
      }
    } catch (error) {
      return `a record cannot be read: ${error instanceof Error ? error.message : String(error)}`
    }
  }

  async *#close(mark: Mark, at: number): AsyncGenerator<LogItem> {
    const shift = mark.offset - at
    // One word for all that moved together.
    if (shift !== this.#shift) this.#problems.push(`the mark at ${at} belongs to ${mark.offset}`)
    this.#shift = shift
    if (this.#open !== undefined) {
      const { offset, crc } = this.#open
      if (mark.chunkOffset - shift !== offset || mark.crc !== crc) {
        this.#problems.push(`what stands around the samples of the chunk at ${offset} is damaged`)
      }
    }
    yield* this.#release(mark)
  }

  /** Gives out the chunk that was read; its samples were proven by its own checksum. */
  *#release(mark: Mark | undefined): Generator<LogItem> {
    const open = this.#open
    this.#open = undefined
    if (open !== undefined) yield { kind: 'chunk', offset: open.offset, mark, ...open.content }
  }

  /** Goes on behind the next mark. */
  async *#resume(reason: string): AsyncGenerator<LogItem> {
    yield* this.#release(undefined)
    const from = this.#position
    this.#crc = undefined
    const mark = await this.#findMark(from)
    const to = mark ?? this.#file.size
    this.#problems.push(`bytes ${from} to ${to} are damaged: ${reason}`)
    this.#position = mark === undefined ? this.#file.size : mark + RECORD_HEAD + MARK_LENGTH
    yield { kind: 'damage', from, to, reason }
  }

  /** Place of the next mark that is whole and where it says to be. */
  async #findMark(from: number): Promise<number | undefined> {
    const overlap = MARK_MAGIC.length - 1
    for (let at = from; at < this.#file.size; at += SEARCH) {
      const bytes = Buffer.from(await this.#file.read(at, at + SEARCH + overlap))
      for (let found = bytes.indexOf(MARK_MAGIC); found >= 0; found = bytes.indexOf(MARK_MAGIC, found + 1)) {
        const place = at + found - RECORD_HEAD
        if (place >= from && (await this.#isMark(place))) return place
      }
    }
    return undefined
  }

  async #isMark(place: number): Promise<boolean> {
    const record = await this.#file.read(place, place + RECORD_HEAD + MARK_LENGTH)
    if (record.length < RECORD_HEAD + MARK_LENGTH || record[0] !== MARK_OPCODE) return false
    const mark = decodeMark(record.subarray(RECORD_HEAD))
    if (mark === undefined || mark.offset === place) return mark !== undefined
    // Bytes before it are doubled or gone: then what follows has moved as far.
    const next = await this.#nextMark(place + RECORD_HEAD + MARK_LENGTH)
    if (next === undefined || next === 'end') return next === 'end'
    return next.mark.number === mark.number + 1 && next.mark.offset - next.place === mark.offset - place
  }

  /** The next mark behind whole records; `end` where the data ends. */
  async #nextMark(from: number): Promise<{ mark: Mark; place: number } | 'end' | undefined> {
    for (let at = from; ;) {
      const head = Buffer.from(await this.#file.read(at, at + RECORD_HEAD))
      if (head.length < RECORD_HEAD || !isPlausible(head[0]!)) return undefined
      if (head[0] === OPCODE.dataEnd) return at === from ? 'end' : undefined
      const end = at + RECORD_HEAD + Number(head.readBigUInt64LE(1))
      if (end > this.#file.size) return undefined
      const mark = head[0] === MARK_OPCODE ? decodeMark(await this.#file.read(at + RECORD_HEAD, end)) : undefined
      if (head[0] === MARK_OPCODE) return mark && { mark, place: at }
      at = end
    }
  }

  #endData(content: Buffer): void {
    this.#isClosed = true
    const stored = content.length === 4 ? content.readUInt32LE(0) : undefined
    if (stored === undefined) this.#problems.push('the end of the data is damaged')
    else if (stored !== 0 && this.#crc !== undefined && stored !== this.#crc) {
      this.#problems.push('the checksum of all data is wrong')
    }
    this.#position += RECORD_HEAD + content.length
  }

  async *#summary(): AsyncGenerator<LogItem> {
    const start = this.#position
    const bytes = Buffer.from(await this.#file.read(start, this.#file.size))
    const problem = summaryProblem(bytes, start)
    if (problem !== undefined) {
      this.#problems.push(problem)
      return
    }
    const from = new ByteReader(bytes.subarray(0, -MAGIC.length))
    while (from.rest > 0) {
      const opcode = from.u8()
      const content = new ByteReader(from.bytes(from.size()))
      if (opcode === OPCODE.statistics) yield { kind: 'statistics', statistics: readStatistics(content) }
    }
  }
}

/** CRC-32 of a chunk's record. That of what it holds is known already, and is not read again. */
function crcOfChunk(record: Buffer, { head, bytes }: ChunkContent): number {
  const isPlain = head.compression === '' && record.length === RECORD_HEAD + CHUNK_HEAD + bytes.length
  if (!isPlain || head.crc === 0) return crc32(record)
  return combineCrc32(crc32(record.subarray(0, RECORD_HEAD + CHUNK_HEAD)), head.crc, bytes.length)
}

/** Why what stands behind the data cannot be right; undefined when it is. */
function summaryProblem(bytes: Buffer, start: number): string | undefined {
  if (bytes.length < FOOTER + MAGIC.length) return 'the summary is cut'
  if (!bytes.subarray(-MAGIC.length).equals(MAGIC)) return 'it does not end as an MCAP file'
  const footer = bytes.subarray(-FOOTER - MAGIC.length, -MAGIC.length)
  if (footer[0] !== OPCODE.footer || footer.readBigUInt64LE(1) !== 20n) return 'the footer is damaged'
  const summaryStart = Number(footer.readBigUInt64LE(9))
  if (summaryStart !== 0 && summaryStart !== start) return 'the summary does not begin where the footer says'
  const stored = footer.readUInt32LE(25)
  if (stored !== 0 && crc32(bytes.subarray(0, -MAGIC.length - 4)) !== stored)
    return 'the checksum of the summary is wrong'
  return undefined
}
