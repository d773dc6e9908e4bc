import { crc32 } from 'node:zlib'
import { ByteWriter } from './ByteWriter.ts'
import {
  OPCODE,
  writeAttachmentIndex,
  writeChannel,
  writeMetadataIndex,
  writeSchema,
  writeStatistics,
  writeSummaryOffset,
  type Attachment,
  type Channel,
  type Schema,
  type Statistics
} from './records.ts'

/** Of a record. */
export interface Place {
  readonly offset: number
  readonly length: number
}

export interface SummaryContent {
  readonly schemas: readonly Schema[]
  readonly channels: readonly Channel[]
  readonly statistics: Statistics
  /** Records of all chunks. */
  readonly chunkIndex: readonly Buffer[]
  readonly attachments: readonly { readonly attachment: Attachment; readonly place: Place }[]
  readonly metadata: readonly { readonly name: string; readonly place: Place }[]
}

/** What stands behind the data of a file but the magic, in pieces. @param start its place in the file */
export function encodeSummary(start: number, content: SummaryContent): Buffer[] {
  const pieces: Buffer[] = []
  const groups: { opcode: number; start: number; length: number }[] = []
  let at = start
  const group = (opcode: number, bytes: readonly Buffer[]): void => {
    const length = bytes.reduce((sum, piece) => sum + piece.length, 0)
    if (length > 0) groups.push({ opcode, start: at, length })
    pieces.push(...bytes)
    at += length
  }
  const { schemas, channels, statistics, chunkIndex, attachments, metadata } = content
  group(OPCODE.schema, [written((to) => schemas.forEach((schema) => writeSchema(to, schema)))])
  group(OPCODE.channel, [written((to) => channels.forEach((channel) => writeChannel(to, channel)))])
  group(OPCODE.statistics, [written((to) => writeStatistics(to, statistics))])
  group(OPCODE.chunkIndex, chunkIndex)
  group(OPCODE.attachmentIndex, [
    written((to) => attachments.forEach(({ attachment, place }) => writeAttachmentIndex(to, attachment, place)))
  ])
  group(OPCODE.metadataIndex, [
    written((to) => metadata.forEach(({ name, place }) => writeMetadataIndex(to, name, place)))
  ])
  const end = written((to) => {
    for (const each of groups) writeSummaryOffset(to, each)
    // The checksum of the summary ends with the first fields of the footer.
    to.u8(OPCODE.footer)
    to.u64(20)
    to.u64(start)
    to.u64(at)
  })
  const crc = Buffer.alloc(4)
  crc.writeUInt32LE([...pieces, end].reduce((sum, piece) => crc32(piece, sum), 0))
  return [...pieces, end, crc]
}

function written(write: (to: ByteWriter) => void): Buffer {
  const to = new ByteWriter(1024)
  write(to)
  return to.take()
}
