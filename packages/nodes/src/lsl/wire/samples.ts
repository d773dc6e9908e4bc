/**
 * Samples of protocol 1.10, back to back:
 *
 *   tag   u8    1: its stamp is the one before + 1/rate (irregular: the one before), 2: the stamp follows
 *   stamp f64   s on the clock of the outlet; only with tag 2
 *   values      one for each channel: f32, f64, i8, i16, i32, i64; or
 *     width u8, length of that many bytes (1, 2, 4, 8), text in UTF-8
 *
 * In the byte order that the handshake says. Source: liblsl 1.17, `sample.cpp`.
 */
import { LslFormatError } from '../LslError.ts'
import { isFloatFormat, valueBytes } from '../formats.ts'
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

const STAMP_BYTES = 8

/**
 * Samples of numbers as they are sent, little-endian.
 * @param rows their numbers, sample by sample, little-endian; @param stamps one for each sample, NaN where it is to follow
 *   from the one before
 */
export function encodeNumbers(rows: Uint8Array, stamps: Float64Array): Buffer {
  const count = stamps.length
  const rowBytes = count === 0 ? 0 : rows.length / count
  let stamped = 0
  for (let k = 0; k < count; k++) if (!Number.isNaN(stamps[k])) stamped += 1
  const encoded = Buffer.allocUnsafeSlow(rows.length + count + stamped * STAMP_BYTES)
  const source = Buffer.from(rows.buffer, rows.byteOffset, rows.length)
  let at = 0
  for (let k = 0; k < count; k++) {
    at = writeHead(encoded, at, stamps[k]!)
    source.copy(encoded, at, k * rowBytes, (k + 1) * rowBytes)
    at += rowBytes
  }
  return encoded
}

function writeHead(encoded: Buffer, at: number, stamp: number): number {
  if (Number.isNaN(stamp)) return encoded.writeUInt8(DEDUCED, at)
  return encoded.writeDoubleLE(stamp, encoded.writeUInt8(STAMPED, at))
}

/** Samples of texts as they are sent; stamps as for numbers. */
export function encodeTexts(rows: readonly (readonly string[])[], stamps: Float64Array): Buffer {
  const pieces: Buffer[] = []
  for (const [k, texts] of rows.entries()) {
    const head = Buffer.alloc(1 + STAMP_BYTES)
    pieces.push(head.subarray(0, writeHead(head, 0, stamps[k]!)))
    for (const text of texts) {
      const bytes = Buffer.from(text)
      const prefix = bytes.length < 256 ? Buffer.of(1, bytes.length) : Buffer.alloc(5, 4)
      if (prefix.length === 5) prefix.writeUInt32LE(bytes.length, 1)
      pieces.push(prefix, bytes)
    }
  }
  return Buffer.concat(pieces)
}

export interface WireOrder {
  /** Default false. */
  readonly isBigEndian?: boolean
  /** Make subnormal numbers zero. Default false. */
  readonly suppressSubnormals?: boolean
}

/** Reads what `encodeNumbers` and `encodeTexts` write. */
export function createSampleReader(layout: SampleLayout, order: WireOrder = {}): SampleReader {
  return layout.format === 'string' ? new TextReader(layout, order) : new NumberReader(layout, order)
}

class NumberReader implements SampleReader {
  readonly #layout: SampleLayout
  readonly #order: WireOrder
  readonly #rowBytes: number
  /** The beginning of a sample whose end has not come. */
  readonly #open: Buffer
  #openLength = 0
  #last = 0

  constructor(layout: SampleLayout, order: WireOrder) {
    this.#layout = layout
    this.#order = order
    this.#rowBytes = rowBytesOf(layout)
    this.#open = Buffer.alloc(1 + STAMP_BYTES + this.#rowBytes)
  }

  push(bytes: Buffer): SampleBatch | undefined {
    const capacity = Math.floor((this.#openLength + bytes.length) / (1 + this.#rowBytes))
    const batch = new BatchBuilder(this.#layout, this.#last, capacity)
    let at = 0
    if (this.#openLength > 0) {
      const length = this.#sampleLength(this.#open[0]!)
      at = Math.min(bytes.length, length - this.#openLength)
      this.#openLength += bytes.copy(this.#open, this.#openLength, 0, at)
      if (this.#openLength < length) return undefined
      this.#read(this.#open, 0, batch)
      this.#openLength = 0
    }
    while (at < bytes.length) {
      const length = this.#sampleLength(bytes[at]!)
      if (at + length > bytes.length) {
        this.#openLength = bytes.copy(this.#open, 0, at)
        break
      }
      this.#read(bytes, at, batch)
      at += length
    }
    this.#last = batch.lastStamp
    this.#toNative(batch)
    return batch.take()
  }

  #sampleLength(tag: number): number {
    if (tag === DEDUCED) return 1 + this.#rowBytes
    if (tag === STAMPED) return 1 + STAMP_BYTES + this.#rowBytes
    throw new LslFormatError(`LSL samples: expected tag ${DEDUCED} or ${STAMPED}, got ${tag}`)
  }

  #read(bytes: Buffer, at: number, batch: BatchBuilder): void {
    const isStamped = bytes[at] === STAMPED
    const from = at + (isStamped ? 1 + STAMP_BYTES : 1)
    bytes.copy(batch.bytes, batch.at, from, from + this.#rowBytes)
    batch.add(isStamped ? readStamp(bytes, at + 1, this.#order) : undefined)
  }

  #toNative(batch: BatchBuilder): void {
    const { format } = this.#layout
    const filled = batch.bytes.subarray(0, batch.at)
    const size = valueBytes(format)
    if (this.#order.isBigEndian && size > 1) {
      if (size === 2) filled.swap16()
      else if (size === 4) filled.swap32()
      else filled.swap64()
    }
    if (this.#order.suppressSubnormals && isFloatFormat(format)) zeroSubnormals(filled, size)
  }
}

function readStamp(bytes: Buffer, at: number, { isBigEndian }: WireOrder): number {
  return isBigEndian ? bytes.readDoubleBE(at) : bytes.readDoubleLE(at)
}

/** Keeps the sign. */
function zeroSubnormals(bytes: Buffer, size: number): void {
  for (let at = 0; at < bytes.length; at += size) {
    const high = bytes.readUInt32LE(at + size - 4)
    const exponent = size === 4 ? 0x7f800000 : 0x7ff00000
    if ((high & exponent) !== 0) continue
    if (size === 8) bytes.writeUInt32LE(0, at)
    bytes.writeUInt32LE((high & 0x80000000) >>> 0, at + size - 4)
  }
}

class TextReader implements SampleReader {
  readonly #layout: SampleLayout
  readonly #order: WireOrder
  #pieces: Buffer[] = []
  #length = 0
  /** Bytes that have to be there for the next sample to be looked at again. */
  #needed = 1
  #last = 0

  constructor(layout: SampleLayout, order: WireOrder) {
    this.#layout = layout
    this.#order = order
  }

  push(bytes: Buffer): SampleBatch | undefined {
    this.#pieces.push(bytes)
    this.#length += bytes.length
    if (this.#length < this.#needed) return undefined
    const all = this.#pieces.length === 1 ? bytes : Buffer.concat(this.#pieces)
    const capacity = Math.ceil(all.length / (1 + 2 * this.#layout.channelCount))
    const batch = new BatchBuilder(this.#layout, this.#last, capacity)
    let at = 0
    while (at < all.length) {
      const end = this.#read(all, at, batch)
      if (end < 0) break
      at = end
      this.#needed = 1
    }
    this.#last = batch.lastStamp
    const rest = all.subarray(at)
    // What is left is copied: it would keep the whole block in memory.
    this.#pieces = rest.length === 0 ? [] : [Buffer.from(rest)]
    this.#length = rest.length
    return batch.take()
  }

  /** Where the sample ends; -1 when its end has not come, and `#needed` says how much of it has to. */
  #read(bytes: Buffer, start: number, batch: BatchBuilder): number {
    const has = (end: number): boolean => {
      if (end <= bytes.length) return true
      this.#needed = end - start
      return false
    }
    const tag = bytes[start]!
    if (tag !== DEDUCED && tag !== STAMPED) {
      throw new LslFormatError(`LSL samples: expected tag ${DEDUCED} or ${STAMPED}, got ${tag}`)
    }
    let at = start + (tag === STAMPED ? 1 + STAMP_BYTES : 1)
    const texts: string[] = []
    for (let channel = 0; channel < this.#layout.channelCount; channel++) {
      if (!has(at + 1)) return -1
      const width = bytes[at]!
      if (![1, 2, 4, 8].includes(width))
        throw new LslFormatError(`LSL samples: expected a length of 1, 2, 4 or 8 bytes, got ${width}`)
      if (!has(at + 1 + width)) return -1
      const length = this.#lengthAt(bytes, at + 1, width)
      requireTextLength(length)
      at += 1 + width
      if (!has(at + length)) return -1
      texts.push(bytes.toString('utf8', at, at + length))
      at += length
    }
    if (!has(at)) return -1
    batch.add(tag === STAMPED ? readStamp(bytes, start + 1, this.#order) : undefined, texts)
    return at
  }

  #lengthAt(bytes: Buffer, at: number, width: number): number {
    const isBig = this.#order.isBigEndian === true
    switch (width) {
      case 1:
        return bytes.readUInt8(at)
      case 2:
        return isBig ? bytes.readUInt16BE(at) : bytes.readUInt16LE(at)
      case 4:
        return isBig ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at)
      default:
        return Number(isBig ? bytes.readBigUInt64BE(at) : bytes.readBigUInt64LE(at))
    }
  }
}
