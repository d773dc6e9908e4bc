import { readEvents } from '@nodeacq/stream'
import { openSockets } from '@nodeacq/zmq'
import { waitFor } from 'testing'
import { expect, test } from 'vitest'
import { OpenEphysEvents, OpenEphysSimulator } from '../../src/index.ts'
import { collect } from '../collect.ts'

const STREAMS = [
  { name: 'A', sampleRate: 2000, channelCount: 1 },
  { name: 'B', sampleRate: 4000, channelCount: 1 }
]

test('events of the Event Broadcaster come through garbage and a dropped connection', async () => {
  const simulator = await OpenEphysSimulator.start({ plugin: 'Event Broadcaster', streams: STREAMS })
  const node = new OpenEphysEvents({ name: 'broadcast' })
  await node.configure({ url: simulator.address, stream: 'A' })
  await node.initialize()
  const { events, spikes } = node.outputs
  const [ttl, spike] = [await collect(events!), await collect(spikes!)]
  await node.start()
  await waitFor(() => spikes!.index >= 1)
  simulator.inject({ kind: 'garbage', value: '3', at: 0 })
  simulator.inject({ kind: 'cut', value: '1', at: 0 })
  await waitFor(() => node.status().counters['badMessages']! >= 3)
  simulator.inject({ kind: 'drop', value: '', at: 0 })
  const before = events!.index
  await waitFor(() => events!.index > before + 1)
  await node.stop()
  const found = readEvents((await ttl.done).data)
  expect(found.length).toBeGreaterThanOrEqual(2)
  for (const { index, label, value } of found) {
    expect([label, index % 1000, value]).toEqual(['line 4', 0, (index / 1000) % 2])
  }
  for (const { index, label, value } of readEvents((await spike.done).data)) {
    expect([label, index % 500, value]).toEqual(['Electrode 1', 0, (index / 500) % 3])
  }
  const { counters } = node.status()
  expect(counters).toMatchObject({ outages: 1 })
  expect(counters['otherStreams']).toBeGreaterThan(0)
  await node.close()
  await simulator.close()
  expect(openSockets()).toEqual([])
})
