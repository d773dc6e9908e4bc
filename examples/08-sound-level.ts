/**
 * How loud is it? A microphone in a process of its own, and its level on the terminal, ten times a second for two seconds.
 *
 *   node --conditions=nodeacq-source examples/08-sound-level.ts [device]
 */
import { AudioDevice, createManager, subscribe } from 'nodeacq'

const RATE = 44_100

await using list = new AudioDevice()
for (const { index, name, description, maxInputChannels } of await list.listDeviceSpecs()) {
  if (maxInputChannels > 0) console.log(`${index}: ${name} (${description})`)
}

await using manager = await createManager()
const group = await manager.createNodeGroup({ name: 'sound' })
const microphone = await group.createNode('AudioDevice', { name: 'microphone' })
await microphone.configure({
  inputDevice: process.argv[2] ?? 'default',
  channelCount: 1,
  sampleRate: RATE,
  format: 'float32',
  chunkSize: RATE / 10
})
await microphone.initialize()

const chunks = subscribe(microphone.output)
await chunks.connected
await manager.startAll()
let count = 0
for await (const { data } of chunks) {
  const values = data.toContiguous().typed() as Float32Array
  const meanSquare = values.reduce((sum, value) => sum + value * value, 0) / values.length
  const decibels = Math.max(-60, 10 * Math.log10(meanSquare))
  console.log(`${decibels.toFixed(1).padStart(6)} dB ${'#'.repeat(60 + Math.round(decibels))}`)
  if (++count === 20) break
}
await manager.stopAll()
