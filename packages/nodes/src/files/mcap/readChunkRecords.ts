import { crc32, zstdDecompressSync } from 'node:zlib'
import { ByteReader } from './ByteReader.ts'
import { MESSAGE_HEAD, OPCODE, readChannel, readChunk, readMessage, readSchema } from './records.ts'
import type { Channel, ChunkHead, MessageHead, Schema } from './records.ts'

export interface StoredMessage extends MessageHead {
  /** A part of the chunk's memory. */
  readonly data: Buffer
  /** Place of the data in the unpacked records of the chunk. */
  readonly at: number
}

export interface ChunkContent {
  readonly head: ChunkHead
  /** Its records, unpacked. */
  readonly bytes: Buffer
  readonly schemas: readonly Schema[]
  readonly channels: readonly Channel[]
  readonly messages: readonly StoredMessage[]
}

/** Bytes that a chunk may have when it is unpacked. */
const MAX_UNPACKED = 1 << 30

/** What a chunk holds; a text says why it cannot be taken. @param content of the record; its memory is kept */
export function readChunkRecords(content: Buffer): ChunkContent | string {
  try {
    const { records, ...head } = readChunk(new ByteReader(content))
    const bytes = unpack(records, head)
    if (typeof bytes === 'string') return bytes
    if (bytes.length !== head.size) return `${bytes.length} bytes in a chunk of ${head.size}`
    if (head.crc !== 0 && crc32(bytes) !== head.crc) return 'the checksum of a chunk is wrong'
    return { head, bytes, ...readRecords(bytes) }
  } catch (error) {
    return `a chunk cannot be read: ${error instanceof Error ? error.message : String(error)}`
  }
}

function unpack(records: Buffer, { compression, size }: ChunkHead): Buffer | string {
  if (compression === '') return records
  if (compression !== 'zstd') return `chunks packed with '${compression}' cannot be read`
  if (size > MAX_UNPACKED) return `a chunk of ${size} bytes`
  return zstdDecompressSync(records, { maxOutputLength: size })
}

function readRecords(bytes: Buffer): Omit<ChunkContent, 'head' | 'bytes'> {
  const schemas: Schema[] = []
  const channels: Channel[] = []
  const messages: StoredMessage[] = []
  const from = new ByteReader(bytes)
  while (from.rest > 0) {
    const opcode = from.u8()
    const length = from.size()
    const at = from.position + MESSAGE_HEAD
    const content = new ByteReader(from.bytes(length))
    if (opcode === OPCODE.schema) schemas.push(readSchema(content))
    else if (opcode === OPCODE.channel) channels.push(readChannel(content))
    else if (opcode === OPCODE.message) messages.push({ ...readMessage(content), at })
  }
  return { schemas, channels, messages }
}
