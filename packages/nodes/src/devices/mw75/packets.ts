/**
 * What an MW75 sends over Bluetooth (RFCOMM channel 25): packets of 63 bytes, little-endian, in pieces of any size.
 *
 *    0  sync      u8   0xAA
 *    1  event     u8   239: EEG
 *    2  length    u8   0x3C
 *    3  counter   u8
 *    4  REF       f32
 *    8  DRL       f32
 *   12  channels  f32  × 12; a value × 0.023842 is µV
 *   60  status    u8   flags of the device
 *   61  checksum  u16  sum of bytes 0 to 60
 *
 * Layout and scale are those of arctop/mw75-streamer, `packet_processor.py`.
 */
const SIZE = 63
const SYNC = 0xaa
const LENGTH = 0x3c
const EEG_EVENT = 239
const MICROVOLTS = 0.023842
export const CHANNEL_COUNT = 12
/** The counter runs from 0 to 255. */
export const COUNTER_MODULUS = 256
/** Packets per second. */
export const SAMPLE_RATE = 500

/** One sample of all channels. */
export interface Mw75Packet {
  /** 239 for EEG. */
  readonly eventId: number
  /** 0–255, then from 0 again. */
  readonly counter: number
  /** As the device sends it, unscaled. */
  readonly ref: number
  /** As the device sends it, unscaled. */
  readonly drl: number
  /** µV; an electrode without contact is near 200,001. */
  readonly channels: readonly number[]
  /** Flags of the device. */
  readonly featureStatus: number
}

/** The bytes of a packet of EEG. */
export function encodePacket({ counter, ref, drl, channels, featureStatus, eventId }: Mw75Packet): Uint8Array {
  const bytes = new Uint8Array(SIZE)
  const view = new DataView(bytes.buffer)
  bytes.set([SYNC, eventId, LENGTH, counter])
  view.setFloat32(4, ref, true)
  view.setFloat32(8, drl, true)
  for (let k = 0; k < CHANNEL_COUNT; k++) view.setFloat32(12 + 4 * k, (channels[k] ?? 0) / MICROVOLTS, true)
  bytes[60] = featureStatus
  view.setUint16(61, sumOf(bytes, 0), true)
  return bytes
}

/**
 * Finds the packets in the pieces that arrive. Where a checksum is wrong it goes on one byte later, so that one damaged
 * packet costs no other. Between two pieces it keeps less than one packet.
 */
export class PacketReader {
  #rest = new Uint8Array(0)
  /** Packets of EEG. */
  valid = 0
  /** Places that began like a packet and were none. */
  invalid = 0
  /** Packets of other events, which are passed over. */
  others = 0

  /** Bytes that wait for the rest of their packet. */
  get waiting(): number {
    return this.#rest.length
  }

  /** @param onPacket gets each packet of EEG, in order */
  read(piece: Uint8Array, onPacket: (packet: Mw75Packet) => void): void {
    const bytes = this.#append(piece)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    let at = nextSync(bytes, 0)
    while (at + SIZE <= bytes.length) {
      if (!isPacket(view, bytes, at)) {
        this.invalid += 1
        at = nextSync(bytes, at + 1)
        continue
      }
      if (bytes[at + 1] === EEG_EVENT) {
        this.valid += 1
        onPacket(decode(view, at))
      } else {
        this.others += 1
      }
      at = nextSync(bytes, at + SIZE)
    }
    // A copy: the piece belongs to who gave it.
    this.#rest = bytes.slice(at)
  }

  #append(piece: Uint8Array): Uint8Array {
    if (this.#rest.length === 0) return piece
    const bytes = new Uint8Array(this.#rest.length + piece.length)
    bytes.set(this.#rest)
    bytes.set(piece, this.#rest.length)
    return bytes
  }
}

function nextSync(bytes: Uint8Array, from: number): number {
  const at = bytes.indexOf(SYNC, from)
  return at < 0 ? bytes.length : at
}

function isPacket(view: DataView, bytes: Uint8Array, at: number): boolean {
  return bytes[at + 2] === LENGTH && view.getUint16(at + 61, true) === sumOf(bytes, at)
}

function sumOf(bytes: Uint8Array, from: number): number {
  let sum = 0
  for (let k = from; k < from + 61; k++) sum += bytes[k]!
  return sum
}

function decode(view: DataView, at: number): Mw75Packet {
  const channels = new Array<number>(CHANNEL_COUNT)
  for (let k = 0; k < CHANNEL_COUNT; k++) channels[k] = view.getFloat32(at + 12 + 4 * k, true) * MICROVOLTS
  return {
    eventId: view.getUint8(at + 1),
    counter: view.getUint8(at + 3),
    ref: view.getFloat32(at + 4, true),
    drl: view.getFloat32(at + 8, true),
    channels,
    featureStatus: view.getUint8(at + 60)
  }
}
