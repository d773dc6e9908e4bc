/**
 * Notifications of the OpenBCI Ganglion over Bluetooth Low Energy, 20 bytes, firmware 3:
 *
 *   0        0–99     two samples of four channels, 18 bits each, the highest first; the last byte is one of acceleration
 *            100–199  the same with 19 bits each, and no acceleration
 *            201–205  impedance of channel 1–4 and of the reference, text of kΩ that ends with Z
 *            206, 207 text, which goes on or ends
 *   1–18/19           the samples
 *   19       i8       acceleration, 0.016 g; of X, Y, Z where byte 0 ends in 1, 2, 3
 *
 * A sample is the high bits of 24, in two's complement; the firmware puts the sign into the lowest bit, too. Counts are given
 * as 24 bits here. BrainFlow subtracts one from negative samples, which this does not.
 *
 * Source: OpenBCI/OpenBCI_Ganglion_Library 3.0.2. Notifications of firmware 2, which are differences, are not read.
 */
const GANGLION_PACKET_SIZE = 20
export const GANGLION_CHANNELS = 4
export const GANGLION_RATE = 200
/** Samples of each packet, and what its number counts up to. */
export const GANGLION_SAMPLES = 2
export const GANGLION_COUNTER = 100
/** µV of one count. */
export const GANGLION_MICROVOLTS = 1.2e6 / (8_388_607 * 1.5 * 51)
/** g of one count. */
export const GANGLION_G = 0.016

const FIRST_IMPEDANCE = 201
const LAST_IMPEDANCE = 205
const TEXT_GOES_ON = 206
const TEXT_ENDS = 207
const FIRST_AXIS = 1

export interface GanglionPacket {
  kind: 'samples' | 'impedance' | 'text' | 'unknown'
  /** 0–99; of samples. */
  number: number
  /** 18 or 19; of samples. */
  bits: number
  /** Four channels of the first, then of the second sample, 24 bits. */
  readonly counts: Int32Array
  /** 0–2 for X, Y, Z; -1 for none. */
  axis: number
  /** Counts of that axis. */
  acceleration: number
  /** 1–5, and kΩ; of impedances. */
  channel: number
  impedance: number
  text: string
}

export function emptyGanglionPacket(): GanglionPacket {
  return {
    kind: 'unknown',
    number: 0,
    bits: 18,
    counts: new Int32Array(GANGLION_SAMPLES * GANGLION_CHANNELS),
    axis: -1,
    acceleration: 0,
    channel: 0,
    impedance: NaN,
    text: ''
  }
}

/** Reads a notification into `packet`; one of another size, or of another kind, is `unknown`. */
export function readGanglionPacket(bytes: Uint8Array, packet: GanglionPacket): void {
  const id = bytes[0]
  packet.kind = 'unknown'
  if (id === undefined) return
  if (id < 2 * GANGLION_COUNTER) {
    if (bytes.length === GANGLION_PACKET_SIZE) readSamples(bytes, packet)
  } else if (id >= FIRST_IMPEDANCE && id <= LAST_IMPEDANCE) {
    const [, kiloohms] = /^\s*(\d+)\s*Z/.exec(textOf(bytes)) ?? []
    if (kiloohms === undefined) return
    packet.kind = 'impedance'
    packet.channel = id - FIRST_IMPEDANCE + 1
    packet.impedance = Number(kiloohms)
  } else if (id === TEXT_GOES_ON || id === TEXT_ENDS) {
    packet.kind = 'text'
    packet.text = textOf(bytes)
  }
}

/** Writes samples as `readGanglionPacket` reads them; the bits below 18 or 19 of a count are lost. */
export function writeGanglionSamples(packet: Readonly<GanglionPacket>): Uint8Array {
  const { number, bits, counts, axis, acceleration } = packet
  const bytes = new Uint8Array(GANGLION_PACKET_SIZE)
  bytes[0] = bits === 18 ? number : number + GANGLION_COUNTER
  let at = 8
  for (const count of counts) {
    const code = count >> (24 - bits)
    for (let bit = bits - 1; bit >= 0; bit--, at++) bytes[at >> 3]! |= ((code >> bit) & 1) << (7 - (at & 7))
  }
  if (bits === 18 && axis >= 0) bytes[19] = acceleration
  return bytes
}

/** @param channel 1–5; @param kiloohms whole */
export function writeGanglionImpedance(channel: number, kiloohms: number): Uint8Array {
  return Buffer.concat([Buffer.from([FIRST_IMPEDANCE + channel - 1]), Buffer.from(`${kiloohms}Z\n`)])
}

function readSamples(bytes: Uint8Array, packet: GanglionPacket): void {
  const id = bytes[0]!
  packet.kind = 'samples'
  packet.bits = id < GANGLION_COUNTER ? 18 : 19
  packet.number = id % GANGLION_COUNTER
  for (let k = 0, at = 8; k < packet.counts.length; k++, at += packet.bits) {
    packet.counts[k] = countAt(bytes, at, packet.bits)
  }
  const axis = (id % 10) - FIRST_AXIS
  packet.axis = packet.bits === 18 && axis >= 0 && axis <= 2 ? axis : -1
  packet.acceleration = (bytes[19]! << 24) >> 24
}

/** The code of `bits` bits from bit `at` on, as a count of 24 bits. */
function countAt(bytes: Uint8Array, at: number, bits: number): number {
  let code = 0
  for (let bit = at; bit < at + bits; bit++) code = (code << 1) | ((bytes[bit >> 3]! >> (7 - (bit & 7))) & 1)
  return (code << (32 - bits)) >> 8
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.subarray(1)).toString('latin1').replaceAll('\0', '')
}
