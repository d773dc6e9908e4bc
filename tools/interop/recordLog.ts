import type { NdArray } from '@nodeacq/ndarray'
import { Recorder } from '@nodeacq/nodes'
import { makeEvents, OutputStream, type InputStream } from '@nodeacq/stream'

type StreamParams = ConstructorParameters<typeof OutputStream>[0]

/** Makes a recording with the Recorder. Events count samples of the first stream; a chunk's index is that behind its last sample. */
export async function recordLog(
  file: string,
  streams: Readonly<Record<string, { stream: StreamParams; chunks: readonly { data: NdArray; index: number }[] }>>,
  events: Parameters<typeof makeEvents>[0]
): Promise<void> {
  const [first] = Object.keys(streams)
  const marks = new OutputStream({ streamType: 'event', dtype: makeEvents([]).dtype, shape: [-1], eventsOf: first! })
  const outputs = Object.entries(streams).map(([name, { stream }]) => [name, new OutputStream(stream)] as const)
  const all = [...outputs, ['marks', marks] as const]
  await using recorder = new Recorder({ name: 'disk' })
  try {
    await recorder.configure({ file, certificate: false })
    for (const [name, output] of all) {
      await output.configure({ protocol: 'inproc' })
      await (recorder.stream('input', name) as InputStream).connect(output)
    }
    await recorder.initialize()
    for (const [, output] of all) output.startRun()
    await recorder.start()
    for (const [name, output] of outputs) {
      for (const { data, index } of streams[name]!.chunks) await output.send(data, index)
    }
    if (events.length > 0) await marks.send(makeEvents(events))
    for (const [, output] of all) await output.endRun()
    const error = await recorder.finished()
    if (error !== undefined) throw new Error(`the recorder failed: ${String(error)}`)
  } finally {
    for (const [, output] of all) await output.close()
  }
}
