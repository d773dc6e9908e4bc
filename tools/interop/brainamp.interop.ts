import { BrainAmpSimulator } from '@nodeacq/nodes'
import { getItem, kwargs, RpcServer, type Remote } from '@nodeacq/rpc'
import { InputStream, readEvents, type StreamEvent } from '@nodeacq/stream'
import { afterAll, expect, test } from 'vitest'
import { pyacqSource, startPyacq, type Python } from './realPyacq.ts'

if (!pyacqSource) console.log("skipped: pyacq's BrainAmpSocket: PYACQ_SRC does not name a checkout of pyacq")

afterAll(() => RpcServer.current()?.close())

test.skipIf(!pyacqSource)("the node of the real pyacq receives our recorder's samples and triggers", async () => {
  await using simulator = await BrainAmpSimulator.start({ names: ['Fp1', 'Cz', 'Ramp'] })
  const child = await startPyacq('pyacq_brainamp')
  const module = (await child.client.import('pyacq.devices.brainampsocket')) as unknown as Remote<Python>
  const device = (await module['BrainAmpSocket']!()) as unknown as Remote<Python>
  await device['configure']!(kwargs({ brainamp_host: '127.0.0.1', brainamp_port: simulator.port }))
  const outputs = (device as unknown as { outputs: Remote<Python> }).outputs
  const inputs = { signals: new InputStream(), triggers: new InputStream() }
  for (const name of ['signals', 'triggers'] as const) {
    const output = (await getItem(outputs, name)) as unknown as Remote<Python>
    await output['configure']!(kwargs({ protocol: 'tcp', interface: '127.0.0.1', transfermode: 'plaindata' }))
    await inputs[name].connect(output as never)
  }
  await device['initialize']!()
  expect(inputs.signals.info).toMatchObject({ dtype: 'float32', shape: [-1, 3], sampleRate: 500 })
  expect(inputs.signals.info.channelInfo!.map(({ name }) => name)).toEqual(['Fp1', 'Cz', 'Ramp'])
  await device['start']!()
  const ramp: number[] = []
  for await (const { index, data } of inputs.signals.chunks()) {
    expect(data.length).toBe(10)
    ramp.push(...(data.toNested() as number[][]).map((row) => row[2]!))
    expect(index % 10).toBe(0)
    if (ramp.length === 1000) break
  }
  expect(ramp.slice(1).filter((value, k) => (value - ramp[k]! + 1000) % 1000 !== 1)).toEqual([])
  const events: StreamEvent[] = []
  for await (const chunk of inputs.triggers.chunks()) {
    events.push(...readEvents(chunk))
    if (events.length > 1) break
  }
  const [first, second] = events.filter(({ label }) => /^Stimulus\/S +\d+$/.test(label)) as [StreamEvent, StreamEvent]
  expect(second.index - first.index).toBe(500)
  await device['stop']!()
  for (const input of Object.values(inputs)) await input.close()
  await child.stop()
})
