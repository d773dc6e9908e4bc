/**
 * A session with Emotiv's Cortex: authorise, connect a headset, open a session, subscribe, mark, read. Here a simulator takes
 * the application's place; with the real one, give `readCortexCredentials()` alone, which knows where your id and secret are.
 *
 *   node --conditions=nodeacq-source examples/11-cortex-session.ts
 */
import { CortexClient, CortexSimulator } from 'nodeacq'

await using simulator = await CortexSimulator.start({ headsets: ['EPOCX-E2020001'] })
await using cortex = await CortexClient.connect({
  url: simulator.address,
  clientId: 'CLIENT_ID',
  clientSecret: 'CLIENT_SECRET'
})
cortex.on('warning', ({ code, text }) => console.log(`warning ${code}: ${text}`))
cortex.on('restored', ({ from, to }) => console.log(`session ${from} goes on as ${to}`))

await cortex.connectHeadset(0)
const session = await cortex.createActivatedSession(0)
const { success } = await cortex.subscribe(['eeg', 'dev'])
for (const { streamName, cols } of success) console.log(`${streamName}: ${cols.flat().join(' ')}`)

// Markers belong to a record. They come back with the EEG.
await cortex.createRecord('rest')
await cortex.injectMarker({ label: 'eyes open', value: 1, time: Date.now() })

let count = 0
for await (const { time, values } of cortex.samples(session.id, 'eeg')) {
  const markers = values.at(-1) as { label: string }[]
  for (const { label } of markers) console.log(`${new Date(time * 1000).toISOString()}: ${label}`)
  count += 1
  // Two seconds in, the connection ends; the client restores the session, and the loop goes on.
  if (count === 512) simulator.inject({ kind: 'drop', value: '', at: 0 })
  if (count === 768) break
}
console.log(`${count} samples of EEG`)
