import { Recorder } from '@nodeacq/nodes'
import type { InputStream } from '@nodeacq/stream'
import { chunks, CHUNK_BYTES, openProbes, PROBES } from './probe.ts'

/** Records so many bytes of four probes of this process as fast as they are taken. @param each told the bytes sent */
export async function recordAll(file: string, bytes: number, each?: (sent: number) => void): Promise<void> {
  const outputs = await openProbes(PROBES, { protocol: 'inproc', flow: 'wait' })
  const recorder = new Recorder({ name: 'disk' })
  await recorder.configure({ file, certificate: false, verify: 'off' })
  for (const [k, output] of outputs.entries()) {
    await (recorder.stream('input', `probe${k}`) as InputStream).connect(output)
  }
  await recorder.initialize()
  await recorder.start()
  const data = chunks()
  for (let [sent, k] = [0, 0]; sent < bytes; k++, sent += PROBES * CHUNK_BYTES) {
    for (const output of outputs) await output.send(data[k % data.length]!, undefined, { handOver: true })
    each?.(sent)
  }
  for (const output of outputs) await output.endRun()
  const error = await recorder.finished()
  if (error !== undefined) throw error
  await recorder.close()
  for (const output of outputs) await output.close()
}
