import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodePacket, PacketReader, type Mw75Packet } from '../../src/devices/mw75/packets.ts'

interface VectorPacket extends Omit<Mw75Packet, 'channels'> {
  readonly channelsMicrovolts: readonly number[]
}

interface Vector {
  readonly cases: readonly {
    readonly name: string
    readonly chunksHex: readonly string[]
    readonly packets: readonly VectorPacket[]
    readonly otherEventsHex: readonly string[]
    readonly stats: { readonly valid: number; readonly invalid: number }
    readonly leftoverBytes: number
  }[]
}

const { cases } = JSON.parse(
  readFileSync(new URL('../fixtures/mw75_raw_packets.json', import.meta.url), 'utf8')
) as Vector

const toPacket = ({ channelsMicrovolts, ...rest }: VectorPacket): Mw75Packet => ({
  ...rest,
  channels: channelsMicrovolts
})

function readAll(pieces: readonly Uint8Array[]): { packets: Mw75Packet[]; reader: PacketReader } {
  const reader = new PacketReader()
  const packets: Mw75Packet[] = []
  for (const piece of pieces) reader.read(piece, (packet) => packets.push(packet))
  return { packets, reader }
}

test.each(cases)('$name: packets, counts and rest are those of the reference parser', (vector) => {
  const { packets, reader } = readAll(vector.chunksHex.map((hex) => Buffer.from(hex, 'hex')))
  expect(packets).toEqual(vector.packets.map(toPacket))
  expect(reader.valid).toBe(vector.stats.valid)
  expect(reader.invalid).toBe(vector.stats.invalid)
  expect(reader.others).toBe(vector.otherEventsHex.length)
  expect(reader.waiting).toBe(vector.leftoverBytes)
})

test.each(cases)('$name: byte by byte the same packets come', (vector) => {
  const bytes = Buffer.from(vector.chunksHex.join(''), 'hex')
  const { packets, reader } = readAll([...bytes].map((byte) => Uint8Array.of(byte)))
  expect(packets).toEqual(vector.packets.map(toPacket))
  expect(reader.waiting).toBe(vector.leftoverBytes)
})

test.each(cases)('$name: packets are encoded to the bytes that they came from', (vector) => {
  const hex = vector.chunksHex.join('')
  for (const packet of vector.packets)
    expect(hex).toContain(Buffer.from(encodePacket(toPacket(packet))).toString('hex'))
})

const packet = fc.record({
  eventId: fc.constant(239),
  counter: fc.integer({ min: 0, max: 255 }),
  ref: fc.float({ noNaN: true, noDefaultInfinity: true }),
  drl: fc.float({ noNaN: true, noDefaultInfinity: true }),
  channels: fc.array(fc.constant(2.3842), { minLength: 12, maxLength: 12 }),
  featureStatus: fc.integer({ min: 0, max: 255 })
})
/** Bytes between packets: none of them can begin one. */
const noise = fc.uint8Array({ maxLength: 80 }).map((bytes) => bytes.map((byte) => (byte === 0xaa ? 0 : byte)))

test('with noise between packets and cuts anywhere, every packet arrives', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(noise, packet), { maxLength: 12 }),
      fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 }),
      (parts, sizes) => {
        const bytes = Buffer.concat(parts.flatMap(([before, each]) => [before, encodePacket(each)]))
        const { packets } = readAll(cut(bytes, sizes))
        expect(packets.map(({ counter }) => counter)).toEqual(parts.map(([, each]) => each.counter))
        expect(packets.map(({ ref }) => ref)).toEqual(parts.map(([, each]) => each.ref))
      }
    )
  )
})

test('random bytes are read without an error, and less than a packet is kept', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 2000 }),
      fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1 }),
      (bytes, sizes) => {
        const { reader } = readAll(cut(bytes, sizes))
        expect(reader.waiting).toBeLessThan(63)
      }
    )
  )
})

function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = []
  for (let at = 0, k = 0; at < bytes.length; at += sizes[k++ % sizes.length]!) {
    pieces.push(bytes.subarray(at, at + sizes[k % sizes.length]!))
  }
  return pieces
}
