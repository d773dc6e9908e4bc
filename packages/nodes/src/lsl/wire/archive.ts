/**
 * Samples of protocol 1.00: a portable binary archive, always little-endian.
 *
 *   head     7F, integer 9, the header (short) as text, 00 00, then samples
 *   sample   integer tag, 1 or 2; with tag 2 the stamp, a float; then the values
 *   integer  size i8, |size| bytes; the rest of the bytes is 0, or FF where the size is negative; 00 is zero
 *   float    its bits, as an integer without sign; NaN is 7FFFFFFF…
 *   text     integer length, bytes
 *
 * The inlet sends `LSL:streamfeed CRLF <max samples> <max chunk> CRLF`, and no line of status comes back.
 * Source: liblsl 1.17, `portable_archive/`.
 */
import { isFloatFormat, valueBytes, type LslFormat } from '../formats.ts'
import { LslFormatError } from '../LslError.ts'
import {
  BatchBuilder,
  DEDUCED,
  requireTextLength,
  rowBytesOf,
  STAMPED,
  type SampleBatch,
  type SampleLayout,
  type SampleReader
} from './SampleBatch.ts'

const SIGNATURE = 0x7f
const ARCHIVE_VERSION = 9
const QUIET_NAN = { 4: 0x7fffffffn, 8: 0x7fffffffffffffffn } as const

export function encodeArchiveHead(header: string): Buffer {
  return Buffer.concat([
    Buffer.of(SIGNATURE),
    encodeInteger(BigInt(ARCHIVE_VERSION)),
    encodeText(header),
    Buffer.of(0, 0)
  ])
}

/** Samples as 1.00 sends them. @param rows their values, numbers, bigints or texts; stamps NaN where they are to follow */
export function encodeArchiveSamples(
  format: LslFormat,
  rows: readonly (readonly (number | bigint | string)[])[],
  stamps: Float64Array
): Buffer {
  const pieces = rows.flatMap((row, k) => {
    const stamp = stamps[k]!
    const head = Number.isNaN(stamp)
      ? [encodeInteger(BigInt(DEDUCED))]
      : [encodeInteger(BigInt(STAMPED)), encodeFloat(stamp, 8)]
    return [...head, ...row.map((value) => encodeValue(format, value))]
  })
  return Buffer.concat(pieces)
}

function encodeValue(format: LslFormat, value: number | bigint | string): Buffer {
  if (typeof value === 'string') return encodeText(value)
  return isFloatFormat(format) ? encodeFloat(Number(value), valueBytes(format)) : encodeInteger(BigInt(value))
}

function encodeText(text: string): Buffer {
  const bytes = Buffer.from(text)
  return Buffer.concat([encodeInteger(BigInt(bytes.length)), bytes])
}

function encodeFloat(value: number, size: number): Buffer {
  if (Number.isNaN(value)) return encodeInteger(QUIET_NAN[size as 4 | 8])
  const bits = Buffer.alloc(8)
  if (size === 4) bits.writeFloatLE(value)
  else bits.writeDoubleLE(value)
  return encodeInteger(bits.readBigUInt64LE())
}

function encodeInteger(value: bigint): Buffer {
  const sign = value < 0n ? -1 : 1
  const rest = value < 0n ? -1n : 0n
  const bytes: number[] = []
  for (let left = value; left !== rest; left >>= 8n) bytes.push(Number(left & 0xffn))
  if (bytes.length === 0 && value < 0n) bytes.push(0xff)
  return Buffer.from([(sign * bytes.length) & 0xff, ...bytes])
}

/** Bytes are missing; caught here. */
class Short extends Error {}

class Cursor {
  readonly #bytes: Buffer
  at: number

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes
    this.at = at
  }

  /** @throws {Short} */
  take(length: number): Buffer {
    if (this.at + length > this.#bytes.length) throw new Short()
    this.at += length
    return this.#bytes.subarray(this.at - length, this.at)
  }

  integer(): bigint {
    const size = this.take(1).readInt8()
    if (Math.abs(size) > 8) throw new LslFormatError(`LSL archive: expected an integer of up to 8 bytes, got ${size}`)
    let value = size < 0 ? -1n : 0n
    for (const byte of this.take(Math.abs(size)).toReversed()) value = (value << 8n) | BigInt(byte)
    return value
  }

  text(): string {
    const length = Number(this.integer())
    if (length < 0) throw new LslFormatError(`LSL archive: expected the length of a text, got ${length}`)
    requireTextLength(length)
    return this.take(length).toString('utf8')
  }
}

/** Reads an archive from its first byte; `header` is known once it has come. */
export class ArchiveReader implements SampleReader {
  readonly #layout: SampleLayout
  #header: string | undefined
  #rest: Buffer = Buffer.alloc(0)
  #last = 0

  constructor(layout: SampleLayout) {
    rowBytesOf(layout)
    this.#layout = layout
  }

  /** The header of the stream, short. */
  get header(): string | undefined {
    return this.#header
  }

  push(bytes: Buffer): SampleBatch | undefined {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    const cursor = new Cursor(all, 0)
    let done = 0
    // The shortest sample is its tag, of two bytes, and a byte for each channel.
    const batch = new BatchBuilder(this.#layout, this.#last, Math.ceil(all.length / (2 + this.#layout.channelCount)))
    try {
      if (this.#header === undefined) {
        this.#readHead(cursor)
        done = cursor.at
      }
      while (cursor.at < all.length) {
        this.#readSample(cursor, batch)
        done = cursor.at
      }
    } catch (problem) {
      if (!(problem instanceof Short)) throw problem
    }
    this.#last = batch.lastStamp
    this.#rest = Buffer.from(all.subarray(done))
    return batch.take()
  }

  #readHead(cursor: Cursor): void {
    const signature = cursor.take(1)[0]!
    if (signature !== SIGNATURE) throw new LslFormatError(`LSL archive: expected ${SIGNATURE}, got ${signature}`)
    const version = cursor.integer()
    if (version !== BigInt(ARCHIVE_VERSION)) {
      throw new LslFormatError(`LSL archive: expected version ${ARCHIVE_VERSION}, got ${version}`)
    }
    const header = cursor.text()
    cursor.take(2)
    this.#header = header
  }

  #readSample(cursor: Cursor, batch: BatchBuilder): void {
    const { format, channelCount } = this.#layout
    const tag = Number(cursor.integer())
    if (tag !== DEDUCED && tag !== STAMPED)
      throw new LslFormatError(`LSL archive: expected tag ${DEDUCED} or ${STAMPED}, got ${tag}`)
    const stamp = tag === STAMPED ? floatOf(cursor.integer()) : undefined
    if (format === 'string') {
      batch.add(
        stamp,
        Array.from({ length: channelCount }, () => cursor.text())
      )
      return
    }
    const size = valueBytes(format)
    for (let channel = 0, at = batch.at; channel < channelCount; channel++, at += size) {
      putInteger(batch.bytes, at, size, cursor.integer())
    }
    batch.add(stamp)
  }
}

function floatOf(bits: bigint): number {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt.asUintN(64, bits))
  return bytes.readDoubleLE()
}

/** Of floats these are the bits. */
function putInteger(bytes: Buffer, at: number, size: number, value: bigint): void {
  if (size === 8) bytes.writeBigUInt64LE(BigInt.asUintN(64, value), at)
  else bytes.writeUIntLE(Number(BigInt.asUintN(8 * size, value)), at, size)
}
