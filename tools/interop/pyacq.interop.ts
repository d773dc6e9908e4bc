import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { NoiseGenerator } from '@nodeacq/nodes'
import { NdArray } from '@nodeacq/ndarray'
import { kwargs, RpcServer, type Remote } from '@nodeacq/rpc'
import { InputStream } from '@nodeacq/stream'
import { tempFolder, waitFor } from 'testing'
import { afterAll, expect, test } from 'vitest'
import { pyacqSource, startPyacq, type Python } from './realPyacq.ts'

if (!pyacqSource) console.log('the tests with the real pyacq are skipped: PYACQ_SRC does not name a checkout of it')

afterAll(() => RpcServer.current()?.close())

test.skipIf(!pyacqSource)(
  'our client drives a manager and a group of the real pyacq, and receives its device',
  async () => {
    const child = await startPyacq('pyacq_manager')
    const module = (await child.client.import('pyacq.core.manager')) as unknown as Remote<Python>
    const manager = (await module['Manager']!()) as unknown as Remote<Python>
    const group = (await manager['create_nodegroup']!('ng0', kwargs({ qt: true }))) as unknown as Remote<Python>
    const device = (await group['create_node']!(
      'NumpyDeviceBuffer',
      kwargs({ name: 'dev' })
    )) as unknown as Remote<Python>
    const values = Float32Array.from({ length: 100 * 2 }, (_, i) => i)
    await device['configure']!(
      kwargs({ nb_channel: 2, sample_interval: 0.001, chunksize: 20, buffer: NdArray.fromTyped(values, [100, 2]) })
    )
    const output = device as unknown as { output: { configure(options: unknown): Promise<void> } }
    await output.output.configure(kwargs({ protocol: 'tcp', interface: '127.0.0.1', transfermode: 'plaindata' }))
    await device['initialize']!()
    await using input = new InputStream()
    await input.connect((device as unknown as { output: never }).output)
    expect(input.info).toMatchObject({ dtype: 'float32', shape: [-1, 2], sampleRate: 1000 })
    await device['start']!()
    let chunks = 0
    for await (const { index, data } of input.chunks()) {
      const first = (index - 20) % 100
      expect(data.get(0, 1)).toBe(first * 2 + 1)
      if (++chunks === 20) break
    }
    await device['stop']!()
    await manager['close']!()
    await child.stop()
  }
)

test.skipIf(!pyacqSource)('a RawRecorder of the real pyacq records our device', async () => {
  await using folder = await tempFolder()
  mkdirSync(join(folder.path, 'parent'))
  const child = await startPyacq('pyacq_recorder')
  await using noise = new NoiseGenerator({ name: 'noise' })
  await noise.configure({ channelCount: 3, sampleRate: 2000, chunkSize: 50, seed: 3 })
  await noise.initialize()
  await using local = new InputStream()
  await local.connect(noise.output, { delivery: 'complete' })
  const rec = (await child.client.import('pyacq.rec')) as unknown as Remote<Python>
  const recorder = (await rec['RawRecorder']!()) as unknown as Remote<Python>
  const dirname = join(folder.path, 'parent', 'rec')
  await recorder['configure']!(kwargs({ streams: { noise: noise.output.params }, autoconnect: true, dirname }))
  await recorder['initialize']!()
  await recorder['start']!()
  await noise.start()
  const sent: Uint8Array[] = []
  for await (const { index, data } of local.chunks()) {
    sent.push(data.bytes())
    if (index >= 4000) break
  }
  await noise.stop()
  const file = join(dirname, 'noise.raw')
  // Python buffers what it writes, and pyacq drops what is still queued at stop: most of it must have come by now.
  await waitFor(() => readFileSync(file).length > 3000 * 12, { what: 'pyacq to write what was sent' })
  await recorder['stop']!()
  const recorded = readFileSync(file)
  expect(recorded.equals(Buffer.concat(sent).subarray(0, recorded.length))).toBe(true)
  const properties = JSON.parse(readFileSync(join(dirname, 'stream_properties.json'), 'utf8')) as Record<string, object>
  expect(properties['noise']).toMatchObject({ dtype: 'float32', sample_rate: 2000 })
  await child.stop()
})
