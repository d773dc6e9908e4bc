/**
 * Records of MCAP (https://mcap.dev/spec): an opcode, the length of the content in eight bytes, the content. Both ends.
 * Numbers are little-endian; a text is its length in four bytes and UTF-8; a map its length in bytes, then key and value of
 * each; a time is ns since 1970 UTC.
 */
import { crc32 } from 'node:zlib'
import type { ByteReader } from './ByteReader.ts'
import { ByteWriter } from './ByteWriter.ts'

export const MAGIC = Buffer.from('894d434150300d0a', 'hex')

export const OPCODE = {
  header: 0x01,
  footer: 0x02,
  schema: 0x03,
  channel: 0x04,
  message: 0x05,
  chunk: 0x06,
  messageIndex: 0x07,
  chunkIndex: 0x08,
  attachment: 0x09,
  attachmentIndex: 0x0a,
  statistics: 0x0b,
  metadata: 0x0c,
  metadataIndex: 0x0d,
  summaryOffset: 0x0e,
  dataEnd: 0x0f
} as const

/** Opcode and length. */
export const RECORD_HEAD = 9
/** Channel, sequence, log time and publish time. */
export const MESSAGE_HEAD = 22
/** Of the content of an uncompressed chunk, before its records. */
export const CHUNK_HEAD = 40

export interface Schema {
  readonly id: number
  readonly name: string
  readonly encoding: string
  readonly data: Buffer
}

export interface Channel {
  readonly id: number
  readonly schemaId: number
  readonly topic: string
  readonly encoding: string
  readonly metadata: Readonly<Record<string, string>>
}

export interface MessageHead {
  readonly channelId: number
  readonly sequence: number
  readonly logTime: bigint
  readonly publishTime: bigint
}

export interface Attachment {
  readonly name: string
  readonly mediaType: string
  readonly logTime: bigint
  readonly data: Buffer
}

export interface Metadata {
  readonly name: string
  readonly metadata: Readonly<Record<string, string>>
}

export interface ChunkHead {
  readonly start: bigint
  readonly end: bigint
  readonly size: number
  readonly crc: number
  readonly compression: string
}

export interface ChunkIndex {
  readonly start: bigint
  readonly end: bigint
  readonly offset: number
  readonly length: number
  /** Place of the index of each channel. */
  readonly indexes: ReadonlyMap<number, number>
  readonly indexLength: number
  readonly size: number
}

export interface Statistics {
  readonly messages: number
  readonly schemas: number
  readonly channels: number
  readonly attachments: number
  readonly metadata: number
  readonly chunks: number
  readonly start: bigint
  readonly end: bigint
  readonly perChannel: ReadonlyMap<number, number>
}

export function writeHeader(to: ByteWriter, { profile, library }: { profile: string; library: string }): void {
  to.record(OPCODE.header, () => {
    to.text(profile)
    to.text(library)
  })
}

export function readHeader(from: ByteReader): { profile: string; library: string } {
  return { profile: from.text(), library: from.text() }
}

export function writeSchema(to: ByteWriter, { id, name, encoding, data }: Schema): void {
  to.record(OPCODE.schema, () => {
    to.u16(id)
    to.text(name)
    to.text(encoding)
    to.u32(data.length)
    to.bytes(data)
  })
}

export function readSchema(from: ByteReader): Schema {
  return { id: from.u16(), name: from.text(), encoding: from.text(), data: from.bytes(from.u32()) }
}

export function writeChannel(to: ByteWriter, { id, schemaId, topic, encoding, metadata }: Channel): void {
  to.record(OPCODE.channel, () => {
    to.u16(id)
    to.u16(schemaId)
    to.text(topic)
    to.text(encoding)
    to.map(metadata)
  })
}

export function readChannel(from: ByteReader): Channel {
  return { id: from.u16(), schemaId: from.u16(), topic: from.text(), encoding: from.text(), metadata: from.map() }
}

/** Head of a message record: 31 bytes, behind which `length` bytes of data belong. */
export function writeMessageHead(target: Buffer, at: number, head: MessageHead, length: number): void {
  target[at] = OPCODE.message
  target.writeBigUInt64LE(BigInt(MESSAGE_HEAD + length), at + 1)
  target.writeUInt16LE(head.channelId, at + 9)
  target.writeUInt32LE(head.sequence, at + 11)
  target.writeBigUInt64LE(head.logTime, at + 15)
  target.writeBigUInt64LE(head.publishTime, at + 23)
}

export function readMessage(from: ByteReader): MessageHead & { readonly data: Buffer } {
  return {
    channelId: from.u16(),
    sequence: from.u32(),
    logTime: from.u64(),
    publishTime: from.u64(),
    data: from.bytes(from.rest)
  }
}

/** Opcode, length and head of an uncompressed chunk, behind which its records belong. */
export function encodeChunkHead({ start, end, size, crc }: Omit<ChunkHead, 'compression'>): Buffer {
  const head = Buffer.alloc(RECORD_HEAD + CHUNK_HEAD)
  head[0] = OPCODE.chunk
  head.writeBigUInt64LE(BigInt(CHUNK_HEAD + size), 1)
  head.writeBigUInt64LE(start, 9)
  head.writeBigUInt64LE(end, 17)
  head.writeBigUInt64LE(BigInt(size), 25)
  head.writeUInt32LE(crc, 33)
  head.writeBigUInt64LE(BigInt(size), 41)
  return head
}

export function readChunk(from: ByteReader): ChunkHead & { readonly records: Buffer } {
  const head = { start: from.u64(), end: from.u64(), size: from.size(), crc: from.u32(), compression: from.text() }
  return { ...head, records: from.bytes(from.size()) }
}

export function writeMessageIndex(
  to: ByteWriter,
  channelId: number,
  entries: readonly { readonly logTime: bigint; readonly offset: number }[]
): void {
  to.record(OPCODE.messageIndex, () => {
    to.u16(channelId)
    to.u32(16 * entries.length)
    for (const { logTime, offset } of entries) {
      to.u64(logTime)
      to.u64(offset)
    }
  })
}

export function writeChunkIndex(to: ByteWriter, index: ChunkIndex): void {
  to.record(OPCODE.chunkIndex, () => {
    to.u64(index.start)
    to.u64(index.end)
    to.u64(index.offset)
    to.u64(index.length)
    to.u32(10 * index.indexes.size)
    for (const [channel, offset] of index.indexes) {
      to.u16(channel)
      to.u64(offset)
    }
    to.u64(index.indexLength)
    to.text('')
    to.u64(index.size)
    to.u64(index.size)
  })
}

/** The whole record, its own CRC-32 included. */
export function writeAttachment(to: ByteWriter, { name, mediaType, logTime, data }: Attachment): void {
  to.record(OPCODE.attachment, () => {
    const content = new ByteWriter(64 + data.length)
    content.u64(logTime)
    content.u64(logTime)
    content.text(name)
    content.text(mediaType)
    content.u64(data.length)
    content.bytes(data)
    const bytes = content.take()
    to.bytes(bytes)
    to.u32(crc32(bytes))
  })
}

/** @returns undefined when its checksum is wrong */
export function readAttachment(content: Buffer, from: ByteReader): Attachment | undefined {
  const logTime = from.u64()
  from.u64()
  const attachment = { logTime, name: from.text(), mediaType: from.text(), data: from.bytes(from.size()) }
  const crc = crc32(content.subarray(0, from.position))
  const stored = from.u32()
  return stored === 0 || stored === crc ? attachment : undefined
}

export function writeAttachmentIndex(
  to: ByteWriter,
  { name, mediaType, logTime, data }: Attachment,
  place: { readonly offset: number; readonly length: number }
): void {
  to.record(OPCODE.attachmentIndex, () => {
    to.u64(place.offset)
    to.u64(place.length)
    to.u64(logTime)
    to.u64(logTime)
    to.u64(data.length)
    to.text(name)
    to.text(mediaType)
  })
}

export function writeMetadata(to: ByteWriter, { name, metadata }: Metadata): void {
  to.record(OPCODE.metadata, () => {
    to.text(name)
    to.map(metadata)
  })
}

export function readMetadata(from: ByteReader): Metadata {
  return { name: from.text(), metadata: from.map() }
}

export function writeMetadataIndex(
  to: ByteWriter,
  name: string,
  { offset, length }: { readonly offset: number; readonly length: number }
): void {
  to.record(OPCODE.metadataIndex, () => {
    to.u64(offset)
    to.u64(length)
    to.text(name)
  })
}

export function writeStatistics(to: ByteWriter, statistics: Statistics): void {
  to.record(OPCODE.statistics, () => {
    to.u64(statistics.messages)
    to.u16(statistics.schemas)
    to.u32(statistics.channels)
    to.u32(statistics.attachments)
    to.u32(statistics.metadata)
    to.u32(statistics.chunks)
    to.u64(statistics.start)
    to.u64(statistics.end)
    to.u32(10 * statistics.perChannel.size)
    for (const [channel, count] of statistics.perChannel) {
      to.u16(channel)
      to.u64(count)
    }
  })
}

export function readStatistics(from: ByteReader): Statistics {
  const counts = {
    messages: from.size(),
    schemas: from.u16(),
    channels: from.u32(),
    attachments: from.u32(),
    metadata: from.u32(),
    chunks: from.u32(),
    start: from.u64(),
    end: from.u64()
  }
  const perChannel = new Map<number, number>()
  for (let rest = from.u32(); rest >= 10; rest -= 10) perChannel.set(from.u16(), from.size())
  return { ...counts, perChannel }
}

export function writeSummaryOffset(
  to: ByteWriter,
  group: { readonly opcode: number; readonly start: number; readonly length: number }
): void {
  to.record(OPCODE.summaryOffset, () => {
    to.u8(group.opcode)
    to.u64(group.start)
    to.u64(group.length)
  })
}
