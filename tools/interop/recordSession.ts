import { NdArray } from '@nodeacq/ndarray'
import { Recorder } from '@nodeacq/nodes'
import { makeEvents, OutputStream, type InputStream } from '@nodeacq/stream'

export interface Session {
  readonly channels: readonly string[]
  /** The stored numbers of a sample, one per channel. */
  readonly sampleOf: (index: number) => number[]
  /** Samples `[from, to)` that are sent at once; what lies between two of them is a gap. */
  readonly pieces: readonly (readonly [from: number, to: number])[]
}

/**
 * Makes a recording: int16 at 500 Hz with a gain of 0.5 uV as `raw`, and as `marks` one event, `Stimulus/S  7` at sample 250,
 * which comes late: behind sample 600.
 */
export async function recordSession(file: string, { channels, sampleOf, pieces }: Session): Promise<void> {
  const channelInfo = channels.map((name) => ({ name, unit: 'uV', gain: 0.5 }))
  await using raw = new OutputStream({ dtype: 'int16', shape: [-1, channels.length], sampleRate: 500, channelInfo })
  await using marks = new OutputStream({
    streamType: 'event',
    dtype: makeEvents([]).dtype,
    shape: [-1],
    eventsOf: 'raw'
  })
  const recorder = new Recorder({ name: 'disk' })
  await recorder.configure({ file, certificate: false })
  for (const [name, output] of Object.entries({ raw, marks })) {
    await output.configure({ protocol: 'inproc' })
    await (recorder.stream('input', name) as InputStream).connect(output)
  }
  await recorder.initialize()
  raw.startRun()
  marks.startRun()
  await recorder.start()
  for (const [from, to] of pieces) {
    const rows = Array.from({ length: to - from }, (_, k) => sampleOf(from + k))
    await raw.send(NdArray.from(rows, 'int16'), to)
    if (to === 600) await marks.send(makeEvents([{ index: 250, label: 'Stimulus/S  7', value: 7 }]))
  }
  await raw.endRun()
  await marks.endRun()
  const error = await recorder.finished()
  await recorder.close()
  if (error !== undefined) throw error
}
