import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodePacket, encodePacket, PacketReader, TiaPacket, type TiaBlock } from '../../src/devices/tia/TiaPacket.ts'
import { libtia, misreading, pytia, synthetic } from './vectors.ts'

const vectors = [...libtia.packets, ...libtia.customPackets!, ...pytia.packets, ...synthetic.packets]

test.each(vectors.map((vector, k) => [k, vector] as const))('packet %i of the captures, both ways', (_, vector) => {
  const bytes = Buffer.from(vector.hex, 'hex')
  const packet = decodePacket(bytes)
  expect(packet).toMatchObject({
    packetId: vector.packetId,
    packetNumber: vector.connectionPacketNumber,
    timestamp: vector.timestamp,
    channels: vector.signals.map(({ channels }) => channels),
    blockSizes: vector.signals.map(({ samplesPerChannel }) => samplesPerChannel)
  })
  for (const [signal, { flagBit, data }] of vector.signals.entries()) {
    expect(packet.blocks[signal]!.bit).toBe(flagBit)
    expect([...packet.getChannel(signal)]).toEqual(data.flat())
    for (const [channel, samples] of data.entries()) expect([...packet.getChannel(signal, channel)]).toEqual(samples)
  }
  expect(Buffer.from(encodePacket(packet)).toString('hex')).toBe(vector.hex)
})

test('a channel that is not there is empty, a signal that is not there an error', () => {
  const packet = decodePacket(Buffer.from(synthetic.packets[1]!.hex, 'hex'))
  expect(packet.signalTypes).toEqual(['eeg', 'event'])
  expect(packet.getChannel(0, 2)).toHaveLength(0)
  expect([...packet.getChannel(0, -1)]).toEqual([1, 2, 3, 4])
  expect(() => packet.getChannel(2)).toThrow(RangeError)
})

test.each(synthetic.malformed!)('$name: $expect', ({ name, hex }) => {
  const outcomes: Readonly<Record<string, number | undefined>> = { truncated: 0, two_packets_back_to_back: 2 }
  let count: number | undefined
  const error = misreading(() => (count = [...new PacketReader().push(Buffer.from(hex, 'hex'))].length) < 0)
  expect({ error, count }).toEqual({ error: false, count: outcomes[name] })
})

test('packets that cannot be are not made', () => {
  const block = { bit: 0, channels: 1, blockSize: 1, data: Float32Array.of(1) }
  const numbers = { packetId: 0, packetNumber: 0, timestamp: 0 }
  expect(() => encodePacket({ ...numbers, blocks: [block, block] })).toThrow('twice')
  expect(() => encodePacket({ ...numbers, blocks: [{ ...block, channels: 2 }] })).toThrow('1 values for 2 × 1')
  expect(() => encodePacket({ ...numbers, blocks: [{ ...block, blockSize: 65536 }] })).toThrow(RangeError)
})

test('a packet that lies about its size is refused, and none is larger than allowed', () => {
  const bytes = Buffer.from(synthetic.packets[0]!.hex, 'hex')
  const liar = Buffer.from(bytes)
  liar.writeUInt16LE(2, 35)
  expect(() => decodePacket(liar)).toThrow(/expected 45 bytes for its signals, got 41/)
  const huge = Buffer.from(bytes)
  huge.writeUInt32LE(0xfffffff0, 1)
  expect(() => [...new PacketReader().push(huge)]).toThrow(/size of 33–16777216 bytes, got 4294967280/)
  const flagged = Buffer.from(bytes.subarray(0, 33))
  flagged.writeUInt32LE(33, 1)
  flagged.writeUInt32LE(0xffffffff, 5)
  expect(() => decodePacket(flagged)).toThrow('32 signals do not fit')
  expect(() => decodePacket(bytes.subarray(0, 40))).toThrow('expected 41 bytes, got 40')
})

test('a packet of which a part is missing is not taken for one with the beginning of the next', () => {
  const [one, two] = libtia.packets.map(({ hex }) => Buffer.from(hex, 'hex'))
  const reader = new PacketReader()
  expect([...reader.push(one!.subarray(0, 60))]).toEqual([])
  expect(() => [...reader.push(two!)]).toThrow(/version 3 after it, got \d+/)
})

const blocks = fc
  .uniqueArray(
    fc.record({
      bit: fc.nat(31),
      channels: fc.integer({ min: 1, max: 5 }),
      blockSize: fc.integer({ min: 1, max: 6 })
    }),
    { selector: ({ bit }) => bit, maxLength: 6 }
  )
  .map((list) =>
    list.map((size) => ({
      ...size,
      data: Float32Array.from({ length: size.channels * size.blockSize }, (_, k) => k - 3.5)
    }))
  )

test('any packets come back, however their bytes are cut', () => {
  const packet = fc.record({
    packetId: fc.maxSafeNat(),
    packetNumber: fc.maxSafeNat(),
    timestamp: fc.maxSafeNat(),
    blocks
  })
  fc.assert(
    fc.property(fc.array(packet, { maxLength: 5 }), fc.array(fc.integer({ min: 1, max: 50 })), (packets, cuts) => {
      const bytes = Buffer.concat(packets.map(encodePacket))
      const reader = new PacketReader()
      const read: TiaPacket[] = []
      let at = 0
      for (const cut of [...cuts, bytes.length]) {
        read.push(...reader.push(bytes.subarray(at, at + cut)))
        at += cut
      }
      expect(read).toEqual(
        packets.map((one) => new TiaPacket({ ...one, blocks: one.blocks.toSorted((a, b) => a.bit - b.bit) }))
      )
    })
  )
})

test('any bytes are packets, an error, or not enough', () => {
  const bytes = Buffer.from(libtia.packets[0]!.hex, 'hex')
  const changed = fc
    .tuple(fc.nat(bytes.length - 1), fc.nat(255))
    .map(([at, value]) => Buffer.concat([bytes.subarray(0, at), Buffer.of(value), bytes.subarray(at + 1), bytes]))
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), changed), (given) => {
      const isWrong = ({ data, channels, blockSize }: TiaBlock): boolean => data.length !== channels * blockSize
      const read = (): boolean => [...new PacketReader().push(given)].some(({ blocks: all }) => all.some(isWrong))
      expect(misreading(read)).toBe(false)
    }),
    { numRuns: 500 }
  )
})
