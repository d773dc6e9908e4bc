import { ConfigError, DeviceError } from '@nodeacq/core'
import fc from 'fast-check'
import { waitFor } from 'testing'
import { expect, onTestFinished, test } from 'vitest'
import {
  emptyGanglionPacket,
  GANGLION_MICROVOLTS,
  readGanglionPacket,
  writeGanglionImpedance,
  writeGanglionSamples
} from '../../src/devices/openbci/ganglionPackets.ts'
import { OpenBciGanglion, registerGanglionTransport, type GanglionHandlers } from '../../src/index.ts'
import { collect } from '../collect.ts'
import { bytesOf, vectorsOf } from '../vectors.ts'

interface GanglionVectors {
  readonly microvoltsPerCount: number
  readonly packets: readonly {
    readonly name: string
    readonly hex: string
    readonly packetId: number
    readonly rawCodes: readonly number[]
    readonly brainflowCounts24: readonly number[]
    readonly accelByte?: number
  }[]
}

const vectors = vectorsOf<GanglionVectors>('openbci_ganglion_packets.json')

test.each(vectors.packets)('$name reads as the vector says, and is written with the same bytes', (vector) => {
  const bits = vector.packetId < 100 ? 18 : 19
  const packet = emptyGanglionPacket()
  const bytes = bytesOf(vector.hex)
  readGanglionPacket(bytes, packet)
  expect(packet).toMatchObject({ kind: 'samples', bits, number: vector.packetId % 100 })
  const scale = 2 ** (24 - bits)
  expect([...packet.counts]).toEqual(vector.rawCodes.map((code) => code * scale))
  // BrainFlow has one less of the negative ones.
  expect([...packet.counts].map((count) => (count < 0 ? count - scale : count))).toEqual(vector.brainflowCounts24)
  expect(GANGLION_MICROVOLTS).toBeCloseTo(vectors.microvoltsPerCount, 15)
  const written = writeGanglionSamples({
    ...packet,
    axis: vector.accelByte === undefined ? -1 : 0,
    acceleration: vector.accelByte ?? 0
  })
  expect(Buffer.from(written).toString('hex')).toBe(vector.hex)
})

test('samples, acceleration and impedances survive writing and reading; any bytes are taken', () => {
  const counts = fc.array(fc.integer({ min: -(2 ** 17), max: 2 ** 17 - 1 }), { minLength: 8, maxLength: 8 })
  fc.assert(
    fc.property(
      counts,
      fc.nat(99),
      fc.boolean(),
      fc.integer({ min: -128, max: 127 }),
      (codes, number, isLong, byte) => {
        const bits = isLong ? 19 : 18
        const sent = {
          ...emptyGanglionPacket(),
          counts: Int32Array.from(codes, (code) => code * 2 ** (24 - bits)),
          number,
          bits
        }
        const packet = emptyGanglionPacket()
        readGanglionPacket(writeGanglionSamples({ ...sent, axis: 0, acceleration: byte }), packet)
        expect(packet).toMatchObject({ kind: 'samples', number, bits, counts: sent.counts })
        expect(packet.axis).toBe(!isLong && [1, 2, 3].includes(number % 10) ? (number % 10) - 1 : -1)
        expect(packet.acceleration).toBe(isLong ? packet.acceleration : byte)
      }
    )
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const packet = emptyGanglionPacket()
      readGanglionPacket(bytes, packet)
      expect(packet.kind === 'samples').toBe(bytes.length === 20 && bytes[0]! < 200)
    })
  )
  const packet = emptyGanglionPacket()
  readGanglionPacket(writeGanglionImpedance(5, 12), packet)
  expect(packet).toMatchObject({ kind: 'impedance', channel: 5, impedance: 12 })
})

/** A board that a transport of the test reaches: packets are sent when the test says so. */
function board() {
  const state = {
    handlers: undefined as GanglionHandlers | undefined,
    commands: [] as string[],
    isThere: true,
    closed: 0
  }
  registerGanglionTransport('test', (address, handlers) => {
    if (!state.isThere) return Promise.reject(new DeviceError(`no Ganglion at ${address}`))
    state.handlers = handlers
    return Promise.resolve({
      send: (command) => Promise.resolve(void state.commands.push(command)),
      close: () => Promise.resolve(void (state.closed += 1))
    })
  })
  const send = (from: number, count: number): void => {
    for (let n = from; n < from + count; n++) {
      const counts = Int32Array.from({ length: 8 }, (_, k) => (2 * n + (k >> 2)) * 64)
      state.handlers!.onPacket(
        writeGanglionSamples({ ...emptyGanglionPacket(), number: n % 100, counts, axis: 0, acceleration: n % 10 })
      )
    }
  }
  return { state, send }
}

test('packets of a registered transport become samples; lost ones are gaps of two; impedances come apart', async () => {
  const { state, send } = board()
  const node = new OpenBciGanglion({ name: 'ganglion' })
  onTestFinished(() => node[Symbol.asyncDispose]())
  await expect(node.configure({ transport: 'none' })).rejects.toThrow(ConfigError)
  await node.configure({ transport: 'test', address: 'aa:bb', chunkSize: 4 })
  await node.initialize()
  const [signals, impedances, aux] = [
    await collect(node.outputs['chan']!),
    await collect(node.outputs['impedances']!),
    await collect(node.outputs['aux']!)
  ]
  await node.start()
  await waitFor(() => state.commands.includes('b'))
  send(0, 20)
  send(23, 7)
  state.handlers!.onPacket(new Uint8Array(7))
  await node.startImpedance()
  state.handlers!.onPacket(writeGanglionImpedance(2, 15))
  await waitFor(() => node.outputs['impedances']!.index === 1)
  state.isThere = false
  state.handlers!.onLost('out of reach')
  state.isThere = true
  await waitFor(() => state.commands.filter((command) => command === 'b').length === 2)
  send(0, 5)
  await waitFor(() => node.outputs['chan']!.index > 68)
  await node.stop()
  const { data, gaps } = await signals.done
  expect(gaps[0]).toMatchObject({ from: 40, to: 46, declared: true, cause: 'device' })
  expect(gaps).toHaveLength(2)
  const first = (data.toNested() as number[][]).map(([value]) => value! / 64)
  expect(first).toEqual([...Array(40).keys(), ...Array.from({ length: 14 }, (_, k) => 46 + k), ...Array(10).keys()])
  expect((await impedances.done).data.toNested()).toEqual([[NaN, 15, NaN, NaN, NaN]])
  expect(((await aux.done).data.toNested() as number[][]).at(-1)).toEqual([1, 2, 3])
  expect(node.status().counters).toMatchObject({ badPackets: 1, reconnects: 1 })
  expect(state.commands.at(-1)).toBe('s')
})
