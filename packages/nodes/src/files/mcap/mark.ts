/**
 * The record behind each chunk of nodeacq's MCAP files, by which reading goes on after damage. Private opcode 0x80.
 *
 *   offset  size  content of the record
 *        0    16  MARK_MAGIC
 *       16     8  number of the mark, from 0, without holes
 *       24     8  place of this record in the file, of its opcode
 *       32     8  place of the chunk that it closes
 *       40     4  CRC-32 of all bytes from that chunk up to this record
 *       44     8  newest log time in the chunk, ns
 *       52     8  bytes of the file that are known to be on the disk
 *       60     4  CRC-32 of the 60 bytes before
 */
import { crc32 } from 'node:zlib'

export const MARK_OPCODE = 0x80
export const MARK_MAGIC = Buffer.from('9d6e6f6465616371a7c35e01d2b84f7f', 'hex')
export const MARK_LENGTH = 64
/** With opcode and length. */
const MARK_RECORD_LENGTH = 9 + MARK_LENGTH

export interface Mark {
  readonly number: number
  readonly offset: number
  readonly chunkOffset: number
  readonly crc: number
  readonly logTime: bigint
  readonly durable: number
}

/** The whole record. */
export function encodeMark({ number, offset, chunkOffset, crc, logTime, durable }: Mark): Buffer {
  const record = Buffer.alloc(MARK_RECORD_LENGTH)
  record[0] = MARK_OPCODE
  record.writeBigUInt64LE(BigInt(MARK_LENGTH), 1)
  const content = record.subarray(9)
  MARK_MAGIC.copy(content)
  content.writeBigUInt64LE(BigInt(number), 16)
  content.writeBigUInt64LE(BigInt(offset), 24)
  content.writeBigUInt64LE(BigInt(chunkOffset), 32)
  content.writeUInt32LE(crc, 40)
  content.writeBigUInt64LE(logTime, 44)
  content.writeBigUInt64LE(BigInt(durable), 52)
  content.writeUInt32LE(crc32(content.subarray(0, 60)), 60)
  return record
}

/** The mark in the content of a record; undefined when it is none, or damaged. */
export function decodeMark(content: Buffer): Mark | undefined {
  if (content.length !== MARK_LENGTH || !MARK_MAGIC.equals(content.subarray(0, 16))) return undefined
  if (crc32(content.subarray(0, 60)) !== content.readUInt32LE(60)) return undefined
  return {
    number: Number(content.readBigUInt64LE(16)),
    offset: Number(content.readBigUInt64LE(24)),
    chunkOffset: Number(content.readBigUInt64LE(32)),
    crc: content.readUInt32LE(40),
    logTime: content.readBigUInt64LE(44),
    durable: Number(content.readBigUInt64LE(52))
  }
}
