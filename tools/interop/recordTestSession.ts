import { join } from 'node:path'
import { NdArray } from '@nodeacq/ndarray'
import { Recorder } from '@nodeacq/nodes'
import { makeEvents, OutputStream, type InputStream } from '@nodeacq/stream'

/**
 * Records 950 samples of three channels at 500 Hz: sample i is i, -i, i mod 7 (int16, 0.5 µV), samples 600 to 650 are missing, and
 * there is an event at 250. With them a temperature in °C at 100 Hz.
 * @returns the path of the recording
 */
export async function recordTestSession(folder: string): Promise<string> {
  const file = join(folder, 'session.mcap')
  const channelInfo = ['C3', 'C4', 'Pz'].map((name) => ({ name, unit: 'uV', gain: 0.5 }))
  await using raw = new OutputStream({ dtype: 'int16', shape: [-1, 3], sampleRate: 500, channelInfo })
  const temperature = { dtype: 'float32', shape: [-1, 1], sampleRate: 100, channelInfo: [{ name: 'T', unit: 'degC' }] }
  await using slow = new OutputStream(temperature)
  const events = { streamType: 'event', dtype: makeEvents([]).dtype, shape: [-1], eventsOf: 'raw' } as const
  await using marks = new OutputStream(events)
  const recorder = new Recorder({ name: 'disk' })
  await recorder.configure({ file, certificate: false })
  for (const [name, output] of Object.entries({ raw, slow, marks })) {
    await output.configure({ protocol: 'inproc' })
    await (recorder.stream('input', name) as InputStream).connect(output)
  }
  await recorder.initialize()
  for (const output of [raw, slow, marks]) output.startRun()
  await recorder.start()
  for (const [from, to] of [
    [0, 600],
    [650, 1000]
  ] as const) {
    const rows = Array.from({ length: to - from }, (_, k) => [from + k, -(from + k), (from + k) % 7])
    await raw.send(NdArray.from(rows, 'int16'), to)
  }
  await slow.send(
    NdArray.from(
      Array.from({ length: 200 }, (_, k) => [36 + k / 100]),
      'float32'
    ),
    200
  )
  await marks.send(makeEvents([{ index: 250, label: 'Stimulus/S  7', value: 7, duration: 50 }]))
  for (const output of [raw, slow, marks]) await output.endRun()
  const error = await recorder.finished()
  await recorder.close()
  if (error !== undefined) throw error
  return file
}
