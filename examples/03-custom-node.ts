/**
 * A node class of your own, on another machine: the host loads it from a module below its allowed folders.
 *
 *   node --conditions=nodeacq-source examples/03-custom-node.ts
 *
 * A real host server runs here on loopback; on a laboratory machine it is `host_server tcp://10.0.0.53:8000`.
 */
import { createManager, startHost, subscribe } from 'nodeacq'

await using hostServer = await startHost({ importRoots: [import.meta.dirname] })
await using manager = await createManager()
const lab = await manager.addHost(hostServer.address)
const group = await manager.createNodeGroup({ name: 'acquisition', host: lab })
await group.registerNodeTypeFromModule('nodes/Gain.ts', 'Gain')

const noise = await group.createNode('NoiseGenerator', { name: 'noise' })
await noise.configure({ channelCount: 2, seed: 7 })
await noise.initialize()

const gain = await group.createNode('Gain', { name: 'gain' })
await gain.configure({ factor: 100 })
await gain.input.connect(noise.output)
await gain.initialize()

const amplified = subscribe(gain.output)
await amplified.connected
await manager.startAll()
for await (const { index, data } of amplified) {
  console.log(`up to sample ${index}, first:`, data.get(0, 0), data.get(0, 1))
  if (index >= 500) break
}
await manager.stopAll()
