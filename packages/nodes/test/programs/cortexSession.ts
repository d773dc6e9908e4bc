import { CortexClient } from '../../src/index.ts'

const [url = ''] = process.argv.slice(2)
const client = await CortexClient.connect({ url, clientId: 'CLIENT_ID', clientSecret: 'CLIENT_SECRET' })
await client.connectHeadset()
await client.createActivatedSession()
await client.subscribe(['eeg'])
await client.receiveData()
process.stdout.write('streaming\n')
