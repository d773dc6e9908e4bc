/** A process that records streams for the benchmarks, with the recorder that everybody uses. See probes.ts. */
import { RawRecorder } from '@nodeacq/nodes'
import type { InputStream } from '@nodeacq/stream'
import { UsageMeter } from './UsageMeter.ts'

export interface RecordOrder {
  /** Where to; a new folder. */
  readonly folder: string
  readonly streams: readonly Record<string, unknown>[]
}

/** What the recorder says about each of its edges, and what the process used. */
export interface RecordReport {
  readonly error: string | undefined
  readonly edges: readonly { readonly samples: number; readonly lostSamples: number }[]
  readonly cores: number
  readonly memory: readonly number[]
}

process.on('SIGINT', () => undefined)
process.once('disconnect', () => process.exit(0))
process.on('message', (order: RecordOrder) => void record(order))

async function record({ folder, streams }: RecordOrder): Promise<void> {
  const recorder = new RawRecorder({ name: 'recorder' })
  await recorder.configure({ folder })
  const inputs: InputStream[] = []
  for (const [k, params] of streams.entries()) {
    const input = recorder.stream('input', `probe${k}`) as InputStream
    await input.connect(params)
    inputs.push(input)
  }
  await recorder.initialize()
  await recorder.start()
  const usage = new UsageMeter()
  process.send!({ recording: true })
  const error = await recorder.finished()
  const edges = inputs.map((input) => input.status()).map(({ samples, lostSamples }) => ({ samples, lostSamples }))
  const report: RecordReport = { error: error?.message, edges, ...usage.stop() }
  await recorder.close()
  process.send!(report)
}
