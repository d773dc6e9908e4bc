import { CerebusFormatError } from './CerebusError.ts'
import type { CerebusVersion } from './cerebusPackets.ts'

/**
 * Bodies of the packets that tell a Cerebus instrument's configuration, little-endian; offsets of what is used:
 *
 *   system     sysfreq u32 0, runlevel u32 16; 24 bytes
 *   processor  ident 64 bytes 8, chancount u32 76, groupcount u32 84, version u32 108 (minor, major u16); 112 bytes
 *   group      group u32 4, label 16 bytes 8, period u32 24 (of 30 000 Hz), length u32 28, channels u16 × length 32
 *   channel    chan u32 0, chancaps u32 16, ainpcaps u32 32, label 16 bytes 168, scaling 204,
 *              ainpopts u32, smpfilter u32 and smpgroup u32 (places depend on the version)
 *   scaling    digmin i16, digmax i16, anamin i32, anamax i32, anagain i32, unit 8 bytes
 *
 * Source: CereLink's `cbproto/types.h` (4.x) and pyacq's `blackrock.py` (3.11).
 */
const SYSTEM_BYTES = 24
const PROCESSOR_BYTES = 112
const GROUP_BYTES = 32
const MAX_GROUP_CHANNELS = 512
const LABEL_BYTES = 16
const LABEL_AT = 168
const SCALING_AT = 204

/** The channels of version 3.11 have three bytes less before their options; what does not fill a word is not sent. */
const CHANNEL_PLACES: Readonly<Record<CerebusVersion, { options: number; bytes: number }>> = {
  '3.11': { options: 281, bytes: 660 },
  '4.1': { options: 284, bytes: 664 }
}

/** Run level of an instrument that sends samples. */
export const RUNNING = 50

/** Capabilities of a channel. */
export const CHANNEL_CAPS = { exists: 0x1, connected: 0x2, isolated: 0x4, analogInput: 0x100 } as const

/** Bit of a channel's options: it is in the raw group too. */
const RAW_STREAM = 0x40

export interface SystemInfo {
  /** Ticks of the clock per second. */
  readonly frequency: number
  readonly runLevel: number
}

export interface ProcessorInfo {
  readonly ident: string
  readonly channelCount: number
  readonly groupCount: number
  /** Of the protocol. */
  readonly version: readonly [major: number, minor: number]
}

export interface GroupInfo {
  readonly group: number
  readonly label: string
  /** Hz. */
  readonly rate: number
  /** Numbers from 1, in the order of the samples. */
  readonly channels: readonly number[]
}

export interface Scaling {
  readonly digital: readonly [min: number, max: number]
  readonly analog: readonly [min: number, max: number]
  readonly unit: string
}

export interface ChannelInfo {
  /** From 1. */
  readonly channel: number
  readonly capabilities: number
  readonly label: string
  readonly scaling: Scaling
  /** 0: not sampled. */
  readonly sampleGroup: number
  readonly isRaw: boolean
}

export function encodeSystem({ frequency, runLevel }: SystemInfo): Buffer {
  const body = Buffer.alloc(SYSTEM_BYTES)
  body.writeUInt32LE(frequency, 0)
  body.writeUInt32LE(runLevel, 16)
  return body
}

/** @throws {CerebusFormatError}; the other functions that decode too. */
export function decodeSystem(body: Buffer): SystemInfo {
  requireBytes('system', body, SYSTEM_BYTES)
  return { frequency: body.readUInt32LE(0), runLevel: body.readUInt32LE(16) }
}

export function encodeProcessor({ ident, channelCount, groupCount, version }: ProcessorInfo): Buffer {
  const body = Buffer.alloc(PROCESSOR_BYTES)
  body.writeUInt32LE(1, 0)
  body.write(ident, 8, 63, 'latin1')
  body.writeUInt32LE(1, 72)
  body.writeUInt32LE(channelCount, 76)
  body.writeUInt32LE(groupCount, 84)
  body.writeUInt16LE(version[1], 108)
  body.writeUInt16LE(version[0], 110)
  return body
}

export function decodeProcessor(body: Buffer): ProcessorInfo {
  requireBytes('processor', body, PROCESSOR_BYTES)
  return {
    ident: textOf(body, 8, 64),
    channelCount: body.readUInt32LE(76),
    groupCount: body.readUInt32LE(84),
    version: [body.readUInt16LE(110), body.readUInt16LE(108)]
  }
}

export function encodeGroup({ group, label, rate, channels }: GroupInfo): Buffer {
  const body = Buffer.alloc(GROUP_BYTES + 2 * channels.length)
  body.writeUInt32LE(1, 0)
  body.writeUInt32LE(group, 4)
  body.write(label, 8, LABEL_BYTES - 1, 'latin1')
  body.writeUInt32LE(Math.round(30_000 / rate), 24)
  body.writeUInt32LE(channels.length, 28)
  for (const [k, channel] of channels.entries()) body.writeUInt16LE(channel, GROUP_BYTES + 2 * k)
  return body
}

export function decodeGroup(body: Buffer): GroupInfo {
  requireBytes('group', body, GROUP_BYTES)
  const length = body.readUInt32LE(28)
  if (length > MAX_GROUP_CHANNELS) {
    throw new CerebusFormatError(`group: expected up to ${MAX_GROUP_CHANNELS} channels, got ${length}`)
  }
  requireBytes('group', body, GROUP_BYTES + 2 * length)
  const period = body.readUInt32LE(24)
  return {
    group: body.readUInt32LE(4),
    label: textOf(body, 8, LABEL_BYTES),
    rate: period === 0 ? 0 : 30_000 / period,
    channels: Array.from({ length }, (_, k) => body.readUInt16LE(GROUP_BYTES + 2 * k))
  }
}

export function encodeChannel(version: CerebusVersion, info: ChannelInfo): Buffer {
  const { options, bytes } = CHANNEL_PLACES[version]
  const { channel, capabilities, label, scaling } = info
  const body = Buffer.alloc(bytes)
  body.writeUInt32LE(channel, 0)
  body.writeUInt32LE(1, 4)
  body.writeUInt32LE(Math.ceil(channel / 32), 8)
  body.writeUInt32LE(((channel - 1) % 32) + 1, 12)
  body.writeUInt32LE(capabilities, 16)
  body.write(label, LABEL_AT, LABEL_BYTES - 1, 'latin1')
  for (const at of [40, SCALING_AT]) encodeScaling(body, at, scaling)
  body.writeUInt32LE(info.isRaw ? RAW_STREAM : 0, options)
  body.writeUInt32LE(info.sampleGroup, options + 12)
  return body
}

export function decodeChannel(version: CerebusVersion, body: Buffer): ChannelInfo {
  const { options, bytes } = CHANNEL_PLACES[version]
  requireBytes('channel', body, bytes)
  return {
    channel: body.readUInt32LE(0),
    capabilities: body.readUInt32LE(16),
    label: textOf(body, LABEL_AT, LABEL_BYTES),
    scaling: decodeScaling(body, SCALING_AT),
    sampleGroup: body.readUInt32LE(options + 12),
    isRaw: (body.readUInt32LE(options) & RAW_STREAM) !== 0
  }
}

/** A channel as it came, but sampled at 30 000 Hz without a filter. */
export function withFullRate(version: CerebusVersion, body: Buffer): Buffer {
  const { options } = CHANNEL_PLACES[version]
  const changed = Buffer.from(body)
  changed.writeUInt32LE(0, options + 8)
  changed.writeUInt32LE(5, options + 12)
  return changed
}

/** physical = gain × stored + offset; undefined where the instrument tells no scale. */
export function gainOf({ digital, analog }: Scaling): { gain: number; offset: number } | undefined {
  const steps = digital[1] - digital[0]
  if (steps === 0 || analog[0] === analog[1]) return undefined
  const gain = (analog[1] - analog[0]) / steps
  return { gain, offset: analog[0] - gain * digital[0] }
}

function encodeScaling(body: Buffer, at: number, { digital, analog, unit }: Scaling): void {
  body.writeInt16LE(digital[0], at)
  body.writeInt16LE(digital[1], at + 2)
  body.writeInt32LE(analog[0], at + 4)
  body.writeInt32LE(analog[1], at + 8)
  body.writeInt32LE(1, at + 12)
  body.write(unit, at + 16, 7, 'latin1')
}

function decodeScaling(body: Buffer, at: number): Scaling {
  return {
    digital: [body.readInt16LE(at), body.readInt16LE(at + 2)],
    analog: [body.readInt32LE(at + 4), body.readInt32LE(at + 8)],
    unit: textOf(body, at + 16, 8)
  }
}

/** A text that ends at a NUL, or with its place. */
function textOf(body: Buffer, at: number, length: number): string {
  return body.toString('latin1', at, at + length).split('\0')[0]!
}

function requireBytes(what: string, body: Buffer, count: number): void {
  if (body.length < count) throw new CerebusFormatError(`${what}: expected ${count} bytes or more, got ${body.length}`)
}
