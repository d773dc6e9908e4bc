/**
 * Lab Streaming Layer without liblsl: a stream is offered, found on the network and taken into a graph as a device; a filter's output
 * is offered again, where LabRecorder, MNE-LSL or pylsl could read it.
 *
 *   node --conditions=nodeacq-source examples/14-lsl.ts
 */
import { LslInlet, LslOutlet, LslStreamOutlet, resolveLslStreams, SosFilter, subscribe } from 'nodeacq'

// A program of the laboratory: two channels of microvolts at 250 Hz. Streams of a session see nobody else's.
const network = { sessionId: `example-${process.pid}` }
await using amplifier = await LslStreamOutlet.open(
  { name: 'amplifier', type: 'EEG', channelCount: 2, channelFormat: 'float32', nominalRate: 250, sourceId: 'amp-1' },
  { settings: network }
)
let n = 0
const timer = setInterval(() => {
  const rows = Float32Array.from({ length: 50 }, (_, k) => 50 * Math.sin((2 * Math.PI * 10 * (n + (k >> 1))) / 250))
  amplifier.pushNumbers(new Uint8Array(rows.buffer))
  n += 25
}, 100)

await using inlet = new LslInlet({ name: 'amp' })
await inlet.configure({ type: 'EEG', predicate: 'channel_count=2', network })
await inlet.initialize()

await using filter = new SosFilter({ name: 'filter' })
await filter.configure({ design: { type: 'butter', order: 4, band: [1, 40] } })
await filter.input.connect(inlet.outputs['signals']!)
await filter.initialize()

await using outlet = new LslOutlet({ name: 'out' })
await outlet.configure({ name: 'filtered', network })
await outlet.input.connect(filter.output)
await outlet.initialize()

const samples = subscribe(filter.output)
await outlet.start()
await filter.start()
await inlet.start()
for (const { name, channelCount, nominalRate } of await resolveLslStreams({
  settings: network,
  minimum: 2,
  timeout: 5
})) {
  console.log(`on the network: ${name}, ${channelCount} channels, ${nominalRate} Hz`)
}
for await (const { index } of samples) {
  console.log(`filtered up to sample ${index}`)
  if (index >= 250) break
}
await inlet.stop()
clearInterval(timer)
