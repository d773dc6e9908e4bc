import { CerebusFormatError } from './CerebusError.ts'

/**
 * Packets of Blackrock's Cerebus instruments, little-endian, one after the other in UDP datagrams:
 *
 *            3.11   4.1
 *   time     u32    u64   ticks of the instrument's clock, whose frequency `SystemInfo` tells
 *   channel  u16    u16   0x8000 configuration; 0 a sample of each channel of a group; others events of a channel
 *   type     u8     u16   kind of configuration, or number of the group
 *   length   u8     u16   of the body, in 32-bit words
 *   instrument      u8    from 0
 *   reserved        u8    0
 *
 * A sample of a group is i16 × channels in the order of `GroupInfo`, filled up to whole words.
 * Inferred from the public header `cbproto` of CereLink and from pyacq's `blackrock.py`; no instrument was seen.
 */
export const CEREBUS_VERSIONS = ['3.11', '4.1'] as const
export type CerebusVersion = (typeof CEREBUS_VERSIONS)[number]

const HEADER_BYTES: Readonly<Record<CerebusVersion, number>> = { '3.11': 8, '4.1': 16 }

/** Channel of the packets that are about the instrument. */
export const CONFIGURATION = 0x8000

export const PACKET = {
  heartbeat: 0x00,
  configuration: 0x08,
  system: 0x10,
  runLevel: 0x12,
  processor: 0x21,
  group: 0x30,
  channel: 0x40,
  channelSampling: 0x48,
  requestConfiguration: 0x88,
  setRunLevel: 0x92,
  setChannelSampling: 0xc8
} as const

/** Groups of 30 000 Hz: filtered, and raw. */
export const FULL_RATE_GROUPS: readonly number[] = [5, 6]

export interface CerebusHeader {
  /** Ticks. Above 2⁵³ the lowest bits are lost, some hundred ns. */
  readonly time: number
  readonly channel: number
  readonly type: number
  /** 0 in version 3.11. */
  readonly instrument?: number
}

/** The packets of a datagram, one after the other: a cursor, so that nothing is allocated for each. */
export class CerebusCursor {
  readonly version: CerebusVersion
  readonly #headerBytes: number
  time = 0
  channel = 0
  type = 0
  instrument = 0
  /** Where the body is in the datagram. */
  from = 0
  to = 0
  #bytes: Buffer = Buffer.alloc(0)

  constructor(version: CerebusVersion) {
    this.version = version
    this.#headerBytes = HEADER_BYTES[version]
  }

  /** Goes to the beginning of a datagram. */
  open(datagram: Buffer): void {
    this.#bytes = datagram
    this.to = 0
  }

  /** Goes to the next packet; false at the end. @throws {CerebusFormatError} when a packet is cut. */
  next(): boolean {
    const bytes = this.#bytes
    const at = this.to
    const left = bytes.length - at
    if (left === 0) return false
    if (left < this.#headerBytes) throw new CerebusFormatError(`expected ${this.#headerBytes} bytes, got ${left}`)
    const isOld = this.version === '3.11'
    this.time = bytes.readUInt32LE(at) + (isOld ? 0 : bytes.readUInt32LE(at + 4) * 2 ** 32)
    this.channel = bytes.readUInt16LE(at + (isOld ? 4 : 8))
    this.type = isOld ? bytes[at + 6]! : bytes.readUInt16LE(at + 10)
    this.instrument = isOld ? 0 : bytes[at + 14]!
    const words = isOld ? bytes[at + 7]! : bytes.readUInt16LE(at + 12)
    this.from = at + this.#headerBytes
    this.to = this.from + 4 * words
    if (this.to > bytes.length) {
      throw new CerebusFormatError(`expected a body of ${4 * words} bytes, got ${bytes.length - this.from}`)
    }
    return true
  }

  get isConfiguration(): boolean {
    return this.channel === CONFIGURATION
  }

  /** The body, valid until the datagram is. */
  get body(): Buffer {
    return this.#bytes.subarray(this.from, this.to)
  }
}

/** One packet; the body is filled up to whole words. */
export function encodeCerebus(version: CerebusVersion, header: CerebusHeader, body: Uint8Array = NOTHING): Buffer {
  const packet = Buffer.alloc(bytesOf(version, body))
  writeCerebus(packet, 0, { version, header, body })
  return packet
}

/** Bytes of a packet with this body. */
export function bytesOf(version: CerebusVersion, body: Uint8Array): number {
  return HEADER_BYTES[version] + 4 * Math.ceil(body.length / 4)
}

/** Writes one packet over zeros. */
export function writeCerebus(
  target: Buffer,
  at: number,
  { version, header, body }: { version: CerebusVersion; header: CerebusHeader; body: Uint8Array }
): void {
  const { time, channel, type, instrument = 0 } = header
  const words = Math.ceil(body.length / 4)
  target.writeUInt32LE(time % 2 ** 32, at)
  target.set(body, at + HEADER_BYTES[version])
  if (version === '3.11') {
    target.writeUInt16LE(channel, at + 4)
    target.writeUInt8(type, at + 6)
    target.writeUInt8(words, at + 7)
    return
  }
  target.writeUInt32LE(Math.floor(time / 2 ** 32), at + 4)
  target.writeUInt16LE(channel, at + 8)
  target.writeUInt16LE(type, at + 10)
  target.writeUInt16LE(words, at + 12)
  target.writeUInt8(instrument, at + 14)
}

const NOTHING = new Uint8Array(0)

/** The version in which a datagram is an answer about the configuration; undefined for any other datagram. */
export function versionOfAnswer(datagram: Buffer): CerebusVersion | undefined {
  return CEREBUS_VERSIONS.find((version) => {
    try {
      const cursor = new CerebusCursor(version)
      let isAnswer = false
      for (cursor.open(datagram); cursor.next();) isAnswer ||= cursor.isConfiguration && ANSWERS.includes(cursor.type)
      return isAnswer
    } catch {
      return false
    }
  })
}

const ANSWERS: readonly number[] = [
  PACKET.configuration,
  PACKET.system,
  PACKET.runLevel,
  PACKET.processor,
  PACKET.group,
  PACKET.channel
]
