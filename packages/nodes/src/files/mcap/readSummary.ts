import { crc32 } from 'node:zlib'
import type { OpenFile } from '../OpenFile.ts'
import { ByteReader } from './ByteReader.ts'
import { MAGIC, OPCODE, readChannel, readMetadata, readStatistics, RECORD_HEAD } from './records.ts'
import type { Channel, Metadata, Statistics } from './records.ts'

/** Opcode, length, and three fields. */
export const FOOTER = RECORD_HEAD + 20
/** Bytes of a summary that is taken into memory; a day of chunks every 100 ms has 100 MB. */
const MAX_SUMMARY = 1 << 30

/** Where the chunks are that hold something of one channel, in the order of the file. */
export interface ChannelChunks {
  /** Of the chunk's record. */
  readonly chunks: number[]
  /** Of the channel's index behind the chunk. */
  readonly indexes: number[]
}

/** What stands behind the data of a closed file. */
export interface Summary {
  readonly channels: ReadonlyMap<number, Channel>
  readonly statistics: Statistics
  /** By the id of the channel. */
  readonly places: ReadonlyMap<number, ChannelChunks>
  readonly metadata: readonly Metadata[]
}

/** Reads the end of a file, by which the rest is found; undefined where it is missing, damaged or not enough. */
export async function readSummary(file: OpenFile): Promise<Summary | undefined> {
  const bytes = await summaryBytes(file)
  if (bytes === undefined) return undefined
  const channels = new Map<number, Channel>()
  const places = new Map<number, ChannelChunks>()
  const metadata: Metadata[] = []
  let statistics: Statistics | undefined
  for (let at = 0; at + RECORD_HEAD <= bytes.length;) {
    const opcode = bytes[at]!
    const from = at + RECORD_HEAD
    at = from + u64(bytes, at + 1)
    const content = () => new ByteReader(bytes.subarray(from, at))
    if (opcode === OPCODE.channel) {
      const channel = readChannel(content())
      channels.set(channel.id, channel)
    } else if (opcode === OPCODE.statistics) statistics = readStatistics(content())
    else if (opcode === OPCODE.chunkIndex) addPlaces(places, bytes, from)
    else if (opcode === OPCODE.metadataIndex)
      metadata.push(await metadataAt(file, u64(bytes, from), u64(bytes, from + 8)))
  }
  return statistics && { channels, statistics, places, metadata }
}

async function summaryBytes(file: OpenFile): Promise<Buffer | undefined> {
  const tail = FOOTER + MAGIC.length
  if (file.size < 2 * MAGIC.length + FOOTER) return undefined
  const end = Buffer.from((await file.read(file.size - tail, tail)).buffer)
  if (!end.subarray(FOOTER).equals(MAGIC) || end[0] !== OPCODE.footer || u64(end, 1) !== FOOTER - RECORD_HEAD)
    return undefined
  const start = u64(end, RECORD_HEAD)
  const length = file.size - tail - start
  if (start === 0 || length < 0 || length > MAX_SUMMARY) return undefined
  const bytes = Buffer.from((await file.read(start, length)).buffer)
  // The checksum ends with the first fields of the footer.
  return crc32(end.subarray(0, FOOTER - 4), crc32(bytes)) === end.readUInt32LE(FOOTER - 4) ? bytes : undefined
}

/** A day has a million of these records: numbers are taken as they lie. */
function addPlaces(places: Map<number, ChannelChunks>, bytes: Buffer, from: number): void {
  const chunk = u64(bytes, from + 16)
  const end = from + 36 + bytes.readUInt32LE(from + 32)
  for (let at = from + 36; at < end; at += 10) {
    const channel = bytes.readUInt16LE(at)
    let found = places.get(channel)
    if (found === undefined) places.set(channel, (found = { chunks: [], indexes: [] }))
    found.chunks.push(chunk)
    found.indexes.push(u64(bytes, at + 2))
  }
}

async function metadataAt(file: OpenFile, offset: number, length: number): Promise<Metadata> {
  const record = Buffer.from((await file.read(offset, length)).buffer)
  return readMetadata(new ByteReader(record.subarray(RECORD_HEAD)))
}

/** Exact to 2^53. */
function u64(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * 2 ** 32
}
