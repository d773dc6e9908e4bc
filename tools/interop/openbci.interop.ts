import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { CytonSimulator } from '@nodeacq/nodes'
import { getItem, kwargs, RpcServer, type Remote } from '@nodeacq/rpc'
import { InputStream } from '@nodeacq/stream'
import { afterAll, expect, test } from 'vitest'
import { pyacqSource, startPyacq, type Python } from './realPyacq.ts'

const hasSerial =
  pyacqSource !== undefined &&
  (await promisify(execFile)(process.env['PYACQ_PYTHON'] ?? 'python3', ['-c', 'import serial'], {
    env: { ...process.env, PYTHONPATH: pyacqSource }
  }).then(
    () => true,
    () => false
  ))
if (!hasSerial)
  console.log("skipped: pyacq's OpenBCI: PYACQ_SRC does not name a checkout of pyacq, or there is no pyserial")

afterAll(() => RpcServer.current()?.close())

test.skipIf(!hasSerial)('the node of the real pyacq receives every sample of our board', async () => {
  await using simulator = await CytonSimulator.start()
  const child = await startPyacq('pyacq_openbci')
  const module = (await child.client.import('pyacq.devices.eeg_openBCI')) as unknown as Remote<Python>
  const device = (await module['OpenBCI']!()) as unknown as Remote<Python>
  await device['configure']!(kwargs({ device_handle: simulator.address }))
  const outputs = (device as unknown as { outputs: Remote<Python> }).outputs
  const inputs = { chan: new InputStream(), aux: new InputStream() }
  for (const name of ['chan', 'aux'] as const) {
    const output = (await getItem(outputs, name)) as unknown as Remote<Python>
    await output['configure']!(kwargs({ protocol: 'tcp', interface: '127.0.0.1', transfermode: 'plaindata' }))
    await inputs[name].connect(output as never)
  }
  await device['initialize']!()
  expect(inputs.chan.info).toMatchObject({ dtype: 'int64', shape: [-1, 8], sampleRate: 250 })
  await device['start']!()
  const ramp: number[] = []
  for await (const { data } of inputs.chan.chunks()) {
    ramp.push(Number(data.get(0, 7)) / 100)
    if (ramp.length === 600) break
  }
  expect(ramp.slice(1).filter((value, k) => (value - ramp[k]! + 1000) % 1000 !== 1)).toEqual([])
  let hasAcceleration = false
  for await (const { data } of inputs.aux.chunks()) {
    hasAcceleration = Number(data.get(0, 2)) === 8000
    if (hasAcceleration) break
  }
  expect(hasAcceleration).toBe(true)
  await device['stop']!()
  for (const input of Object.values(inputs)) await input.close()
  await child.stop()
})
