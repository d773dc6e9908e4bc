/** A process that records: its arguments are the options of the recorder, the params of its streams by name, and its type. */
import type { InputStream, StreamSource } from '@nodeacq/stream'
import { BdfRecorder } from '../../src/recorders/export/BdfRecorder.ts'
import { BrainVisionRecorder } from '../../src/recorders/export/BrainVisionRecorder.ts'
import { EdfRecorder } from '../../src/recorders/export/EdfRecorder.ts'
import { WavRecorder } from '../../src/recorders/export/WavRecorder.ts'
import { XdfRecorder } from '../../src/recorders/export/XdfRecorder.ts'
import { Hdf5Recorder } from '../../src/recorders/Hdf5Recorder.ts'
import { Recorder } from '../../src/recorders/Recorder.ts'

const TYPES = { Recorder, Hdf5Recorder, BdfRecorder, BrainVisionRecorder, EdfRecorder, XdfRecorder, WavRecorder }

const [options = '{}', streams = '{}', type = 'Recorder'] = process.argv.slice(2)
const recorder = new TYPES[type as keyof typeof TYPES]({ name: 'disk' })
const own = type === 'Recorder' ? { certificate: false } : {}
await recorder.configure({ sync: 0.1, ...own, ...(JSON.parse(options) as { file: string }) } as never)
for (const [name, params] of Object.entries(JSON.parse(streams) as Record<string, StreamSource>)) {
  await (recorder.stream('input', name) as InputStream).connect(params, { name: `disk.${name}` })
}
process.stdout.write('connected\n')
await recorder.initialize()
await recorder.start()
process.stdout.write('recording\n')
const finished = recorder.finished().then(async (error) => {
  const ledger = Object.entries(recorder.inputs).map(([name, input]) => {
    const { samples, lostSamples, duplicatedSamples } = input.status()
    return { name, samples, lostSamples, duplicatedSamples }
  })
  await recorder.close()
  process.stdout.write(`${JSON.stringify({ error: error?.message, ledger })}\n`)
  process.exit(error === undefined ? 0 : 1)
})
process.stdin.resume()
process.stdin.once('end', () => {
  process.stdout.write('closing\n')
  void recorder.stop()
})
await finished
