/** Child of the kill test of videos: records pictures that say which they are, 100 each second, until it is killed. */
import { setTimeout as sleep } from 'node:timers/promises'
import { NdArray } from '@nodeacq/ndarray'
import { OutputStream, type InputStream } from '@nodeacq/stream'
import { VideoRecorder } from '../../src/recorders/VideoRecorder.ts'

const [file = '', codec = 'ffv1'] = process.argv.slice(2)
const source = new OutputStream({
  streamType: 'video',
  dtype: 'uint8',
  shape: [48, 64, 3],
  accounting: 'messages',
  sampleRate: 30
})
await source.configure({ protocol: 'inproc' })
const recorder = new VideoRecorder({ name: 'film' })
await recorder.configure({ file, codec })
await (recorder.stream('input', 'cam') as InputStream).connect(source)
await recorder.initialize()
source.startRun()
await recorder.start()
for (let index = 0; ; index++) {
  const data = NdArray.zeros([48, 64, 3], 'uint8')
  data.bytes().fill(index & 0xff)
  await source.send(data, index + 1)
  if (index === 30) process.stdout.write('recording\n')
  if (index % 10 === 9) await sleep(100)
}
