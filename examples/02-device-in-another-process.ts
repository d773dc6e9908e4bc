/**
 * pyacq's "local or remote": the same text drives a node here and a node in another process.
 *
 *   node --conditions=nodeacq-source examples/02-device-in-another-process.ts
 */
import { createManager, NoiseGenerator, StreamMonitor } from 'nodeacq'

await using manager = await createManager()
const group = await manager.createNodeGroup({ name: 'acquisition' })

for (const place of ['remote', 'local']) {
  const device = place === 'remote' ? await group.createNode('NoiseGenerator', { name: 'remote-noise' }) : here()
  await device.configure({ channelCount: 2, sampleRate: 2000 })
  await device.output.configure({ protocol: 'tcp', transferMode: 'plaindata' })
  await device.initialize()

  await using monitor = new StreamMonitor({ name: `monitor-${place}` })
  await monitor.configure({})
  await monitor.input.connect(device.output)
  await monitor.initialize()

  await monitor.start()
  await device.start()
  await new Promise((resolve) => setTimeout(resolve, 500))
  await device.stop()
  await monitor.stop()
  const { samples, lostSamples } = monitor.input.status()
  console.log(`${place} device: ${samples} samples received, ${lostSamples} lost`)
  await device.close()
}

function here(): NoiseGenerator {
  return new NoiseGenerator({ name: 'local-noise' })
}
