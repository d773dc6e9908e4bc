import type { EmotivModel } from './EmotivCipher.ts'

/**
 * Decrypted reports of Emotiv headsets, 32 bytes.
 *
 * Fourteen bits (EPOC; EPOC+ in that mode). Levels are fields of 14 bits, the highest first:
 *
 *   byte  0        0–127 counter; from 128 on battery, once after 127
 *   bits  8–105    F3 FC5 AF3 F7 T7 P7 O1
 *   bytes 13–15    quality of the contact of the sensor that the counter names: the five high bits of byte 13, byte 14, the
 *                  lowest bit of byte 15, the lowest first. So emokit and pyacq read it; the two highest bits of byte 13
 *                  are those of O1 too
 *   bits 134–231   O2 P8 T8 F8 AF4 FC6 F4
 *   byte 29, 30    gyroscope X, Y, around 106 and 105
 *
 * Sixteen bits (EPOC+, EPOC X), u16 little-endian:
 *
 *   byte  0        counter 0–255 of EEG, 0–127 of motion
 *   byte  1        16 EEG, 32 motion (its contents are not known)
 *   bytes 2–15     F3 FC5 AF3 F7 T7 P7 O1
 *   bytes 16–17    quality; whose is not known
 *   bytes 18–31    O2 P8 T8 F8 AF4 FC6 F4
 *
 * Sources: openyou/emokit with its recordings, pyacq/devices/eeg_emotiv.py.
 */
const WIRE_SENSORS = [
  'F3', 'FC5', 'AF3', 'F7', 'T7', 'P7', 'O1', 'O2', 'P8', 'T8', 'F8', 'AF4', 'FC6', 'F4'
] as const // prettier-ignore

/** The order of pyacq's channels. */
export const EMOTIV_CHANNELS = [
  'F3', 'F4', 'P7', 'FC6', 'F7', 'F8', 'T7', 'P8', 'FC5', 'AF4', 'T8', 'O2', 'O1', 'AF3'
] as const // prettier-ignore

/** Place of each channel among the sensors of a report. */
const PLACES = EMOTIV_CHANNELS.map((name) => WIRE_SENSORS.indexOf(name))

export const EMOTIV_RATE = 128
/** Reports from one battery value to the next: counters 0 to 127, then the battery. A recording shows 127, battery, 0. */
export const EPOC_COUNTER = 129
const EPOC_PLUS_COUNTER = 256
/** Place of the battery value among the counters. */
export const BATTERY_PLACE = 128
/** Bytes of the battery are 224–255. */
const FIRST_BATTERY = 224
/** What pyacq divides the quality by. */
const QUALITY_SCALE = 540
const LEVEL_BITS = 14
const GYRO_CENTER = { x: 106, y: 105 } as const
const HALF = 7
const FIRST_BIT = 8
const SECOND_BIT = 134

export interface EmotivFormat {
  readonly bits: 14 | 16
  /** What the counter counts up to. */
  readonly counter: number
  /** µV of one level. */
  readonly microvolts: number
}

export function formatOf(model: EmotivModel): EmotivFormat {
  return model === 'epocPlus' || model === 'epocX'
    ? { bits: 16, counter: EPOC_PLUS_COUNTER, microvolts: 0.128205128205129 }
    : { bits: 14, counter: EPOC_COUNTER, microvolts: 0.51515151515 }
}

export interface EmotivReport {
  kind: 'eeg' | 'motion'
  /** 0 up to the counter of the format; of motion 0–127. */
  counter: number
  /** Levels in the order of `EMOTIV_CHANNELS`. */
  readonly levels: Uint16Array
  /** Raw quality; whose, says `sensor`. */
  quality: number
  /** Index in `EMOTIV_CHANNELS` of the sensor that the quality is of; -1 for none. */
  sensor: number
  gyroX: number
  gyroY: number
  /** The byte of the battery; 0 when this report has none. */
  battery: number
}

export function emptyEmotivReport(): EmotivReport {
  const levels = new Uint16Array(EMOTIV_CHANNELS.length)
  return { kind: 'eeg', counter: 0, levels, quality: 0, sensor: -1, gyroX: 0, gyroY: 0, battery: 0 }
}

/** Reads a decrypted report into `report`. @param bytes 32 */
export function readEmotivReport(bytes: Uint8Array, { bits }: EmotivFormat, report: EmotivReport): void {
  if (bits === 16) readSixteen(bytes, report)
  else readFourteen(bytes, report)
}

/** Writes the bytes that `readEmotivReport` reads. What it does not read is left as it is in `bytes`. */
export function writeEmotivReport(report: Readonly<EmotivReport>, { bits }: EmotivFormat, bytes: Uint8Array): void {
  if (bits === 16) writeSixteen(report, bytes)
  else writeFourteen(report, bytes)
}

/** Whether the report is one of motion, which counts on its own. */
export function isMotion(bytes: Uint8Array, { bits }: EmotivFormat): boolean {
  return bits === 16 && bytes[1] === 32
}

/** The counter of a decrypted report; -1 for a first byte that is neither a counter nor a battery value. */
export function counterOf(bytes: Uint8Array, { bits }: EmotivFormat): number {
  const first = bytes[0]!
  if (bits === 16 || first < BATTERY_PLACE) return first
  return first < FIRST_BATTERY ? -1 : BATTERY_PLACE
}

/** What pyacq calls impedance: greater is better. */
export function contactOf(quality: number): number {
  return quality / QUALITY_SCALE
}

function readFourteen(bytes: Uint8Array, report: EmotivReport): void {
  const first = bytes[0]!
  const isBattery = first >= BATTERY_PLACE
  report.kind = 'eeg'
  report.counter = Math.min(first, BATTERY_PLACE)
  report.battery = isBattery ? first : 0
  for (let channel = 0; channel < PLACES.length; channel++) {
    report.levels[channel] = bitsAt(bytes, bitOf(PLACES[channel]!))
  }
  report.quality = (bytes[13]! >> 3) + (bytes[14]! << 5) + ((bytes[15]! & 1) << 13)
  report.sensor = isBattery ? -1 : sensorOf(first)
  report.gyroX = bytes[29]! - GYRO_CENTER.x
  report.gyroY = bytes[30]! - GYRO_CENTER.y
}

function writeFourteen(report: Readonly<EmotivReport>, bytes: Uint8Array): void {
  bytes[0] = report.battery > 0 ? report.battery : report.counter
  for (let channel = 0; channel < PLACES.length; channel++) {
    setBits(bytes, bitOf(PLACES[channel]!), report.levels[channel]!)
  }
  // The two highest bits are those of O1.
  bytes[13] = (bytes[13]! & 0xc7) | ((report.quality & 0x07) << 3)
  bytes[14] = report.quality >> 5
  bytes[15] = (bytes[15]! & 0xfe) | ((report.quality >> 13) & 1)
  bytes[29] = report.gyroX + GYRO_CENTER.x
  bytes[30] = report.gyroY + GYRO_CENTER.y
}

function readSixteen(bytes: Uint8Array, report: EmotivReport): void {
  report.kind = bytes[1] === 32 ? 'motion' : 'eeg'
  report.counter = bytes[0]!
  report.battery = 0
  for (let channel = 0; channel < PLACES.length; channel++) {
    const at = byteOf(PLACES[channel]!)
    report.levels[channel] = bytes[at]! | (bytes[at + 1]! << 8)
  }
  report.quality = bytes[16]! | (bytes[17]! << 8)
  report.sensor = -1
  report.gyroX = report.gyroY = 0
}

function writeSixteen(report: Readonly<EmotivReport>, bytes: Uint8Array): void {
  bytes[0] = report.counter
  bytes[1] = report.kind === 'motion' ? 32 : 16
  for (let channel = 0; channel < PLACES.length; channel++) {
    const at = byteOf(PLACES[channel]!)
    bytes[at] = report.levels[channel]!
    bytes[at + 1] = report.levels[channel]! >> 8
  }
  bytes[16] = report.quality
  bytes[17] = report.quality >> 8
}

function bitOf(place: number): number {
  return place < HALF ? FIRST_BIT + place * LEVEL_BITS : SECOND_BIT + (place - HALF) * LEVEL_BITS
}

function byteOf(place: number): number {
  return 2 + 2 * place + (place < HALF ? 0 : 2)
}

/** Fourteen bits from bit `at` on, bit 0 being the highest of byte 0. They lie in three bytes. */
function bitsAt(bytes: Uint8Array, at: number): number {
  const byte = at >> 3
  const three = (bytes[byte]! << 16) | (bytes[byte + 1]! << 8) | bytes[byte + 2]!
  return (three >> (24 - LEVEL_BITS - (at & 7))) & 0x3fff
}

function setBits(bytes: Uint8Array, at: number, value: number): void {
  const byte = at >> 3
  const shift = 24 - LEVEL_BITS - (at & 7)
  const three = (bytes[byte]! << 16) | (bytes[byte + 1]! << 8) | bytes[byte + 2]!
  const changed = (three & ~(0x3fff << shift)) | ((value & 0x3fff) << shift)
  bytes[byte] = changed >> 16
  bytes[byte + 1] = changed >> 8
  bytes[byte + 2] = changed
}

/** Counters 0–13 and 64–77 name the sensors in the order of the report; a few more after them. */
const NAMED: ReadonlyMap<number, number> = new Map([
  ...[0, 64].flatMap((from) => WIRE_SENSORS.map((name, k) => [from + k, channelOf(name)] as const)),
  [14, channelOf('F8')],
  [78, channelOf('F8')],
  [15, channelOf('AF4')],
  [79, channelOf('AF4')],
  [80, channelOf('FC6')]
])

function channelOf(name: (typeof WIRE_SENSORS)[number]): number {
  return EMOTIV_CHANNELS.indexOf(name)
}

/** Index in `EMOTIV_CHANNELS`; -1 for counters that name no sensor. */
function sensorOf(counter: number): number {
  return NAMED.get(counter) ?? -1
}

/** Percent from 247 down to 224; above all are 100. */
const PERCENT = [99, 97, 93, 89, 85, 82, 77, 72, 66, 62, 55, 46, 32, 20, 12, 6, 4, 3, 2, 2, 2, 1, 0, 0] as const
const FULL = 248

/** Percent of a battery byte, 128–255. */
export function batteryPercent(byte: number): number {
  return byte >= FULL ? 100 : (PERCENT[FULL - 1 - byte] ?? 0)
}

/** A byte that `batteryPercent` reads as `percent` or the next below. */
export function batteryByte(percent: number): number {
  const at = PERCENT.findIndex((value) => value <= percent)
  return percent >= 100 ? FULL : FULL - 1 - (at < 0 ? PERCENT.length - 1 : at)
}
