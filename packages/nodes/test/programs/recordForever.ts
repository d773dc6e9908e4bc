/** Child of the kill test: records a ramp as fast as it can, into the folder given, until it is killed. */
import { OutputStream, type InputStream } from '@nodeacq/stream'
import { ramp } from 'testing'
import { RawRecorder } from '../../src/index.ts'

const source = new OutputStream({ dtype: 'int32', shape: [-1, 4], sampleRate: 1000, flow: 'wait' })
await source.configure()
const recorder = new RawRecorder({ name: 'disk' })
await recorder.configure({ folder: process.argv[2]!, sync: 0.02 })
await (recorder.stream('input', 'x') as InputStream).connect(source)
await recorder.initialize()
source.startRun()
await recorder.start()
let from = 0
for (let k = 0; ; k++) {
  const samples = 1 + ((k * 7919) % 300)
  await source.send(ramp({ from, samples, channels: 4, dtype: 'int32' }), from + samples, { handOver: true })
  from += samples
  if (k === 10) process.stdout.write('recording\n')
}
