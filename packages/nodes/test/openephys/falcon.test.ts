import { readEvents } from '@nodeacq/stream'
import { openSockets } from '@nodeacq/zmq'
import { waitFor } from 'testing'
import { expect, test } from 'vitest'
import { OpenEphysFalcon, OpenEphysSimulator } from '../../src/index.ts'
import { collect } from '../collect.ts'
import { placesOf, stepsOf } from './ramp.ts'

const STREAM = { name: 'Rhythm Data', sampleRate: 1000, channelCount: 3 }

async function start(options: { port?: number; sampleRate?: number } = {}): Promise<OpenEphysSimulator> {
  const { port = 0, sampleRate = 1000 } = options
  return await OpenEphysSimulator.start({ plugin: 'Falcon Output', port, streams: [{ ...STREAM, sampleRate }] })
}

test('samples, TTL lines and losses of Falcon Output, through its faults', async () => {
  await using simulator = await start()
  await using node = new OpenEphysFalcon({ name: 'falcon' })
  await node.configure({ url: simulator.address })
  await node.initialize()
  const { signals, events } = node.outputs
  expect(signals!.info).toMatchObject({ sampleRate: 1000, dtype: 'float32', shape: [-1, 3], units: 'uV' })
  expect(signals!.info.channelInfo![2]).toEqual({ name: 'CH3', unit: 'uV', stream: 'Rhythm Data' })
  const [data, ttl] = [await collect(signals!), await collect(events!)]
  await node.start()
  await waitFor(() => events!.index >= 2)
  const faults = ['lose=2', 'duplicate=2', 'garbage=2', 'cut=1', 'silence=0.2', 'restart=0.2', 'drop', 'corrupt=2']
  for (const fault of faults) {
    const [kind = '', value = ''] = fault.split('=')
    simulator.inject({ kind, value, at: 0 })
    const from = signals!.index
    await waitFor(() => signals!.index > from + 120)
  }
  await node.stop()
  const { data: chunk, gaps } = await data.done
  const rows = chunk.toNested() as number[][]
  expect(gaps.every(({ declared }) => declared)).toBe(true)
  expect(gaps.length).toBeGreaterThanOrEqual(4)
  const missing = gaps.reduce((sum, { from, to }) => sum + to - from, 0)
  expect(rows.length + missing).toBe(signals!.index)
  // Samples before each gap, and what is missing up to there.
  const starts = gaps.map(({ from }, k) => from - gaps.slice(0, k).reduce((sum, gap) => sum + gap.to - gap.from, 0))
  const steps = stepsOf(rows)
  expect(steps.flatMap((step, k) => (step === 1 || starts.includes(k + 1) ? [] : [[k, step]]))).toEqual([])
  expect(steps[starts[0]! - 1]).toBe(gaps[0]!.to - gaps[0]!.from + 1)
  const places = placesOf(rows)
  const early = readEvents((await ttl.done).data).filter(({ index }) => index < gaps[0]!.from)
  expect(early.length).toBeGreaterThanOrEqual(2)
  for (const { label, value, index } of early) {
    expect([label, value, places[index]]).toEqual(['line 4', value, value === 1 ? 500 : 0])
  }
  const { counters } = node.status()
  expect(counters).toMatchObject({ duplicates: 2, outages: 1 })
  expect(counters['lostMessages']).toBeGreaterThanOrEqual(10)
  expect(counters['badMessages']).toBeGreaterThanOrEqual(2)
})

test('another layout than the one that was described is an error; nothing stays open', async () => {
  const first = await start()
  const node = new OpenEphysFalcon({ name: 'falcon' })
  await node.configure({ url: first.address })
  await node.initialize()
  const port = Number(first.address.split(':').at(-1))
  await first.close()
  await expect(new OpenEphysFalcon().configure({ url: first.address, timeout: 0.1 })).rejects.toThrow(
    'OpenEphysFalcon: no data from'
  )
  const second = await waitFor(() => start({ port, sampleRate: 500 }).catch(() => undefined))
  await node.start()
  expect((await node.finished())?.message).toMatch(
    "was described as 'Rhythm Data' with 3 channels at 1000 Hz, now 'Rhythm Data' with 3 channels at 500 Hz comes"
  )
  await node.close()
  await second.close()
  expect(openSockets()).toEqual([])
})
