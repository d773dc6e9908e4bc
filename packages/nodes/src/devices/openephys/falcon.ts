/**
 * Messages of Open Ephys' plugin Falcon Output, both ends: PUB, one frame, a FlatBuffer whose root is the table
 * ContinuousData. Little-endian; a field that is absent is 0 or empty.
 *
 *   slot   field                    offset in our table
 *    0     samples      [f32]        4    offset of a vector: channel after channel, µV
 *    1     event_codes  [u16]        8    offset of a vector: one code per sample, bit k is TTL line k
 *    2     stream       string      12    offset of a string
 *    3     n_channels   u32         16
 *    4     n_samples    u32         20
 *    5     sample_num   u64         28    of the first sample
 *    6     timestamp    f64         36    s
 *    7     message_id   u64         44    counts messages; 0 is not stored
 *    8     sample_rate  u32         24    Hz
 *
 * A FlatBuffer is: u32 offset of the root table; vtable { u16 its bytes, u16 bytes of the table, u16 offset of each slot
 * in the table, 0 where absent }; table { i32 back to its vtable, fields }; vectors { u32 length, items }; strings
 * { u32 length, UTF-8, 0 }. Offsets of vectors and strings count from where they stand.
 *
 * Source: open-ephys-plugins/falcon-output, Source/channel.fbs; flatbuffers.dev, "FlatBuffers internals".
 */
import { MAX_PAYLOAD } from './Fields.ts'
import { floatsOf } from './floatsOf.ts'
import { MessageError } from './MessageError.ts'

export interface FalconMessage {
  readonly stream: string
  readonly channelCount: number
  readonly sampleCount: number
  /** µV, channel after channel. */
  readonly samples: Float32Array
  /** One for each sample, or none. */
  readonly eventCodes: Uint16Array
  /** Of the first sample. */
  readonly sampleNumber: number
  /** s, of the clock of the machine that sends. */
  readonly time: number
  readonly messageId: number
  /** Hz */
  readonly sampleRate: number
}

const SLOT = {
  samples: 0,
  eventCodes: 1,
  stream: 2,
  channelCount: 3,
  sampleCount: 4,
  sampleNumber: 5,
  time: 6,
  messageId: 7,
  sampleRate: 8
} as const
const SLOTS = 9

/** @throws {MessageError} when the bytes are no such message. */
export function decodeFalcon(bytes: Uint8Array): FalconMessage {
  const table = Table.root(bytes)
  const samples = table.vector(SLOT.samples, 4)
  const codes = table.vector(SLOT.eventCodes, 2)
  const channelCount = table.u32(SLOT.channelCount)
  const sampleCount = table.u32(SLOT.sampleCount)
  if (samples.length !== channelCount * sampleCount) {
    throw new MessageError('samples', `${channelCount} × ${sampleCount}`, samples.length)
  }
  if (codes.length !== 0 && codes.length !== sampleCount) {
    throw new MessageError('event_codes', `none or ${sampleCount}`, codes.length)
  }
  return {
    stream: table.text(SLOT.stream),
    channelCount,
    sampleCount,
    samples: floatsOf(bytes.buffer, samples.at, samples.length),
    eventCodes: new Uint16Array(bytes.buffer.slice(codes.at, codes.at + codes.length * 2)),
    sampleNumber: table.u64(SLOT.sampleNumber),
    time: table.f64(SLOT.time),
    messageId: table.u64(SLOT.messageId),
    sampleRate: table.u32(SLOT.sampleRate)
  }
}

/** The fields of a table, each read within the bounds of the buffer. */
class Table {
  readonly #view: DataView
  readonly #at: number
  readonly #size: number
  readonly #vtable: number
  readonly #slots: number

  private constructor(view: DataView, at: number) {
    this.#view = view
    this.#at = at
    this.#vtable = at - need(view, at, 4, 'root table').getInt32(at, true)
    const size = need(view, this.#vtable, 4, 'vtable').getUint16(this.#vtable, true)
    if (size < 4 || size % 2 !== 0) throw new MessageError('vtable', 'an even size from 4', size)
    need(view, this.#vtable, size, 'vtable')
    this.#slots = (size - 4) / 2
    this.#size = view.getUint16(this.#vtable + 2, true)
    need(view, at, this.#size, 'table')
  }

  static root(bytes: Uint8Array): Table {
    if (bytes.length > MAX_PAYLOAD) throw new MessageError('message', `at most ${MAX_PAYLOAD} bytes`, bytes.length)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    return new Table(view, need(view, 0, 4, 'message').getUint32(0, true))
  }

  u32(slot: number): number {
    const at = this.#find(slot, 4)
    return at === undefined ? 0 : this.#view.getUint32(at, true)
  }

  u64(slot: number): number {
    const at = this.#find(slot, 8)
    const value = at === undefined ? 0 : Number(this.#view.getBigUint64(at, true))
    if (!Number.isSafeInteger(value)) throw new MessageError(`field ${slot}`, 'a number below 2⁵³', value)
    return value
  }

  f64(slot: number): number {
    const at = this.#find(slot, 8)
    const value = at === undefined ? 0 : this.#view.getFloat64(at, true)
    if (!Number.isFinite(value)) throw new MessageError(`field ${slot}`, 'a number', value)
    return value
  }

  text(slot: number): string {
    const { at, length } = this.vector(slot, 1)
    return Buffer.from(this.#view.buffer, at, length).toString('utf8')
  }

  /** Where the items are in the memory behind the buffer. */
  vector(slot: number, itemSize: number): { readonly at: number; readonly length: number } {
    const at = this.#find(slot, 4)
    if (at === undefined) return { at: 0, length: 0 }
    const start = at + this.#view.getUint32(at, true)
    const length = need(this.#view, start, 4, `vector of field ${slot}`).getUint32(start, true)
    need(this.#view, start + 4, length * itemSize, `vector of field ${slot}`)
    return { at: this.#view.byteOffset + start + 4, length }
  }

  #find(slot: number, size: number): number | undefined {
    const offset = slot < this.#slots ? this.#view.getUint16(this.#vtable + 4 + 2 * slot, true) : 0
    if (offset === 0) return undefined
    if (offset < 4 || offset + size > this.#size)
      throw new MessageError(`field ${slot}`, 'a place in the table', offset)
    return this.#at + offset
  }
}

/** The view, when `size` bytes are there. @throws {MessageError} */
function need(view: DataView, at: number, size: number, what: string): DataView {
  if (at < 0 || at + size > view.byteLength) {
    throw new MessageError(what, `${size} bytes within ${view.byteLength}`, `byte ${at}`)
  }
  return view
}

const VTABLE_BYTES = 4 + 2 * SLOTS

/** The bytes of a message, as the plugin's library lays them out. */
export function encodeFalcon(message: FalconMessage): Uint8Array {
  const { samples, eventCodes, channelCount, sampleCount, sampleNumber, time, messageId, sampleRate } = message
  const stream = Buffer.from(message.stream, 'utf8')
  const hasId = messageId !== 0
  const tableBytes = hasId ? 52 : 44
  // Fields of 8 bytes begin at 28 in the table, and have to lie on a multiple of 8.
  const table = alignUp(4 + VTABLE_BYTES + 28, 8) - 28
  const streamAt = alignUp(table + tableBytes, 4)
  const codesAt = alignUp(streamAt + 4 + stream.length + 1, 4)
  const samplesAt = alignUp(codesAt + 4 + eventCodes.byteLength, 4)
  const bytes = new Uint8Array(samplesAt + 4 + samples.byteLength)
  const view = new DataView(bytes.buffer)
  const vtable = table - VTABLE_BYTES
  view.setUint32(0, table, true)
  view.setUint16(vtable, VTABLE_BYTES, true)
  view.setUint16(vtable + 2, tableBytes, true)
  for (const [slot, offset] of [4, 8, 12, 16, 20, 28, 36, hasId ? 44 : 0, 24].entries()) {
    view.setUint16(vtable + 4 + 2 * slot, offset, true)
  }
  view.setInt32(table, VTABLE_BYTES, true)
  view.setUint32(table + 4, samplesAt - (table + 4), true)
  view.setUint32(table + 8, codesAt - (table + 8), true)
  view.setUint32(table + 12, streamAt - (table + 12), true)
  view.setUint32(table + 16, channelCount, true)
  view.setUint32(table + 20, sampleCount, true)
  view.setUint32(table + 24, sampleRate, true)
  view.setBigUint64(table + 28, BigInt(sampleNumber), true)
  view.setFloat64(table + 36, time, true)
  if (hasId) view.setBigUint64(table + 44, BigInt(messageId), true)
  view.setUint32(streamAt, stream.length, true)
  bytes.set(stream, streamAt + 4)
  view.setUint32(codesAt, eventCodes.length, true)
  bytes.set(new Uint8Array(eventCodes.buffer, eventCodes.byteOffset, eventCodes.byteLength), codesAt + 4)
  view.setUint32(samplesAt, samples.length, true)
  bytes.set(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength), samplesAt + 4)
  return bytes
}

function alignUp(at: number, size: number): number {
  return Math.ceil(at / size) * size
}
