import { join } from 'node:path'
import { verifyLog } from '@nodeacq/nodes'
import { BenchChild } from '../child.ts'
import { row } from '../rows.ts'
import { ProcessReaders } from '../stream/readers.ts'
import { pace } from '../stream/sending.ts'
import { growthOf, UsageMeter } from '../stream/UsageMeter.ts'
import type { BenchContext, Measured, Part } from '../suite.ts'
import { inFolder } from './folder.ts'
import { chunks, openProbes, PROBES, RATE, SAMPLE_RATE, SAMPLES } from './probe.ts'
import type { RecordOrder, RecordReport } from './recorder.ts'

const FOUR = '4 probes, 92 MB/s'

export const probesPart: Part = {
  name: 'probes',
  title: 'Four probes into the safe log',
  about: `Each probe is a stream of 384 channels × 30 kHz int16 (23 MB/s) in chunks of 10 ms through a ring of 5 s in shared
memory. All of them come from one process, which never waits; a \`Recorder\` in another process writes them into one file in the
temporary folder of the system (\`TMPDIR\`), and a third process reads them with delivery \`latest\`, as a viewer. _Lost_ is what the
recorder's account says, and what the file lacks when it is verified. The recorder's share of a core is measured until the sources
end: the check of the file comes after.`,
  seconds: { full: 80, quick: 10 },
  targets: [
    { case: FOUR, metric: 'lost', of: 'value', atMost: 0 },
    { case: FOUR, metric: 'recorder cpu', of: 'value', atMost: 0.6 },
    { case: FOUR, metric: 'recorder memory grown', of: 'value', atMost: 32 }
  ],
  run: measure
}

async function measure({ quick, step }: BenchContext): Promise<Measured> {
  const seconds = quick ? 4 : 60
  step(`${FOUR}, ${seconds} s`)
  return await inFolder(async (folder) => {
    const file = join(folder, 'session.mcap')
    await using recorder = new BenchChild(new URL('./recorder.ts', import.meta.url))
    await using viewer = new ProcessReaders(1)
    const outputs = await openProbes(PROBES, {
      protocol: 'ipc',
      transferMode: 'sharedmem',
      bufferSize: 5 * SAMPLE_RATE
    })
    try {
      await viewer.connect(outputs, { delivery: 'latest' })
      recorder.tell({ file, streams: outputs.map(({ params }) => params) } satisfies RecordOrder)
      await recorder.next()
      const { reports } = await viewer.read({ samples: SAMPLES })
      const data = chunks()
      const usage = new UsageMeter()
      const { sent, behind } = await pace({ rate: RATE, seconds }, async (number) => {
        for (const output of outputs) await output.send(data[number % data.length]!)
      })
      const { cores } = usage.stop()
      recorder.tell('ended' as never)
      for (const output of outputs) await output.endRun()
      const report = await recorder.next<RecordReport>()
      if (report.error !== undefined) throw new Error(`the recorder failed: ${report.error}`)
      const viewed = await reports
      step('verifying')
      const { problems, streams, bytes } = await verifyLog(file)
      if (problems.length > 0) throw new Error(problems.join('; '))
      const there = [...streams.values()].reduce((sum, { received }) => sum + received, 0)
      const base = { suite: 'record', case: FOUR, better: 'less' } as const
      const rows = [
        row({
          ...base,
          metric: 'lost',
          unit: 'samples',
          value: Math.max(report.lostSamples, PROBES * sent * SAMPLES - there)
        }),
        row({ ...base, metric: 'to the disk', unit: 'MB/s', value: bytes / 1e6 / seconds, better: 'more' }),
        row({ ...base, metric: 'recorder cpu', unit: 'cores', value: report.cores }),
        row({ ...base, metric: 'recorder memory grown', unit: 'MiB', value: growthOf(report.memory) }),
        row({ ...base, metric: 'sender cpu', unit: 'cores', value: cores }),
        row({ ...base, metric: 'sender late', unit: 'ms', value: behind }),
        row({ ...base, metric: 'viewer cpu', unit: 'cores', value: viewed[0]!.cores }),
        row({ ...base, metric: 'time', unit: 's', value: seconds })
      ]
      return { rows }
    } finally {
      for (const output of outputs) await output.close()
    }
  })
}
