/** A process that records streams into a log. See probes.ts. */
import { Recorder } from '@nodeacq/nodes'
import type { InputStream } from '@nodeacq/stream'
import { UsageMeter } from '../stream/UsageMeter.ts'

export interface RecordOrder {
  readonly file: string
  readonly streams: readonly Record<string, unknown>[]
}

/** What the recorder says of its edges, and what the process used until its sources ended. */
export interface RecordReport {
  readonly error: string | undefined
  readonly samples: number
  readonly lostSamples: number
  readonly cores: number
  readonly memory: readonly number[]
}

process.on('SIGINT', () => undefined)
process.once('disconnect', () => process.exit(0))
process.on('message', (order: RecordOrder | 'ended') => {
  if (order === 'ended') process.emit('usage' as never)
  else void record(order)
})

async function record({ file, streams }: RecordOrder): Promise<void> {
  const recorder = new Recorder({ name: 'recorder' })
  await recorder.configure({ file, certificate: false })
  const inputs: InputStream[] = []
  for (const [k, params] of streams.entries()) {
    const input = recorder.stream('input', `probe${k}`) as InputStream
    await input.connect(params)
    inputs.push(input)
  }
  await recorder.initialize()
  await recorder.start()
  const meter = new UsageMeter()
  // The check at the end reads all of it again, which is not recording.
  const usage = new Promise<ReturnType<UsageMeter['stop']>>((resolve) => {
    process.once('usage' as never, () => resolve(meter.stop()))
  })
  process.send!({ recording: true })
  const { cores, memory } = await usage
  const error = await recorder.finished()
  const statuses = inputs.map((input) => input.status())
  const sum = (of: (status: (typeof statuses)[number]) => number) =>
    statuses.reduce((total, each) => total + of(each), 0)
  const report: RecordReport = {
    error: error?.message,
    samples: sum(({ samples }) => samples),
    lostSamples: sum(({ lostSamples }) => lostSamples),
    cores,
    memory
  }
  await recorder.close()
  process.send!(report)
}
