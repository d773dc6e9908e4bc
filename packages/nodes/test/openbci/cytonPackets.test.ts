import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CytonDecoder } from '../../src/devices/openbci/CytonDecoder.ts'
import {
  CYTON_G,
  CYTON_RATE,
  CYTON_PACKET_SIZE,
  cytonMicrovolts,
  emptyCytonPacket,
  readCytonAux,
  readCytonPacket,
  writeCytonAux,
  writeCytonPacket,
  type CytonAux,
  type CytonPacket
} from '../../src/devices/openbci/cytonPackets.ts'
import { CytonReceiver } from '../../src/devices/openbci/CytonReceiver.ts'
import { DaisyPairs } from '../../src/devices/openbci/DaisyPairs.ts'
import { bytesOf, vectorsOf } from '../vectors.ts'

interface CytonVectors {
  readonly scaleMicrovoltsPerCountByGain: Readonly<Record<string, number>>
  readonly accelGPerCount: number
  readonly packets: readonly {
    readonly name: string
    readonly hex: string
    readonly sampleNumber: number
    readonly counts: readonly number[]
    readonly stopByte: number
    readonly accelCounts?: readonly number[]
    readonly auxCounts?: readonly number[]
    readonly auxBytes?: readonly number[]
    readonly boardTimeMs?: number
    readonly accelAxis?: string
    readonly accelCount?: number
    readonly auxCount?: number
  }[]
  readonly loss: readonly { readonly last: number; readonly now: number; readonly lost: number }[]
  readonly framing: readonly {
    readonly name: string
    readonly hex?: string
    readonly chunksHex?: readonly string[]
    readonly expectSampleNumbers: readonly number[]
  }[]
}

interface DaisyVectors {
  readonly sequenceHex: readonly string[]
  readonly expected: readonly { readonly sampleNumber: number; readonly counts16: readonly number[] }[]
  readonly lossy: { readonly packetsHex: readonly string[]; readonly completePairs: readonly (readonly number[])[] }
}

const vectors = vectorsOf<CytonVectors>('openbci_cyton_packets.json')
const daisy = vectorsOf<DaisyVectors>('openbci_daisy_packets.json')

function copyOf(packet: Readonly<CytonPacket>): CytonPacket {
  return { ...packet, counts: packet.counts.slice(), aux: packet.aux.slice() }
}

function decode(chunks: readonly Uint8Array[]): { packets: CytonPacket[]; decoder: CytonDecoder } {
  const packets: CytonPacket[] = []
  const decoder = new CytonDecoder((packet) => packets.push(copyOf(packet)))
  for (const chunk of chunks) decoder.push(chunk)
  decoder.finish()
  return { packets, decoder }
}

function auxOf(vector: CytonVectors['packets'][number]): CytonAux {
  const { stopByte, accelCounts, accelAxis, accelCount, auxCounts, auxCount, auxBytes, boardTimeMs = NaN } = vector
  if (accelCounts) return { kind: 'acceleration', counts: accelCounts }
  if (auxCounts) return { kind: 'raw', counts: auxCounts }
  if (auxBytes) return { kind: 'user', bytes: auxBytes }
  const time = { boardTime: boardTimeMs, isSet: stopByte === 0xc3 || stopByte === 0xc5 }
  if (auxCount !== undefined) return { kind: 'timedRaw', count: auxCount, ...time }
  const axis = accelAxis === undefined ? undefined : 'xyz'.indexOf(accelAxis)
  return { kind: 'timedAcceleration', axis, count: accelCount ?? 0, ...time }
}

test.each(vectors.packets)('$name reads as the vector says, and is written with the same bytes', (vector) => {
  const bytes = bytesOf(vector.hex)
  const packet = emptyCytonPacket()
  readCytonPacket(bytes, 0, packet)
  expect(packet.sampleNumber).toBe(vector.sampleNumber)
  expect([...packet.counts]).toEqual(vector.counts)
  expect(packet.stop).toBe(vector.stopByte)
  const aux = readCytonAux(packet)
  expect(aux).toEqual(auxOf(vector))
  const written = { ...emptyCytonPacket(), sampleNumber: vector.sampleNumber, counts: Int32Array.from(vector.counts) }
  writeCytonAux(aux, written)
  const back = new Uint8Array(CYTON_PACKET_SIZE)
  writeCytonPacket(written, back, 0)
  expect(back).toEqual(bytes)
})

test('the scales are those of the vectors', () => {
  for (const [gain, scale] of Object.entries(vectors.scaleMicrovoltsPerCountByGain)) {
    expect(cytonMicrovolts(Number(gain))).toBeCloseTo(scale, 15)
  }
  expect(CYTON_G).toBe(vectors.accelGPerCount)
})

test.each(vectors.framing)('framing: $name', ({ hex, chunksHex, expectSampleNumbers }) => {
  const { packets } = decode((chunksHex ?? [hex!]).map(bytesOf))
  expect(packets.map(({ sampleNumber }) => sampleNumber)).toEqual(expectSampleNumbers)
})

test('packets of a Daisy are joined in pairs, and halves are dropped', () => {
  const joined = (packetsHex: readonly string[]) => {
    const pairs = new DaisyPairs()
    const samples: { number: number; counts: number[] }[] = []
    for (const packet of decode(packetsHex.map(bytesOf)).packets) {
      const sample = pairs.take(packet)
      if (sample) samples.push({ number: sample.number, counts: [...sample.counts] })
    }
    return { samples, halves: pairs.halves }
  }
  expect(joined(daisy.sequenceHex)).toEqual({
    samples: daisy.expected.map(({ sampleNumber, counts16 }) => ({ number: sampleNumber >> 1, counts: counts16 })),
    halves: 0
  })
  const lossy = joined(daisy.lossy.packetsHex)
  expect(lossy.samples.map(({ number }) => number)).toEqual(daisy.lossy.completePairs.map(([even]) => even! >> 1))
  expect(lossy.halves).toBe(2)
})

test.each(vectors.loss)('from number $last to $now $lost packets are lost', ({ last, now, lost }) => {
  const indexes: number[] = []
  const receiver = new CytonReceiver(false, (index) => indexes.push(index))
  const bytes = new Uint8Array(CYTON_PACKET_SIZE)
  // Two packets are known before, so that the clock is.
  for (const step of [-1, 0, lost + 1, lost + 2]) {
    const sampleNumber = (step > 0 ? now + step - lost - 1 : last + step + 256) % 256
    writeCytonPacket({ ...emptyCytonPacket(), sampleNumber }, bytes, 0)
    receiver.receive(bytes, 10 + step / CYTON_RATE)
  }
  receiver.finish()
  expect(indexes).toEqual([0, 1, lost + 2, lost + 3])
})

/** Packets with numbers one after the other, from any. */
const packetRun = fc
  .tuple(
    fc.nat(255),
    fc.array(
      fc.record({
        counts: fc.array(fc.integer({ min: -(2 ** 23), max: 2 ** 23 - 1 }), { minLength: 8, maxLength: 8 }),
        aux: fc.array(fc.nat(255), { minLength: 6, maxLength: 6 }),
        stop: fc.integer({ min: 0xc0, max: 0xc6 })
      }),
      { minLength: 1, maxLength: 12 }
    )
  )
  .map(([first, list]) =>
    list.map(({ counts, aux, stop }, k) => ({
      sampleNumber: (first + k) % 256,
      counts: Int32Array.from(counts),
      aux: Uint8Array.from(aux),
      stop
    }))
  )

function encode(packets: readonly CytonPacket[]): Uint8Array {
  const bytes = new Uint8Array(packets.length * CYTON_PACKET_SIZE)
  packets.forEach((packet, k) => writeCytonPacket(packet, bytes, k * CYTON_PACKET_SIZE))
  return bytes
}

function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length]
  return at.slice(1).map((end, k) => bytes.subarray(at[k], end))
}

test('whatever the packets hold and however they are cut, they come out as they went in', () => {
  fc.assert(
    fc.property(packetRun, fc.array(fc.nat(500)), (packets, places) => {
      const { packets: found, decoder } = decode(cut(encode(packets), places))
      expect(found).toEqual(packets)
      expect([decoder.badPackets, decoder.skippedBytes]).toEqual([0, 0])
    })
  )
})

test('any bytes are taken without an error, and cuts do not change what is found', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 400 }),
    fc.array(fc.constantFrom(0xa0, 0xc0, 0, 1), { maxLength: 400 }).map((list) => Uint8Array.from(list))
  )
  fc.assert(
    fc.property(bytes, fc.array(fc.nat(400)), (all, places) => {
      const whole = decode([all])
      const pieces = decode(cut(all, places))
      expect(pieces.packets).toEqual(whole.packets)
      expect(pieces.decoder.skippedBytes).toBe(whole.decoder.skippedBytes)
      expect(whole.packets.length * CYTON_PACKET_SIZE + whole.decoder.skippedBytes).toBe(all.length)
    })
  )
})

test('a packet has the time of its last byte, although the next byte decides about it', () => {
  const times: number[] = []
  const decoder = new CytonDecoder((_, time) => times.push(time))
  const bytes = bytesOf(vectors.framing[0]!.hex!)
  const second = bytes.length - CYTON_PACKET_SIZE
  decoder.push(bytes.subarray(0, second - 1), 1)
  decoder.push(bytes.subarray(second - 1, second), 2)
  decoder.push(bytes.subarray(second, second + 10), 3)
  decoder.push(bytes.subarray(second + 10), 4)
  decoder.finish()
  expect(times).toEqual([2, 4])
})

/** Bytes that neither begin nor end a packet. */
const harmless = fc.uint8Array({ minLength: 1, maxLength: 60 }).map((bytes) => bytes.map((byte) => byte & 0x7f))
const quiet = packetRun.map((packets) =>
  packets.map((packet) => ({
    ...packet,
    counts: packet.counts.map((count) => count & 0x3f3f3f),
    aux: packet.aux.fill(1)
  }))
)

test('garbage between packets costs no packet', () => {
  fc.assert(
    fc.property(quiet, harmless, fc.nat(), (packets, garbage, where) => {
      const bytes = encode(packets)
      const at = (where % (packets.length + 1)) * CYTON_PACKET_SIZE
      const { packets: found, decoder } = decode([bytes.subarray(0, at), garbage, bytes.subarray(at)])
      expect(found).toEqual(packets)
      expect(decoder.skippedBytes).toBe(garbage.length)
      expect(decoder.badPackets).toBe(1)
    })
  )
})

test('bytes that are missing from a packet cost that packet only', () => {
  fc.assert(
    fc.property(quiet, fc.nat(), fc.integer({ min: 1, max: 32 }), (packets, which, length) => {
      fc.pre(packets.length > 1)
      const broken = which % (packets.length - 1)
      const bytes = encode(packets)
      const keep = broken * CYTON_PACKET_SIZE + length
      const rest = bytes.subarray((broken + 1) * CYTON_PACKET_SIZE)
      const { packets: found } = decode([bytes.subarray(0, keep), rest])
      expect(found).toEqual(packets.filter((_, k) => k !== broken))
    })
  )
})
