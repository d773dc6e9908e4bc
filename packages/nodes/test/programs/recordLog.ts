/** Child of the kill test of logs: records the stream whose params are its second argument, until it is killed. */
import type { InputStream, StreamSource } from '@nodeacq/stream'
import { Recorder } from '../../src/index.ts'

const [file = '', params = ''] = process.argv.slice(2)
const recorder = new Recorder({ name: 'disk' })
await recorder.configure({ file, sync: 0.1, certificate: false })
await (recorder.stream('input', 'x') as InputStream).connect(JSON.parse(params) as StreamSource, { name: 'disk' })
await recorder.initialize()
await recorder.start()
process.stdout.write('recording\n')
process.stdin.resume()
process.stdin.once('end', () => {
  void recorder.stop().then(async () => {
    await recorder.close()
    process.stdout.write('closed\n')
  })
})
