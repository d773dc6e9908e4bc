import { ProtocolError } from './ProtocolError.ts'

/*
 * Binary message of `nodeacq.view.1`, little-endian. Every kind has the same head of 40 bytes:
 *
 *   type             u8    see TYPES
 *   flags            u8    see FLAGS
 *   id               u16   of the subscription
 *   seq              u32   from 1, per subscription
 *   first            f64   index of the first sample
 *   samplesPerColumn u32
 *   columns          u32
 *   channels         u32
 *   request          u32   of the `history` that is answered, else 0
 *   newest           f64   index of the newest sample of the stream, plus one
 *
 * Then, with the flag blockScale, scale f32 × channels and offset f32 × channels: physical = offset + scale × stored.
 * Then the values: int16 `[column][channel][min, max]` (columns), or float32 (everything else, in the order its kind says).
 */

/** What a binary message holds. */
export const TYPES = { columns: 1, raw: 2, frame: 3, map: 4, spectrum: 5, sweep: 6 } as const
export type BinaryType = keyof typeof TYPES

/**
 * `resync`: the reader forgets what it had; `history`: answers a request; `reduced`: coarser than asked for, because the
 * reader is slow.
 */
export const FLAGS = { resync: 1, history: 2, blockScale: 4, reduced: 8 } as const

const HEADER_BYTES = 40
/** The largest count that a reader believes. */
const MAX_COUNT = 1 << 24

export interface BinaryHeader {
  readonly type: BinaryType
  /** Sum of FLAGS without `blockScale`, which the scales decide. */
  readonly flags: number
  readonly id: number
  readonly seq: number
  readonly first: number
  readonly samplesPerColumn: number
  readonly columns: number
  readonly channels: number
  readonly request: number
  readonly newest: number
}

export interface BinaryMessage extends BinaryHeader {
  /** Per channel; undefined where the values need none, or the subscription's own are meant. */
  readonly scale?: Float32Array
  readonly offset?: Float32Array
  /** Int16 for `columns`, bytes for `frame`, else float32. */
  readonly values: Int16Array | Float32Array | Uint8Array
}

const NAMES = Object.fromEntries(Object.entries(TYPES).map(([name, type]) => [type, name])) as Record<
  number,
  BinaryType
>

/** The message as bytes. */
export function encodeBinary(message: BinaryMessage): Uint8Array<ArrayBuffer> {
  const { values, scale, offset, channels } = message
  const scales = scale === undefined ? 0 : 8 * channels
  const bytes = new Uint8Array(HEADER_BYTES + scales + values.byteLength)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, TYPES[message.type])
  view.setUint8(1, message.flags | (scale === undefined ? 0 : FLAGS.blockScale))
  view.setUint16(2, message.id, true)
  view.setUint32(4, message.seq, true)
  view.setFloat64(8, message.first, true)
  view.setUint32(16, message.samplesPerColumn, true)
  view.setUint32(20, message.columns, true)
  view.setUint32(24, channels, true)
  view.setUint32(28, message.request, true)
  view.setFloat64(32, message.newest, true)
  if (scale !== undefined && offset !== undefined) {
    bytes.set(bytesOf(scale), HEADER_BYTES)
    bytes.set(bytesOf(offset), HEADER_BYTES + 4 * channels)
  }
  bytes.set(bytesOf(values), HEADER_BYTES + scales)
  return bytes
}

/**
 * The message of some bytes; its arrays lie in them, so they begin at a multiple of 8.
 * @throws {ProtocolError}
 */
export function decodeBinary(buffer: ArrayBuffer): BinaryMessage {
  if (buffer.byteLength < HEADER_BYTES) {
    throw new ProtocolError(`binary message: expected at least ${HEADER_BYTES} bytes, got ${buffer.byteLength}`)
  }
  const view = new DataView(buffer)
  const type = NAMES[view.getUint8(0)]
  if (type === undefined) throw new ProtocolError(`binary message: unknown type ${view.getUint8(0)}`)
  const flags = view.getUint8(1)
  const header = {
    type,
    flags: flags & ~FLAGS.blockScale,
    id: view.getUint16(2, true),
    seq: view.getUint32(4, true),
    first: view.getFloat64(8, true),
    samplesPerColumn: view.getUint32(16, true),
    columns: view.getUint32(20, true),
    channels: view.getUint32(24, true),
    request: view.getUint32(28, true),
    newest: view.getFloat64(32, true)
  }
  const { columns, channels } = header
  if (columns > MAX_COUNT || channels > MAX_COUNT) {
    throw new ProtocolError(
      `binary message: expected at most ${MAX_COUNT} columns and channels, got ${columns} and ${channels}`
    )
  }
  const hasScales = (flags & FLAGS.blockScale) !== 0
  const start = HEADER_BYTES + (hasScales ? 8 * channels : 0)
  const expected = start + valueBytes(type, columns * channels, buffer.byteLength - start)
  if (buffer.byteLength !== expected) {
    const what = `${columns} columns of ${channels} channels`
    throw new ProtocolError(
      `binary message '${type}': expected ${expected} bytes for ${what}, got ${buffer.byteLength}`
    )
  }
  return {
    ...header,
    ...(hasScales && {
      scale: new Float32Array(buffer, HEADER_BYTES, channels),
      offset: new Float32Array(buffer, HEADER_BYTES + 4 * channels, channels)
    }),
    values: valuesAt(type, buffer, start)
  }
}

/** How many bytes the values of a message take; kinds with other axes of their own are as long as they are. */
function valueBytes(type: BinaryType, count: number, got: number): number {
  if (type === 'columns') return 4 * count
  if (type === 'raw') return 4 * count
  return type === 'frame' ? got : 4 * Math.floor(Math.max(0, got) / 4)
}

function valuesAt(type: BinaryType, buffer: ArrayBuffer, start: number): Int16Array | Float32Array | Uint8Array {
  if (type === 'columns') return new Int16Array(buffer, start)
  return type === 'frame' ? new Uint8Array(buffer, start) : new Float32Array(buffer, start)
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}
