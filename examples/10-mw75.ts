/**
 * MW75 headphones: a server with a simulated headset, a client that watches it, and a node that takes its samples into a graph.
 * With the address of another server as its argument it takes that one's headset.
 *
 *   node --conditions=nodeacq-source examples/10-mw75.ts [ws://localhost:8080]
 */
import { Mw75, Mw75Client, Mw75Server, StreamMonitor } from 'nodeacq'

await using server = await Mw75Server.start({ source: process.argv[2] ?? 'simulator', clients: 2 })
console.log(`serving at ${server.address}`)

await using client = await Mw75Client.open(server.address)
client.on('message', (message) => {
  if (message.type === 'state') console.log(`${message.state}: ${message.text} (battery ${message.batteryLevel} %)`)
})

await using headset = new Mw75({ name: 'headset' })
await headset.configure({ url: server.address })
await headset.initialize()
await using monitor = new StreamMonitor({ name: 'monitor' })
await monitor.input.connect(headset.outputs['eeg']!)
await monitor.configure({ print: true })
await monitor.initialize()

await monitor.start()
await headset.start()
await new Promise((resolve) => setTimeout(resolve, 3000))
await headset.stop()
await monitor.stop()
console.log(monitor.report())
