import { getLogger } from '@nodeacq/rpc'
import { openSockets } from '@nodeacq/zmq'
import { waitFor } from 'testing'
import { expect, test } from 'vitest'
import { Heartbeat } from '../../src/devices/openephys/Heartbeat.ts'
import { OpenEphysSimulator } from '../../src/index.ts'

test('a plugin that falls silent is asked again on new connections until it answers', async () => {
  const simulator = await OpenEphysSimulator.start({ streams: [{ name: 'A', sampleRate: 100, channelCount: 1 }] })
  const { requests } = simulator
  const heartbeat = new Heartbeat({
    url: requests!.address,
    subject: 'gui',
    log: getLogger('test'),
    interval: 5,
    patience: 40
  })
  await waitFor(() => requests!.heartbeats > 2)
  simulator.inject({ kind: 'halfOpen', value: '0.3', at: 0 })
  await expect(heartbeat.sendEvent({ id: 1, channel: 2 })).rejects.toThrow('gui: no answer from tcp://')
  const before = requests!.heartbeats
  await waitFor(() => requests!.heartbeats > before + 2)
  expect(await heartbeat.sendEvent({ id: 0, channel: 2 })).toBe('message correctly parsed')
  expect(requests!.events.at(-1)).toEqual({ type: 3, sampleNumber: 0, id: 0, channel: 2 })
  // One application, whatever its connections.
  expect([...requests!.applications.values()]).toEqual(['nodeacq'])
  heartbeat.close()
  await simulator.close()
  expect(openSockets()).toEqual([])
})
