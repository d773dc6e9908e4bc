/**
 * TiA both ways: a server that asks a function for its samples, as pytia's, a client that reads it, and the same signal as a
 * device of a graph. Programs that speak TiA 1.0 can take the place of either.
 *
 *   node --conditions=nodeacq-source examples/12-tia.ts
 */
import { subscribe, TiaClient, TiaSignalClient, TiaSignalServer } from 'nodeacq'

// Three axes at 50 Hz, two samples of each in a packet: x x y y z z.
let n = 0
await using server = await TiaSignalServer.start({
  port: 0,
  signals: [
    {
      channels: 3,
      sampleRate: 50,
      blockSize: 2,
      signalType: 'sensor',
      labels: ['x', 'y', 'z'],
      callback: () => [n, n + 1, Math.sin(n++), Math.sin(n++), -1, -1]
    }
  ]
})
console.log(`serving at ${server.address}`)

// Packet by packet.
await using client = new TiaSignalClient({ port: server.port })
await client.connect()
await client.cmdCheckProtocolVersion()
const { signals } = await client.cmdGetMetaInfo()
console.log(
  signals.map(({ type, sampleRate, channels }) => `${type}: ${channels.join(' ')} at ${sampleRate} Hz`).join()
)
await client.startStreamingDataTcp('127.0.0.1', await client.cmdGetDataConnectionTcp())
for await (const packet of client.packets()) {
  console.log(`packet ${packet.packetNumber}: x =`, [...packet.getChannel(0, 0)])
  if (packet.packetNumber === 3) break
}
await client.stopStreamingData()

// As a device: each signal is an output, what was lost are gaps.
await using device = new TiaClient({ name: 'imu' })
await device.configure({ port: server.port })
await device.initialize()
const chunks = subscribe(device.outputs['sensor']!)
await chunks.connected
await device.start()
for await (const { index, data, gaps } of chunks) {
  console.log(`samples to ${index}, ${gaps.length} gaps:`, data.toNested())
  if (index >= 6) break
}
await device.stop()
