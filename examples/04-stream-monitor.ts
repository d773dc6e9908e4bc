/**
 * Look into any stream: what comes, how fast, what is lost.
 *
 *   node --conditions=nodeacq-source examples/04-stream-monitor.ts
 */
import { NoiseGenerator, StreamMonitor } from 'nodeacq'

await using noise = new NoiseGenerator({ name: 'noise' })
await noise.configure({ channelCount: 1, chunkSize: 100, sampleRate: 1000 })
await noise.initialize()

await using monitor = new StreamMonitor({ name: 'monitor' })
await monitor.configure({ print: true })
await monitor.input.connect(noise.output)
await monitor.initialize()

await monitor.start()
await noise.start()
await new Promise((resolve) => setTimeout(resolve, 1050))
await noise.stop()
await monitor.stop()
console.log(monitor.report())
