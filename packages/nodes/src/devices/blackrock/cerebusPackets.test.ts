import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CerebusFormatError } from './CerebusError.ts'
import {
  decodeChannel,
  decodeGroup,
  decodeProcessor,
  decodeSystem,
  encodeChannel,
  encodeGroup
} from './cerebusConfig.ts'
import { encodeProcessor, encodeSystem, gainOf, withFullRate } from './cerebusConfig.ts'
import { CEREBUS_VERSIONS, CerebusCursor, encodeCerebus, PACKET, versionOfAnswer } from './cerebusPackets.ts'
import type { CerebusVersion } from './cerebusPackets.ts'

/** Made by hand from the public header; no instrument was seen. */
const vectors = JSON.parse(
  readFileSync(new URL('../../../test/fixtures/cerebus_packets.json', import.meta.url), 'utf8')
) as {
  readonly packets: readonly {
    readonly name: string
    readonly headerVersion: 3 | 4
    readonly hex: string
    readonly time: number
    readonly group?: number
    readonly samples?: readonly number[]
    readonly chid?: number
    readonly type?: number
  }[]
  readonly concatenatedV3Hex: string
}

const samplesOf = (body: Buffer) => Array.from({ length: body.length / 2 }, (_, k) => body.readInt16LE(2 * k))

function readAll(version: CerebusVersion, datagram: Buffer) {
  const cursor = new CerebusCursor(version)
  const packets = []
  for (cursor.open(datagram); cursor.next();) {
    const { time, channel, type, instrument, body } = cursor
    packets.push({ time, channel, type, instrument, body: Buffer.from(body) })
  }
  return packets
}

/** What it gives, or the name of its error. */
function outcomeOf(read: () => unknown): unknown {
  try {
    return read()
  } catch (error) {
    return (error as Error).name
  }
}

test.each(vectors.packets)('$name is read as it says, and written again', (vector) => {
  const { headerVersion, hex, time, group, samples = [], chid = 0, type = group! } = vector
  const version = headerVersion === 3 ? '3.11' : '4.1'
  const [packet, ...more] = readAll(version, Buffer.from(hex, 'hex'))
  expect(more).toEqual([])
  expect(packet).toMatchObject({ time, channel: chid, type })
  expect(samplesOf(packet!.body).slice(0, samples.length)).toEqual(samples)
  const body = new Uint8Array(Int16Array.from(samples).buffer)
  expect(encodeCerebus(version, { time, channel: chid, type }, body).toString('hex')).toBe(hex)
})

test('packets of one datagram come one after the other', () => {
  const packets = readAll('3.11', Buffer.from(vectors.concatenatedV3Hex, 'hex'))
  expect(packets.map(({ time, channel, type }) => [time, channel, type])).toEqual([
    [30_000, 0, 5],
    [30_010, 0x8000, 0],
    [30_001, 0, 5]
  ])
})

const version = fc.constantFrom(...CEREBUS_VERSIONS)
const packet = fc.record({
  time: fc.nat(2 ** 31),
  channel: fc.nat(0xffff),
  type: fc.nat(0xff),
  words: fc.array(fc.nat(255), { maxLength: 40 })
})
const encodeAll = (
  of: CerebusVersion,
  packets: readonly { words: number[]; time: number; channel: number; type: number }[]
) => Buffer.concat(packets.map(({ words, ...header }) => encodeCerebus(of, header, Uint8Array.from(words))))

test('packets are what was written; a datagram that is cut gives those before the cut and an error', () => {
  fc.assert(
    fc.property(version, fc.array(packet, { maxLength: 5 }), fc.nat(400), (of, packets, cut) => {
      const datagram = encodeAll(of, packets)
      const read = readAll(of, datagram)
      expect(read.map(({ time, channel, type }) => ({ time, channel, type }))).toEqual(
        packets.map(({ time, channel, type }) => ({ time, channel, type }))
      )
      const ends = read.map((_, k) => encodeAll(of, packets.slice(0, k + 1)).length)
      const length = Math.min(cut, datagram.length)
      const isWhole = length === 0 || ends.includes(length)
      const expected = isWhole ? read.slice(0, ends.indexOf(length) + 1) : 'CerebusFormatError'
      expect(outcomeOf(() => readAll(of, datagram.subarray(0, length)))).toEqual(expected)
    })
  )
})

test('random bytes are packets or a CerebusFormatError, as datagrams and as bodies', () => {
  let refused = 0
  fc.assert(
    fc.property(version, fc.uint8Array({ maxLength: 800 }), (of, bytes) => {
      const noise = Buffer.from(bytes)
      const readers = [
        () => readAll(of, noise),
        () => decodeGroup(noise),
        () => decodeChannel(of, noise),
        () => decodeSystem(noise),
        () => decodeProcessor(noise)
      ]
      for (const read of readers) {
        try {
          read()
        } catch (error) {
          if (!(error instanceof CerebusFormatError)) throw error
          refused += 1
        }
      }
      versionOfAnswer(noise)
    })
  )
  expect(refused).toBeGreaterThan(100)
})

test('what an instrument tells of itself is read as it was written', () => {
  const uint32 = fc.nat(2 ** 31)
  const text = (maxLength: number) =>
    fc.string({ unit: fc.integer({ min: 32, max: 255 }).map((code) => String.fromCharCode(code)), maxLength })
  const pair = (bits: number) =>
    fc.tuple(
      fc.integer({ min: -(2 ** bits), max: 2 ** bits - 1 }),
      fc.integer({ min: -(2 ** bits), max: 2 ** bits - 1 })
    )
  const channel = fc.record({
    channel: fc.integer({ min: 1, max: 1000 }),
    capabilities: uint32,
    label: text(15),
    scaling: fc.record({ digital: pair(15), analog: pair(31), unit: text(7) }),
    sampleGroup: fc.nat(6),
    isRaw: fc.boolean()
  })
  const group = fc.record({
    group: fc.nat(6),
    label: text(15),
    rate: fc.constantFrom(500, 1000, 2000, 10_000, 30_000),
    channels: fc.array(fc.nat(0xffff), { maxLength: 272 })
  })
  const processor = fc.record({
    ident: text(63),
    channelCount: uint32,
    groupCount: uint32,
    version: fc.tuple(fc.nat(99), fc.nat(99))
  })
  fc.assert(
    fc.property(
      version,
      channel,
      group,
      processor,
      uint32,
      uint32,
      (of, channel, group, processor, frequency, runLevel) => {
        const body = encodeChannel(of, channel)
        expect(decodeChannel(of, body)).toEqual(channel)
        expect(decodeChannel(of, withFullRate(of, body))).toEqual({ ...channel, sampleGroup: 5 })
        expect(decodeGroup(encodeGroup(group))).toEqual(group)
        expect(decodeProcessor(encodeProcessor(processor))).toEqual(processor)
        expect(decodeSystem(encodeSystem({ frequency, runLevel }))).toEqual({ frequency, runLevel })
      }
    )
  )
})

test('a scale is a gain and an offset', () => {
  expect(gainOf({ digital: [-32_764, 32_764], analog: [-8191, 8191], unit: 'uV' })).toEqual({ gain: 0.25, offset: 0 })
  expect(gainOf({ digital: [0, 100], analog: [-5, 5], unit: 'V' })).toEqual({ gain: 0.1, offset: -5 })
  expect(gainOf({ digital: [0, 0], analog: [0, 0], unit: '' })).toBeUndefined()
})

test('the version of an answer shows, and data are no answer', () => {
  for (const of of CEREBUS_VERSIONS) {
    const body = encodeSystem({ frequency: 30_000, runLevel: 50 })
    const answer = encodeCerebus(of, { time: 123_456, channel: 0x8000, type: PACKET.runLevel }, body)
    expect(versionOfAnswer(answer)).toBe(of)
    expect(versionOfAnswer(encodeCerebus(of, { time: 7, channel: 0, type: 5 }, Buffer.alloc(32)))).toBeUndefined()
  }
})
