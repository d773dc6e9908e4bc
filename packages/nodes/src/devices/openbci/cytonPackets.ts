/**
 * Packets of the OpenBCI Cyton on its serial port, 33 bytes, big-endian:
 *
 *    0     0xA0
 *    1     u8   number of the sample, wraps after 255
 *    2–25  i24  eight channels, in counts of the converter
 *   26–31       auxiliary, as the stop byte says
 *   32     stop byte
 *
 *   C0  acceleration X Y Z, i16, 0.000125 g; zeros while there is no new value (the sensor has 25 Hz)
 *   C1  three auxiliary i16: A5 A6 A7, or the digital pins
 *   C2  six bytes of the user's own
 *   C3  one axis of acceleration, i16, and the board's time, u32 ms, which has just been set
 *   C4  the same, the time running; the axis is X where the number ends in 7, Y in 8, Z in 9, else there is none
 *   C5  one auxiliary u16 and the board's time, which has just been set
 *   C6  the same, the time running
 *
 * Source: firmware of OpenBCI/OpenBCI_Cyton_Library.
 */
export const CYTON_PACKET_SIZE = 33
export const CYTON_CHANNELS = 8
export const CYTON_START = 0xa0
export const CYTON_STOP_FIRST = 0xc0
/** C7 to CF are of no format that is known. */
export const CYTON_STOP_LAST = 0xc6
const CYTON_AUX_BYTES = 6

/** Times a second that the board sends a packet, over radio. */
export const CYTON_RATE = 250
/** The number of a sample is 0 to 255. */
export const CYTON_COUNTER = 256
/** g of one count of acceleration, ±4 g. */
export const CYTON_G = 0.000125

/** V of the converter's reference, ADS1299. */
const REFERENCE = 4.5
const FULL_SCALE = 2 ** 23 - 1

/** µV of one count at a gain of 1, 2, 4, 6, 8, 12 or 24. */
export function cytonMicrovolts(gain: number): number {
  return ((REFERENCE / gain) * 1e6) / FULL_SCALE
}

export interface CytonPacket {
  /** 0–255 */
  sampleNumber: number
  /** Eight channels, −2²³ to 2²³ − 1. */
  readonly counts: Int32Array
  /** 0xC0–0xC6 */
  stop: number
  /** Six bytes. */
  readonly aux: Uint8Array
}

export function emptyCytonPacket(): CytonPacket {
  return {
    sampleNumber: 0,
    counts: new Int32Array(CYTON_CHANNELS),
    stop: CYTON_STOP_FIRST,
    aux: new Uint8Array(CYTON_AUX_BYTES)
  }
}

/** Reads the packet that begins at `at` into `packet`; start and stop byte were looked at before. */
export function readCytonPacket(bytes: Uint8Array, at: number, packet: CytonPacket): void {
  packet.sampleNumber = bytes[at + 1]!
  for (let k = 0, from = at + 2; k < CYTON_CHANNELS; k++, from += 3) {
    // Shifted to the top first, so that the sign comes along.
    packet.counts[k] = ((bytes[from]! << 24) | (bytes[from + 1]! << 16) | (bytes[from + 2]! << 8)) >> 8
  }
  for (let k = 0; k < CYTON_AUX_BYTES; k++) packet.aux[k] = bytes[at + 26 + k]!
  packet.stop = bytes[at + CYTON_PACKET_SIZE - 1]!
}

/** Writes a packet at `at`; counts beyond 24 bits lose their high bits. */
export function writeCytonPacket(packet: Readonly<CytonPacket>, bytes: Uint8Array, at: number): void {
  bytes[at] = CYTON_START
  bytes[at + 1] = packet.sampleNumber
  for (let k = 0, from = at + 2; k < CYTON_CHANNELS; k++, from += 3) {
    const count = packet.counts[k]!
    bytes[from] = count >> 16
    bytes[from + 1] = count >> 8
    bytes[from + 2] = count
  }
  bytes.set(packet.aux, at + 26)
  bytes[at + CYTON_PACKET_SIZE - 1] = packet.stop
}

/** What the auxiliary bytes say. */
export type CytonAux =
  | { readonly kind: 'acceleration'; readonly counts: readonly number[] }
  | { readonly kind: 'raw'; readonly counts: readonly number[] }
  | { readonly kind: 'user'; readonly bytes: readonly number[] }
  | {
      readonly kind: 'timedAcceleration'
      /** 0–2 for X, Y, Z; undefined where the packet has none. */
      readonly axis: number | undefined
      readonly count: number
      /** ms of the board's clock. */
      readonly boardTime: number
      readonly isSet: boolean
    }
  | { readonly kind: 'timedRaw'; readonly count: number; readonly boardTime: number; readonly isSet: boolean }

/** Units digit of the number of a sample that carries the first axis, in packets with the board's time. */
const FIRST_AXIS_DIGIT = 7

export function readCytonAux({ stop, aux, sampleNumber }: Readonly<CytonPacket>): CytonAux {
  switch (stop) {
    case 0xc0:
      return { kind: 'acceleration', counts: [int16(aux, 0), int16(aux, 2), int16(aux, 4)] }
    case 0xc1:
      return { kind: 'raw', counts: [int16(aux, 0), int16(aux, 2), int16(aux, 4)] }
    case 0xc3:
    case 0xc4: {
      const axis = (sampleNumber % 10) - FIRST_AXIS_DIGIT
      return {
        kind: 'timedAcceleration',
        axis: axis < 0 ? undefined : axis,
        count: int16(aux, 0),
        boardTime: uint32(aux, 2),
        isSet: stop === 0xc3
      }
    }
    case 0xc5:
    case 0xc6:
      return { kind: 'timedRaw', count: uint16(aux, 0), boardTime: uint32(aux, 2), isSet: stop === 0xc5 }
    default:
      return { kind: 'user', bytes: [...aux] }
  }
}

/** The bytes that `readCytonAux` reads, into `packet`, with the stop byte. */
export function writeCytonAux(aux: CytonAux, packet: CytonPacket): void {
  const view = new DataView(packet.aux.buffer, packet.aux.byteOffset, CYTON_AUX_BYTES)
  switch (aux.kind) {
    case 'acceleration':
    case 'raw':
      for (let k = 0; k < 3; k++) view.setInt16(2 * k, aux.counts[k]!)
      packet.stop = aux.kind === 'raw' ? 0xc1 : 0xc0
      return
    case 'user':
      packet.aux.set(aux.bytes)
      packet.stop = 0xc2
      return
    case 'timedAcceleration':
    case 'timedRaw':
      view.setUint16(0, aux.count)
      view.setUint32(2, aux.boardTime)
      packet.stop = (aux.kind === 'timedRaw' ? 0xc5 : 0xc3) + (aux.isSet ? 0 : 1)
  }
}

function uint16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!
}

function int16(bytes: Uint8Array, at: number): number {
  return (uint16(bytes, at) << 16) >> 16
}

function uint32(bytes: Uint8Array, at: number): number {
  return uint16(bytes, at) * 65_536 + uint16(bytes, at + 2)
}
