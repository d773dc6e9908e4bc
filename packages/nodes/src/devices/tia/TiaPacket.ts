import { TiaFormatError } from './TiaError.ts'
import { signalTypeOf } from './signalTypes.ts'

/**
 * Data packet of TiA 1.0, the same over TCP and UDP, little-endian:
 *
 *    0  version u8      3
 *    1  size    u32     bytes of the packet, these included
 *    5  flags   u32     one bit per signal that is in the packet
 *    9  id      u64     counts packets
 *   17  number  u64     counts packets of the connection
 *   25  time    u64     µs since the server's start (libtia: tens of µs)
 *   33  channels u16 × n   per signal, by rising bit; n: bits that are set
 *       samples  u16 × n   of each channel
 *       values   f32       signal after signal, in it channel after channel
 *
 * From libtia's `raw_mem3` and its documentation of the data packet.
 */
const VERSION = 3
const HEADER = 33
const MAX_COUNT = 0xffff

/** Bytes that a packet may have unless told otherwise; the format allows 4 GiB. */
export const MAX_PACKET = 16 << 20

/** The samples of one signal in a packet. */
export interface TiaBlock {
  /** Bit of the signal's type. */
  readonly bit: number
  readonly channels: number
  /** Of each channel. */
  readonly blockSize: number
  /** `(channels, blockSize)`: the samples of a channel together. */
  readonly data: Float32Array
}

export interface TiaPacketFields {
  packetId: number
  packetNumber: number
  /** µs since the server's start, as far as the server keeps to it. */
  timestamp: number
  blocks: readonly TiaBlock[]
}

/** One data packet. Signals are in the order of their types' bits, which need not be that of the meta information. */
export class TiaPacket {
  /** Counts the packets of the server. */
  readonly packetId: number
  /** Counts the packets of this connection; a step of more than 1 is a loss. */
  readonly packetNumber: number
  readonly timestamp: number
  readonly blocks: readonly TiaBlock[]

  constructor({ packetId, packetNumber, timestamp, blocks }: TiaPacketFields) {
    this.packetId = packetId
    this.packetNumber = packetNumber
    this.timestamp = timestamp
    this.blocks = blocks
  }

  /** All values of each signal, channel after channel. */
  get signals(): readonly Float32Array[] {
    return this.blocks.map(({ data }) => data)
  }

  /** Name of each signal's type. */
  get signalTypes(): readonly string[] {
    return this.blocks.map(({ bit }) => signalTypeOf(bit))
  }

  /** Samples of each channel, per signal. */
  get blockSizes(): readonly number[] {
    return this.blocks.map(({ blockSize }) => blockSize)
  }

  /** Channels of each signal. */
  get channels(): readonly number[] {
    return this.blocks.map(({ channels }) => channels)
  }

  /**
   * The samples of a signal, channel after channel, or those of one channel of it; empty where the signal has fewer
   * channels. Both count from 0; -1 is all channels. A view, not a copy.
   * @throws {RangeError} when the packet has fewer signals
   */
  getChannel(signal: number, channel = -1): Float32Array {
    const block = this.blocks[signal]
    if (block === undefined)
      throw new RangeError(`TiA packet ${this.packetNumber}: it has ${this.blocks.length} signals, not ${signal + 1}`)
    const { data, blockSize } = block
    return channel < 0 ? data : data.subarray(channel * blockSize, (channel + 1) * blockSize)
  }
}

/** Bytes of a packet with these signals. */
export function packetSize(blocks: readonly Pick<TiaBlock, 'channels' | 'blockSize'>[]): number {
  return blocks.reduce((sum, { channels, blockSize }) => sum + 4 * (1 + channels * blockSize), HEADER)
}

/**
 * A packet as bytes of their own.
 * @throws {RangeError} when a signal has no sample, more than 65535 channels or samples, or a bit twice
 */
export function encodePacket({ packetId, packetNumber, timestamp, blocks }: TiaPacketFields): Uint8Array {
  const sorted = blocks.toSorted((a, b) => a.bit - b.bit)
  const bytes = new Uint8Array(packetSize(sorted))
  const view = new DataView(bytes.buffer)
  let flags = 0
  let at = HEADER
  const samplesAt = 2 * sorted.length
  for (const { bit, channels, blockSize, data } of sorted) {
    const flag = 2 ** bit
    if ((flags & flag) !== 0) throw new RangeError(`TiA packet: signal '${signalTypeOf(bit)}' is in it twice`)
    if (!isCount(channels) || !isCount(blockSize) || data.length !== channels * blockSize) {
      const got = `${data.length} values for ${channels} × ${blockSize}`
      throw new RangeError(
        `TiA packet: signal '${signalTypeOf(bit)}': expected 1–65535 channels and samples, got ${got}`
      )
    }
    flags |= flag
    view.setUint16(at, channels, true)
    view.setUint16(at + samplesAt, blockSize, true)
    at += 2
  }
  at += samplesAt
  view.setUint8(0, VERSION)
  view.setUint32(1, bytes.length, true)
  view.setUint32(5, flags, true)
  stampPacket(bytes, { packetId, packetNumber, timestamp })
  for (const { data } of sorted) {
    for (let k = 0; k < data.length; k++, at += 4) view.setFloat32(at, data[k]!, true)
  }
  return bytes
}

/** Writes the numbers of a packet into its bytes. */
export function stampPacket(
  bytes: Uint8Array,
  { packetId, packetNumber, timestamp }: Omit<TiaPacketFields, 'blocks'>
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEADER)
  view.setBigUint64(9, BigInt(packetId), true)
  view.setBigUint64(17, BigInt(packetNumber), true)
  view.setBigUint64(25, BigInt(timestamp), true)
}

/** Reads one whole packet, such as a datagram. @throws {TiaFormatError} */
export function decodePacket(bytes: Uint8Array, maxSize = MAX_PACKET): TiaPacket {
  const size = bytes.length < 5 ? HEADER : sizeOf(bytes, 0, maxSize)
  if (size !== bytes.length) throw new TiaFormatError(`TiA packet: expected ${size} bytes, got ${bytes.length}`)
  return decode(bytes)
}

/**
 * Cuts a stream of bytes into packets. There is nothing by which to find the next packet once one is wrong, nor a checksum: a packet is
 * good when what follows it, as far as it has come, begins as a packet.
 */
export class PacketReader {
  readonly #maxSize: number
  #pending: Uint8Array = new Uint8Array(0)
  /** Bytes of `#pending` that are filled. */
  #filled = 0

  constructor({ maxSize = MAX_PACKET }: { maxSize?: number } = {}) {
    this.#maxSize = maxSize
  }

  /** The packets that are complete with these bytes; they own their samples. @throws {TiaFormatError} */
  *push(bytes: Uint8Array): Generator<TiaPacket, void> {
    let rest = bytes
    while (rest.length > 0) {
      if (this.#filled === 0 && rest.length >= 5) {
        const size = sizeOf(rest, 0, this.#maxSize)
        if (rest.length >= size) {
          const whole = rest.subarray(0, size)
          rest = rest.subarray(size)
          yield this.#decode(whole, rest)
          continue
        }
      }
      rest = this.#gather(rest)
      if (this.#filled < 5 || this.#filled < sizeOf(this.#pending, 0, this.#maxSize)) continue
      const whole = this.#pending.subarray(0, this.#filled)
      this.#filled = 0
      yield this.#decode(whole, rest)
    }
  }

  #decode(bytes: Uint8Array, next: Uint8Array): TiaPacket {
    if (next.length > 0 && next[0] !== VERSION)
      throw new TiaFormatError(`TiA packet: expected version ${VERSION} after it, got ${next[0]}`)
    return decode(bytes)
  }

  /** Takes what is still missing of the packet that has begun, and returns the rest. */
  #gather(bytes: Uint8Array): Uint8Array {
    const known = this.#filled >= 5
    const wanted = (known ? sizeOf(this.#pending, 0, this.#maxSize) : 5) - this.#filled
    const taken = Math.min(wanted, bytes.length)
    if (this.#pending.length < this.#filled + taken) {
      const larger = new Uint8Array(Math.max(HEADER, known ? this.#filled + wanted : 0))
      larger.set(this.#pending.subarray(0, this.#filled))
      this.#pending = larger
    }
    this.#pending.set(bytes.subarray(0, taken), this.#filled)
    this.#filled += taken
    return bytes.subarray(taken)
  }
}

/** The size that the packet at `start` tells. */
function sizeOf(bytes: Uint8Array, start: number, maxSize: number): number {
  const version = bytes[start]
  if (version !== VERSION) throw new TiaFormatError(`TiA packet: expected version ${VERSION}, got ${version}`)
  const size = new DataView(bytes.buffer, bytes.byteOffset + start, 5).getUint32(1, true)
  if (size < HEADER || size > maxSize)
    throw new TiaFormatError(`TiA packet: expected a size of ${HEADER}–${maxSize} bytes, got ${size}`)
  return size
}

function decode(bytes: Uint8Array): TiaPacket {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const bits = bitsOf(view.getUint32(5, true))
  const valuesAt = HEADER + 4 * bits.length
  if (bytes.length < valuesAt)
    throw new TiaFormatError(`TiA packet: ${bits.length} signals do not fit into ${bytes.length} bytes`)
  const sizes = bits.map((bit, k) => ({
    bit,
    channels: view.getUint16(HEADER + 2 * k, true),
    blockSize: view.getUint16(HEADER + 2 * (bits.length + k), true)
  }))
  const values = sizes.reduce((sum, { channels, blockSize }) => sum + channels * blockSize, 0)
  if (bytes.length !== valuesAt + 4 * values)
    throw new TiaFormatError(`TiA packet: expected ${valuesAt + 4 * values} bytes for its signals, got ${bytes.length}`)
  let at = valuesAt
  const blocks = sizes.map((size) => {
    const data = new Float32Array(size.channels * size.blockSize)
    for (let k = 0; k < data.length; k++, at += 4) data[k] = view.getFloat32(at, true)
    return { ...size, data }
  })
  const [packetId, packetNumber, timestamp] = [9, 17, 25].map((place) => Number(view.getBigUint64(place, true))) as [
    number,
    number,
    number
  ]
  return new TiaPacket({ packetId, packetNumber, timestamp, blocks })
}

function bitsOf(flags: number): number[] {
  const bits = []
  for (let bit = 0; bit < 32; bit++) if ((flags >>> bit) & 1) bits.push(bit)
  return bits
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value > 0 && value <= MAX_COUNT
}
