/**
 * XDF 1.0: `XDF:`, then chunks; little-endian. Source: https://github.com/sccn/xdf/wiki/Specifications
 *
 *   length   u8 1, 4 or 8, then a number of so many bytes: bytes of tag and content
 *   tag      u16
 *   content  tags 2, 3, 4 and 6 begin with the number of their stream, u32
 *
 *   1 FileHeader     XML
 *   2 StreamHeader   XML, before the first samples of its stream
 *   3 Samples        length (as above) n, then n times: u8 0, or u8 8 and the time as f64 s; then a value for each channel
 *   4 ClockOffset    f64 s when it was measured, f64 s offset: time of the stream + offset = time of the recorder
 *   5 Boundary       16 bytes, always the same: where to go on after damage
 *   6 StreamFooter   XML
 *
 * A sample without a time comes 1 / rate after the one before. A value of a stream of texts is a length (as above) and UTF-8.
 */

export const XDF_MAGIC = Buffer.from('XDF:')

export const TAG = { fileHeader: 1, streamHeader: 2, samples: 3, clockOffset: 4, boundary: 5, streamFooter: 6 } as const

export const BOUNDARY = Buffer.from('43a546dccbf5410fb30ed5467383cbe4', 'hex')

/** Types of numbers in samples, and numpy's names of them. */
export const NUMBER_FORMATS = {
  int8: 'int8',
  int16: 'int16',
  int32: 'int32',
  int64: 'int64',
  float32: 'float32',
  double64: 'float64'
} as const

/** In front of a sample: the byte that says that a time follows, and the time. */
export const STAMPED = 8

/** Bytes of a length with its first byte; 0 where there is none, or not all of it. */
export function lengthSize(bytes: Uint8Array, at: number): number {
  const size = bytes[at]
  return (size === 1 || size === 4 || size === 8) && at + 1 + size <= bytes.length ? 1 + size : 0
}

/** The number of a length that `lengthSize` found. Beyond 2^53 it is as good as beyond the end of any file. */
export function lengthValue(bytes: Buffer, at: number): number {
  const size = bytes[at]
  if (size === 1) return bytes[at + 1]!
  return size === 4 ? bytes.readUInt32LE(at + 1) : Number(bytes.readBigUInt64LE(at + 1))
}

/** A chunk in one piece. */
function encodeChunk(tag: number, content: readonly Uint8Array[]): Buffer {
  const size = content.reduce((sum, { length }) => sum + length, 2)
  return Buffer.concat([encodeLength(size), u16(tag), ...content])
}

export function encodeXmlChunk(tag: number, xml: string, stream?: number): Buffer {
  return encodeChunk(tag, [...(stream === undefined ? [] : [u32(stream)]), Buffer.from(`<?xml version="1.0"?>${xml}`)])
}

/** @param time s, of the stream's clock. @param offset s to be added to it for the clock of the recorder */
export function encodeClockOffset(stream: number, time: number, offset: number): Buffer {
  const content = Buffer.allocUnsafe(20)
  content.writeUInt32LE(stream, 0)
  content.writeDoubleLE(time, 4)
  content.writeDoubleLE(offset, 12)
  return encodeChunk(TAG.clockOffset, [content])
}

export function encodeBoundary(): Buffer {
  return encodeChunk(TAG.boundary, [BOUNDARY])
}

/** One text at one time. */
export function encodeTextSample(stream: number, time: number, text: string): Buffer {
  const bytes = Buffer.from(text)
  const stamp = Buffer.allocUnsafe(9)
  stamp.writeUInt8(STAMPED, 0)
  stamp.writeDoubleLE(time, 1)
  return encodeChunk(TAG.samples, [u32(stream), wideLength(1), stamp, encodeLength(bytes.length), bytes])
}

/** Bytes of a chunk of samples from its tag to the values of the first: tag, stream, count, byte and time. */
const SAMPLES_HEAD = 2 + 4 + 5 + 9

/** Bytes that `encodeSamples` needs. */
export function samplesSize(rows: number, rowBytes: number): number {
  const content = SAMPLES_HEAD + rows * rowBytes + (rows - 1)
  return lengthBytes(content) + content
}

/**
 * Writes a chunk of samples of which only the first bears its time.
 * @param target of `samplesSize` bytes
 * @param rows bytes of the values, sample after sample
 */
export function encodeSamples(
  target: Buffer,
  { stream, time, rows, rowBytes }: { stream: number; time: number; rows: Uint8Array; rowBytes: number }
): void {
  const count = rows.length / rowBytes
  const content = SAMPLES_HEAD + rows.length + (count - 1)
  let at = lengthBytes(content)
  target.writeUInt8(at - 1, 0)
  target.writeUIntLE(content, 1, at - 1)
  target.writeUInt16LE(TAG.samples, at)
  target.writeUInt32LE(stream, at + 2)
  target.writeUInt8(4, at + 6)
  target.writeUInt32LE(count, at + 7)
  target.writeUInt8(STAMPED, at + 11)
  target.writeDoubleLE(time, at + 12)
  at += SAMPLES_HEAD
  for (let from = 0; from < rows.length;) {
    if (from > 0) target[at++] = 0
    // A native copy of a short row costs more than its bytes one by one.
    for (const to = from + rowBytes; from < to;) target[at++] = rows[from++]!
  }
}

/** What is told of the samples of a chunk of numbers, in order; none of it is kept. */
export type SampleVisitor = (row: number, time: number) => void

/**
 * Checks that `content` from `at` on is exactly `count` samples of `rowBytes` each.
 * @param stamped told of each sample that bears a time
 */
export function walkNumbers(
  content: Buffer,
  { at, count, rowBytes }: { at: number; count: number; rowBytes: number },
  stamped?: SampleVisitor
): boolean {
  for (let row = 0; row < count; row++) {
    const flag = content[at]
    if (flag === STAMPED) {
      if (at + 9 + rowBytes > content.length) return false
      stamped?.(row, content.readDoubleLE(at + 1))
      at += 9 + rowBytes
    } else {
      if (flag !== 0 || at + 1 + rowBytes > content.length) return false
      at += 1 + rowBytes
    }
  }
  return at === content.length
}

/** As `walkNumbers`, for samples of texts; `visit` gets the time, or NaN where there is none, and the texts. */
export function walkTexts(
  content: Buffer,
  { at, count, channels }: { at: number; count: number; channels: number },
  visit?: (time: number, texts: readonly string[]) => void
): boolean {
  for (let row = 0; row < count; row++) {
    const flag = content[at]
    if (flag !== STAMPED && flag !== 0) return false
    if (at + 1 + flag > content.length) return false
    const time = flag === STAMPED ? content.readDoubleLE(at + 1) : NaN
    at += 1 + flag
    const texts: string[] = []
    for (let c = 0; c < channels; c++) {
      const size = lengthSize(content, at)
      if (size === 0) return false
      const length = lengthValue(content, at)
      if (at + size + length > content.length) return false
      if (visit !== undefined) texts.push(content.toString('utf8', at + size, at + size + length))
      at += size + length
    }
    visit?.(time, texts)
  }
  return at === content.length
}

/** Bytes of a length, with its first; content of samples is below 4 GiB. */
function lengthBytes(value: number): number {
  if (value < 256) return 2
  return value < 2 ** 32 ? 5 : 9
}

function encodeLength(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(lengthBytes(value))
  bytes.writeUInt8(bytes.length - 1, 0)
  if (bytes.length === 9) bytes.writeBigUInt64LE(BigInt(value), 1)
  else bytes.writeUIntLE(value, 1, bytes.length - 1)
  return bytes
}

/** A length of four bytes, as LabRecorder counts samples. */
function wideLength(value: number): Buffer {
  const bytes = Buffer.of(4, 0, 0, 0, 0)
  bytes.writeUInt32LE(value, 1)
  return bytes
}

function u16(value: number): Buffer {
  return Buffer.of(value & 0xff, value >> 8)
}

function u32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeUInt32LE(value)
  return bytes
}
