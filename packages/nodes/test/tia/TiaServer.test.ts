import { ConfigError } from '@nodeacq/core'
import { NdArray } from '@nodeacq/ndarray'
import type { InputStream } from '@nodeacq/stream'
import { EVENT_DTYPE, makeEvents, OutputStream, type OutputOptions } from '@nodeacq/stream'
import { waitFor } from 'testing'
import { expect, test } from 'vitest'
import { TiaServer, type TiaPacket, type TiaSignalClient } from '../../src/index.ts'
import { connectClient } from './startTia.ts'

const EEG: OutputOptions = {
  dtype: 'float64',
  shape: [-1, 2],
  sampleRate: 250,
  channelInfo: [{ name: 'Fz' }, { name: 'Cz' }]
}
const EMG: OutputOptions = { dtype: 'int16', shape: [-1, 1], sampleRate: 500, scale: 0.5, offset: 10 }

/** Outputs, and a server that runs with an input of the name of each. */
class Serving implements AsyncDisposable {
  readonly node = new TiaServer({ name: 'tia' })
  readonly outputs = new Map<string, OutputStream>()

  static async start(specs: Readonly<Record<string, OutputOptions>>, options: object = {}): Promise<Serving> {
    const serving = new Serving()
    await serving.node.configure({ port: 0, udpPort: 0, ...options })
    for (const [name, spec] of Object.entries(specs)) {
      const output = new OutputStream(spec)
      await output.configure()
      serving.outputs.set(name, output)
      await (serving.node.stream('input', name) as InputStream).connect(output)
    }
    await serving.node.initialize()
    await serving.start()
    return serving
  }

  async start(): Promise<void> {
    await this.node.start()
    for (const output of this.outputs.values()) output.startRun()
  }

  /** Ends the run: the server sends what it still has. */
  async end(): Promise<void> {
    for (const output of this.outputs.values()) await output.endRun()
    await this.node.finished()
  }

  /** A client that gets data from the first packet on. */
  async client(): Promise<TiaSignalClient> {
    const client = await connectClient({ port: portOf(this.node.address) })
    await client.startStreamingDataTcp('127.0.0.1', await client.cmdGetDataConnectionTcp())
    return client
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.node[Symbol.asyncDispose]()
    for (const output of this.outputs.values()) await output.close()
  }
}

function portOf(address: string): number {
  return Number(address.split(':').at(-1))
}

/** Sample `n` of channel `c` is n + 1000 c. */
function rows(from: number, to: number, { dtype, shape }: OutputOptions): NdArray {
  const [, channels] = shape as readonly number[]
  const values = Array.from({ length: to - from }, (_, k) =>
    Array.from({ length: channels! }, (__, c) => from + k + 1000 * c)
  )
  return NdArray.from(values, dtype as string)
}

async function take(client: TiaSignalClient, count: number): Promise<TiaPacket[]> {
  const packets: TiaPacket[] = []
  while (packets.length < count) packets.push(...(await client.getData()))
  return packets
}

test('signals of several rates and types go out together, in physical units, whatever their chunks', async () => {
  await using serving = await Serving.start({ eeg: EEG, myo: EMG }, { signals: { myo: 'emg' }, subject: { id: 'S1' } })
  await using client = await serving.client()
  expect(await client.cmdGetMetaInfo()).toEqual({
    subject: { id: 'S1' },
    master: { sampleRate: 500, blockSize: 10 },
    signals: [
      { bit: 1, type: 'emg', sampleRate: 500, blockSize: 10, channels: ['1'] },
      { bit: 0, type: 'eeg', sampleRate: 250, blockSize: 5, channels: ['Fz', 'Cz'] }
    ]
  })
  const [eeg, emg] = [serving.outputs.get('eeg')!, serving.outputs.get('myo')!]
  let at = 0
  for (const size of [1, 7, 2, 23, 5, 12]) {
    await eeg.send(rows(at, at + size, EEG))
    await emg.send(rows(2 * at, 2 * (at + size), EMG))
    at += size
  }
  const packets = await take(client, 10)
  expect(packets.map(({ packetNumber }) => packetNumber)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  const [one, two, three] = [0, 1]
    .map((c) => packets.flatMap((packet) => [...packet.getChannel(0, c)]))
    .concat([packets.flatMap((packet) => [...packet.getChannel(1)])])
  expect(one).toEqual(Array.from({ length: 50 }, (_, k) => k))
  expect(two).toEqual(one!.map((value) => value + 1000))
  expect(three).toEqual(Array.from({ length: 100 }, (_, k) => 10 + k / 2))
})

test('what is missing is NaN, a packet of nothing is a number left out, and the last packet is filled up', async () => {
  await using serving = await Serving.start({ eeg: EEG, emg: EMG }, { blockSize: 10 })
  await using client = await serving.client()
  const [eeg, emg] = [serving.outputs.get('eeg')!, serving.outputs.get('emg')!]
  await eeg.send(rows(0, 5, EEG))
  await emg.send(rows(0, 18, EMG))
  await eeg.send(rows(20, 28, EEG), 28)
  await emg.send(rows(35, 50, EMG), 50)
  await serving.end()
  const packets = await take(client, 5)
  expect(packets.map(({ packetNumber }) => packetNumber)).toEqual([0, 1, 3, 4, 5])
  const values = (packet: number, signal: number): number[] => [...packets[packet]!.getChannel(signal, 0)]
  const nothing = (count: number): number[] => Array.from({ length: count }, () => NaN)
  expect(values(1, 0)).toEqual(nothing(5))
  expect(values(1, 1)).toEqual([15, 15.5, 16, 16.5, 17, 17.5, 18, 18.5, NaN, NaN])
  expect(values(2, 0)).toEqual(nothing(5))
  expect(values(2, 1)).toEqual([...nothing(5), 27.5, 28, 28.5, 29, 29.5])
  expect(values(3, 0)).toEqual([20, 21, 22, 23, 24])
  expect(values(4, 0)).toEqual([25, 26, 27, NaN, NaN])
})

test('a second run goes on for clients that are there, and a stream without rate in common takes turns', async () => {
  const slow: OutputOptions = { ...EEG, sampleRate: 33 }
  await using serving = await Serving.start({ user1: slow, emg: EMG }, { blockSize: 5 })
  await using client = await serving.client()
  const counts: number[] = []
  for (let run = 0; run < 2; run++) {
    if (run > 0) await serving.start()
    await serving.outputs.get('user1')!.send(rows(0, 33, slow))
    await serving.outputs.get('emg')!.send(rows(0, 500, EMG))
    await serving.end()
    const packets = await take(client, 100)
    counts.push(packets.reduce((sum, { blocks }) => sum + (blocks.find(({ bit }) => bit === 16)?.blockSize ?? 0), 0))
    expect(packets.map(({ packetNumber }) => packetNumber)).toEqual(packets.map((_, k) => 100 * run + k))
  }
  expect(counts).toEqual([33, 33])
})

test('events are samples of a signal that come when they come', async () => {
  const triggers: OutputOptions = { streamType: 'event', dtype: EVENT_DTYPE, shape: [-1] }
  await using serving = await Serving.start({ eeg: EEG, event: triggers })
  await using client = await serving.client()
  expect((await client.cmdGetMetaInfo()).signals[1]).toEqual({
    bit: 21,
    type: 'event',
    sampleRate: 0,
    blockSize: 1,
    channels: ['value']
  })
  await serving.outputs.get('event')!.send(
    makeEvents([
      { index: 1, value: 33 },
      { index: 2, value: 34 }
    ])
  )
  await waitFor(() => serving.node.inputs['event']!.ledger.snapshot().received === 2)
  await serving.outputs.get('eeg')!.send(rows(0, 10, EEG))
  const packets = await take(client, 2)
  expect(packets.map(({ signalTypes }) => signalTypes)).toEqual([['eeg', 'event'], ['eeg']])
  expect([...packets[0]!.getChannel(1)]).toEqual([33, 34])
})

test('a stream that does not come is waited for, and then no longer', async () => {
  await using serving = await Serving.start({ eeg: EEG, emg: EMG })
  await using client = await serving.client()
  for (let k = 0; k < 6; k++) await serving.outputs.get('emg')!.send(rows(250 * k, 250 * (k + 1), EMG))
  const packets = await take(client, 125)
  expect(packets.every((packet) => packet.getChannel(0).every(Number.isNaN))).toBe(true)
  expect(packets.flatMap((packet) => [...packet.getChannel(1)])).toEqual(
    Array.from({ length: 10 * packets.length }, (_, k) => 10 + k / 2)
  )
})

test('what cannot be served is refused by name', async () => {
  await expect(Serving.start({ signals: EEG })).rejects.toThrow(
    "TiaServer 'tia', input 'signals': TiA: unknown signal type 'signals'"
  )
  await expect(Serving.start({ eeg: EEG, raw: EEG }, { signals: { raw: 'EEG' } })).rejects.toThrow(
    'another type for each'
  )
  await expect(Serving.start({})).rejects.toThrow('at least one input with a signal')
  await expect(Serving.start({ eeg: EEG }, { master: 'emg' })).rejects.toThrow(
    "master: expected an input with a signal, got 'emg'"
  )
  await expect(Serving.start({ eeg: { ...EEG, shape: [-1] } })).rejects.toThrow(ConfigError)
  await expect(Serving.start({ eeg: EEG }, { host: '0.0.0.0' })).rejects.toThrow('beyond loopback')
  expect(() => new TiaServer().address).toThrow('once it is initialized')
})
