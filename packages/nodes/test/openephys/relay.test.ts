import { DeviceError } from '@nodeacq/core'
import { openSockets } from '@nodeacq/zmq'
import { waitFor } from 'testing'
import { expect, test } from 'vitest'
import { OpenEphysGuiRelay, RelaySimulator } from '../../src/index.ts'
import { collect } from '../collect.ts'
import { stepsOf } from './ramp.ts'

const OPTIONS = { channelCount: 3, sampleRate: 1000 }

test.each(['sharedmem', 'plaindata'])('a stream of the relay comes through its faults, by %s', async (transferMode) => {
  await using simulator = await RelaySimulator.start({ ...OPTIONS, output: { transferMode } })
  await using node = new OpenEphysGuiRelay({ name: 'relay' })
  await node.configure({ openephys_url: simulator.address, timeout: 0.5 })
  await node.initialize()
  expect(simulator.isAcquiring).toBe(false)
  const { output } = node
  expect(output.info).toMatchObject({ dtype: 'float32', shape: [-1, 3], sampleRate: 1000, units: 'uV' })
  const { done } = await collect(output)
  await node.start()
  for (const fault of ['', 'lose=2', 'jump=33', 'silence=0.2', 'drop', 'refuseConnection=0.2', 'halfOpen=0.2']) {
    const [kind = '', value = ''] = fault.split('=')
    const { reconnects } = node.status().counters
    if (kind === 'drop') simulator.inject({ kind: 'garbage', value: '1', at: 0 })
    if (kind !== '') simulator.inject({ kind, value, at: 0 })
    const isAnother = kind === 'drop' || kind === 'refuseConnection'
    if (isAnother) await waitFor(() => node.status().counters['reconnects']! > reconnects!)
    const from = output.index
    await waitFor(() => output.index > from + 150)
  }
  await node.stop()
  expect(simulator.isAcquiring).toBe(false)
  const { data, gaps } = await done
  const rows = data.toNested() as number[][]
  expect(gaps.every(({ declared }) => declared)).toBe(true)
  const sizes = gaps.map(({ from, to }) => to - from)
  expect(sizes.slice(0, 2)).toEqual([40, 33])
  expect(sizes.length).toBeGreaterThanOrEqual(5)
  expect(rows.length + sizes.reduce((sum, size) => sum + size)).toBe(output.index)
  const starts = gaps.map(({ from }, k) => from - sizes.slice(0, k).reduce((sum, size) => sum + size, 0))
  expect(stepsOf(rows).flatMap((step, k) => (step === 1 || starts.includes(k + 1) ? [] : [[k, step]]))).toEqual([])
  expect(node.status().counters).toEqual({ reconnects: 2, badAnswers: 1 })
})

test('a relay that does not answer, or describes no stream, is an error; nothing stays open', async () => {
  const simulator = await RelaySimulator.start({ ...OPTIONS, output: { transferMode: 'plaindata' } })
  simulator.inject({ kind: 'garbage', value: '1', at: 0 })
  const node = new OpenEphysGuiRelay({ name: 'relay' })
  await expect(node.configure({ url: simulator.address })).rejects.toThrow(/describes no stream: .*JSON/)
  simulator.inject({ kind: 'halfOpen', value: '5', at: 0 })
  await expect(node.configure({ url: simulator.address, timeout: 0.1 })).rejects.toThrow(DeviceError)
  await node.close()
  await simulator.close()
  expect(openSockets()).toEqual([])
})
