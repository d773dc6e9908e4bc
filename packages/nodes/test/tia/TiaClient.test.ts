import { DeviceError } from '@nodeacq/core'
import { waitFor } from 'testing'
import { expect, test } from 'vitest'
import { TiaClient, TiaSimulator } from '../../src/index.ts'
import { collect } from '../collect.ts'
import { lastColumn, stepsOf } from './ramp.ts'
import { startService } from './startTia.ts'

async function configured(
  { port }: { readonly port: number },
  options: object = {}
): Promise<{ node: TiaClient } & AsyncDisposable> {
  const node = new TiaClient({ name: 'amp' })
  await node.configure({ port, ...options })
  await node.initialize()
  return { node, [Symbol.asyncDispose]: () => node[Symbol.asyncDispose]() }
}

test('each signal is an output with the labels and the rate of the server', async () => {
  await using simulator = await TiaSimulator.start()
  await using made = await configured(simulator)
  const { outputs } = made.node
  expect(Object.keys(outputs)).toEqual(['eeg', 'emg'])
  expect(outputs['eeg']!.info).toMatchObject({ sampleRate: 256, shape: [-1, 8], dtype: 'float32' })
  expect(outputs['emg']!.info).toMatchObject({ sampleRate: 512, shape: [-1, 2] })
  expect(outputs['emg']!.info.channelInfo).toEqual([{ name: 'emg1' }, { name: 'ramp' }])
  await made.node.configure({ port: simulator.port, signals: ['EMG'] })
  expect(Object.keys(outputs)).toEqual(['emg'])
})

test.each(['tcp', 'udp'])('over %s nothing is missing, and what the server lost is a gap', async (transport) => {
  await using simulator = await TiaSimulator.start()
  await using made = await configured(simulator, { transport })
  const { node } = made
  const eeg = await collect(node.outputs['eeg']!)
  const emg = await collect(node.outputs['emg']!)
  await node.start()
  const output = node.outputs['eeg']!
  await waitFor(() => output.index > 64)
  for (const [kind, value] of Object.entries({ lose: '3', duplicate: '2' })) simulator.inject({ kind, value, at: 0 })
  await waitFor(() => node.status().counters['duplicates'] === 2)
  simulator.inject({ kind: 'jump', value: '10', at: 0 })
  await waitFor(() => node.status().counters['lostPackets'] === 13 && output.index > 320)
  await node.stop()
  const [one, two] = [await eeg.done, await emg.done]
  expect(one.gaps.map(({ from, to, declared }) => [to - from, declared])).toEqual([
    [3 * 8, true],
    [10 * 8, true]
  ])
  expect(two.gaps.map(({ from, to }) => to - from)).toEqual([3 * 16, 10 * 16])
  const steps = stepsOf(lastColumn(one.data.toNested()))
  expect(steps.filter((step) => step !== 1)).toEqual([25])
  expect(one.data.length + 13 * 8).toBe(one.indexes.at(-1))
  expect(node.status().counters).toEqual({ reconnects: 0, lostPackets: 13, duplicates: 2, badPackets: 0 })
})

test('custom signals: some channels, fewer samples', async () => {
  await using simulator = await TiaSimulator.start()
  await using made = await configured(simulator, {
    signals: { eeg: { channels: ['eeg2', 8], downsampling: 4 }, emg: { downsampling: 1 } }
  })
  const { node } = made
  expect(node.outputs['eeg']!.info).toMatchObject({ sampleRate: 64, shape: [-1, 2] })
  expect(node.outputs['eeg']!.info.channelInfo).toEqual([{ name: 'eeg2' }, { name: 'ramp' }])
  const { done } = await collect(node.outputs['eeg']!)
  const emg = await collect(node.outputs['emg']!)
  await node.start()
  await waitFor(() => node.outputs['emg']!.index > 256)
  await node.stop()
  const { data } = await done
  expect(data.length * 8).toBe((await emg.done).data.length)
  await expect(configured(simulator, { signals: { eeg: { channels: ['eeg9'] } } })).rejects.toThrow(
    "signal 'eeg': no channel 'eeg9'; did you mean 'eeg"
  )
  await expect(configured(simulator, { signals: ['nirs'] })).rejects.toThrow("'nirs': the server offers eeg, emg")
})

test('a server that is not there, or offers something else when it is back, is an error that names it', async () => {
  const first = await startService()
  const { port } = first
  await using made = await configured(first)
  const { node } = made
  await node.start()
  await waitFor(() => first.isWanted)
  await first.close()
  await using _ = await TiaSimulator.start({ port })
  await waitFor(() => node.isFailed)
  expect(node.error).toBeInstanceOf(DeviceError)
  expect(node.error!.message).toContain("TiaClient 'amp': signal 'eeg': expected 3 channels at 100 Hz, got 8 channels")
  await expect(configured({ port: 1 })).rejects.toThrow(/TiA server 127.0.0.1:1: no connection/)
})

test('nothing is left open after connections that ended in every way', async () => {
  const sockets = (): number =>
    process.getActiveResourcesInfo().filter((kind) => /^(TCP|UDP|Tcp|Udp)/.test(kind)).length
  const before = sockets()
  for (const transport of ['tcp', 'udp']) {
    const simulator = await TiaSimulator.start()
    const made = await configured(simulator, { transport })
    const { node } = made
    await node.start()
    await waitFor(() => node.outputs['eeg']!.index > 0)
    simulator.inject({ kind: 'drop', value: '', at: 0 })
    await waitFor(() => node.status().counters['reconnects'] === 1)
    if (transport === 'tcp') await node.stop()
    await simulator.close()
    await made[Symbol.asyncDispose]()
  }
  await waitFor(() => sockets() <= before)
  expect(sockets()).toBeLessThanOrEqual(before)
})
