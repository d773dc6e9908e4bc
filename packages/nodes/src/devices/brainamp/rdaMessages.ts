import { RdaFormatError } from './RdaError.ts'

/**
 * Messages of BrainVision Recorder's remote data access, little-endian, one after the other on a TCP connection:
 *
 *   guid  16 bytes  8e455843 96c9864c af4a98bb f6c91450
 *   size  u32       of the whole message, with these 24 bytes
 *   type  u32       1 start, 2 data as int16, 3 stop, 4 data as float32; others are passed over
 *
 *   start    channels u32, sampling interval f64 (µs), resolution f64 (µV) of each channel,
 *            name of each channel, Latin-1, ended by NUL
 *   data     block u32, points u32, markers u32, samples i16 or f32 (points × channels), markers
 *   marker   size u32 (with this), position u32 (points from the start of the block), points u32,
 *            channel i32 (-1: all), type NUL, description NUL
 *
 * The server sends, the client only listens. Source: FieldTrip's `rdadefs.h` and `rda2ft.c`.
 */
const GUID = Buffer.from('8e45584396c9864caf4a98bbf6c91450', 'hex')
const HEADER = 24
const MARKER = 16
const TYPE = { start: 1, int16: 2, stop: 3, float32: 4 } as const

/** Bytes of a message at most: a second of 256 channels at 10 kHz has fewer. */
const MAX_MESSAGE = 1 << 24
const MAX_CHANNELS = 4096

/** Recording or monitoring begins, or its settings changed. */
export interface RdaStart {
  readonly kind: 'start'
  /** µs */
  readonly samplingInterval: number
  /** µV that a 1 stands for, of each channel. */
  readonly resolutions: readonly number[]
  readonly names: readonly string[]
}

export interface RdaMarker {
  /** In points from the start of the block. */
  readonly position: number
  /** Its length. */
  readonly points: number
  /** From 0; -1 is all of them. */
  readonly channel: number
  /** Such as `Stimulus` or `New Segment`. */
  readonly type: string
  /** Such as `S  1`. */
  readonly description: string
}

export interface RdaData {
  readonly kind: 'data'
  /** Counts data messages, modulo 2³². */
  readonly block: number
  /** Samples of each channel. */
  readonly points: number
  /** (points, channels) in one row; µV = value × resolution. The receiver's own memory. */
  readonly values: Int16Array<ArrayBuffer> | Float32Array<ArrayBuffer>
  readonly markers: readonly RdaMarker[]
}

export type RdaMessage =
  | RdaStart
  | RdaData
  | { readonly kind: 'stop' }
  /** One that is not known, such as a keep-alive (10000). */
  | { readonly kind: 'other'; readonly type: number }

/** The bytes of a message. Data of an Int16Array are of type 2, of a Float32Array of type 4. */
export function encodeRda(message: RdaMessage): Buffer {
  switch (message.kind) {
    case 'start':
      return frame(TYPE.start, startBody(message))
    case 'data':
      return frame(message.values instanceof Int16Array ? TYPE.int16 : TYPE.float32, dataBody(message))
    case 'stop':
      return frame(TYPE.stop, [])
    case 'other':
      return frame(message.type, [])
  }
}

/** Cuts what a server sends into messages, wherever the network cut it. */
export class RdaReader {
  readonly #parts: Buffer[] = []
  #length = 0
  #channels: number | undefined;

  /**
   * The messages that are complete with these bytes.
   * @throws {RdaFormatError} for bytes that are no message; the connection is of no use then
   */
  *push(bytes: Buffer): Generator<RdaMessage, void> {
    this.#parts.push(bytes)
    this.#length += bytes.length
    while (this.#length >= HEADER) {
      const { size, type } = readHeader(this.#peek(HEADER))
      if (this.#length < size) return
      yield this.#read(type, this.#take(size).subarray(HEADER))
    }
  }

  #read(type: number, body: Buffer): RdaMessage {
    // Where bytes are missing, the next message is taken for samples.
    if (body.includes(GUID)) throw new RdaFormatError('a message begins within another one')
    if (type === TYPE.start) {
      const start = readStart(body)
      this.#channels = start.names.length
      return start
    }
    if (type === TYPE.int16 || type === TYPE.float32) {
      if (this.#channels === undefined)
        throw new RdaFormatError('data before start: the number of channels is not known')
      return readData(type, body, this.#channels)
    }
    return type === TYPE.stop ? { kind: 'stop' } : { kind: 'other', type }
  }

  /** The first bytes, in one piece. */
  #peek(count: number): Buffer {
    if (this.#parts[0]!.length < count) this.#parts.splice(0, this.#parts.length, Buffer.concat(this.#parts))
    return this.#parts[0]!
  }

  #take(count: number): Buffer {
    const whole = this.#peek(count)
    this.#parts[0] = whole.subarray(count)
    if (whole.length === count) this.#parts.shift()
    this.#length -= count
    return whole.subarray(0, count)
  }
}

function frame(type: number, body: readonly Uint8Array[]): Buffer {
  const message = Buffer.concat([Buffer.alloc(HEADER), ...body])
  GUID.copy(message)
  message.writeUInt32LE(message.length, 16)
  message.writeUInt32LE(type, 20)
  return message
}

function startBody({ samplingInterval, resolutions, names }: RdaStart): Buffer[] {
  const numbers = Buffer.alloc(12 + 8 * names.length)
  numbers.writeUInt32LE(names.length, 0)
  numbers.writeDoubleLE(samplingInterval, 4)
  for (const [k, resolution] of resolutions.entries()) numbers.writeDoubleLE(resolution, 12 + 8 * k)
  return [numbers, ...names.map((name) => Buffer.from(`${name}\0`, 'latin1'))]
}

function dataBody({ block, points, values, markers }: RdaData): Uint8Array[] {
  const head = Buffer.alloc(12)
  head.writeUInt32LE(block, 0)
  head.writeUInt32LE(points, 4)
  head.writeUInt32LE(markers.length, 8)
  return [head, new Uint8Array(values.buffer, values.byteOffset, values.byteLength), ...markers.map(encodeMarker)]
}

function encodeMarker({ position, points, channel, type, description }: RdaMarker): Buffer {
  const texts = Buffer.from(`${type}\0${description}\0`, 'latin1')
  const head = Buffer.alloc(MARKER)
  head.writeUInt32LE(MARKER + texts.length, 0)
  head.writeUInt32LE(position, 4)
  head.writeUInt32LE(points, 8)
  head.writeInt32LE(channel, 12)
  return Buffer.concat([head, texts])
}

function readHeader(bytes: Buffer): { size: number; type: number } {
  if (GUID.compare(bytes, 0, GUID.length) !== 0) {
    throw new RdaFormatError(`expected the identification of a message, got ${bytes.toString('hex', 0, GUID.length)}`)
  }
  const size = bytes.readUInt32LE(16)
  if (size < HEADER || size > MAX_MESSAGE) {
    throw new RdaFormatError(`expected a message of ${HEADER} to ${MAX_MESSAGE} bytes, got one of ${size}`)
  }
  return { size, type: bytes.readUInt32LE(20) }
}

function readStart(body: Buffer): RdaStart {
  requireBytes('start', body, 12)
  const channels = body.readUInt32LE(0)
  const samplingInterval = body.readDoubleLE(4)
  if (channels === 0 || channels > MAX_CHANNELS) {
    throw new RdaFormatError(`start: expected 1 to ${MAX_CHANNELS} channels, got ${channels}`)
  }
  if (!(samplingInterval > 0 && samplingInterval < Infinity)) {
    throw new RdaFormatError(`start: expected a sampling interval in µs, got ${samplingInterval}`)
  }
  requireBytes('start', body, 12 + 8 * channels)
  const resolutions = Array.from({ length: channels }, (_, k) => body.readDoubleLE(12 + 8 * k))
  const wrong = resolutions.find((resolution) => !Number.isFinite(resolution))
  if (wrong !== undefined) throw new RdaFormatError(`start: expected a resolution in µV, got ${wrong}`)
  const names = body.toString('latin1', 12 + 8 * channels).split('\0')
  if (names.length <= channels) {
    throw new RdaFormatError(`start: expected names of ${channels} channels, got ${names.length - 1}`)
  }
  return { kind: 'start', samplingInterval, resolutions, names: names.slice(0, channels) }
}

function readData(type: number, body: Buffer, channels: number): RdaData {
  requireBytes('data', body, 12)
  const block = body.readUInt32LE(0)
  const points = body.readUInt32LE(4)
  const count = points * channels
  const bytes = count * (type === TYPE.int16 ? 2 : 4)
  requireBytes('data', body, 12 + bytes)
  // Samples lie anywhere in what came from the network; arrays of numbers need memory of their own.
  const values = type === TYPE.int16 ? new Int16Array(count) : new Float32Array(count)
  new Uint8Array(values.buffer).set(body.subarray(12, 12 + bytes))
  return { kind: 'data', block, points, values, markers: readMarkers(body.subarray(12 + bytes), body.readUInt32LE(8)) }
}

function readMarkers(bytes: Buffer, count: number): RdaMarker[] {
  const markers: RdaMarker[] = []
  for (let at = 0; markers.length < count;) {
    requireBytes('marker', bytes, at + MARKER)
    const size = bytes.readUInt32LE(at)
    if (size < MARKER) throw new RdaFormatError(`marker: expected at least ${MARKER} bytes, got ${size}`)
    requireBytes('marker', bytes, at + size)
    const [type = '', description = ''] = bytes.toString('latin1', at + MARKER, at + size).split('\0')
    markers.push({
      position: bytes.readUInt32LE(at + 4),
      points: bytes.readUInt32LE(at + 8),
      channel: bytes.readInt32LE(at + 12),
      type,
      description
    })
    at += size
  }
  return markers
}

function requireBytes(what: string, bytes: Buffer, count: number): void {
  if (bytes.length < count) throw new RdaFormatError(`${what}: expected ${count} bytes or more, got ${bytes.length}`)
}
