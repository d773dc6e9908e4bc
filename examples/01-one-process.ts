/**
 * A graph in one process, without manager: noise, a low-pass filter, and a loop that reads the result.
 *
 *   node --conditions=nodeacq-source examples/01-one-process.ts
 */
import { NoiseGenerator, SosFilter, subscribe } from 'nodeacq'

await using noise = new NoiseGenerator({ name: 'noise' })
await noise.configure({ channelCount: 4, sampleRate: 1000, chunkSize: 50, seed: 1 })
await noise.initialize()

// Butterworth, 2nd order, 50 Hz at 1000 Hz: one section b0 b1 b2 a0 a1 a2.
const coefficients = [
  [0.02008336556421123, 0.04016673112842246, 0.02008336556421123, 1, -1.5610180758007182, 0.6413515380575631]
]
await using filter = new SosFilter({ name: 'filter' })
await filter.configure({ coefficients })
await filter.input.connect(noise.output)
await filter.initialize()

const received = subscribe(filter.output)
await received.connected
await filter.start()
await noise.start()
let samples = 0
for await (const { index, data, gaps } of received) {
  samples += data.length
  console.log(`filtered up to sample ${index}: ${data.shape.join(' × ')} ${data.dtype.name}, ${gaps.length} gaps`)
  if (samples >= 500) break
}
await noise.stop()
await filter.stop()
