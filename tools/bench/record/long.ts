import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { convertRecording, openSampleFile, verifyLog } from '@nodeacq/nodes'
import { row } from '../rows.ts'
import { growthOf, UsageMeter } from '../stream/UsageMeter.ts'
import type { BenchContext, Measured, Part } from '../suite.ts'
import { inFolder } from './folder.ts'
import { SAMPLE_RATE } from './probe.ts'
import { recordAll } from './recordAll.ts'

const LONG = 'a long recording'

export const longPart: Part = {
  name: 'long',
  title: 'A recording of 10 GB',
  about: `10 GB of four probes (1 GB with \`--quick\`), recorded as fast as they are taken; the process's own memory, and JavaScript's
heap, must not grow. Then the file is opened, and a second of each probe is read from its middle; it is verified; and the
first gigabyte's worth of such a recording is converted to BrainVision, one probe of it.`,
  seconds: { full: 120, quick: 20 },
  targets: [
    { case: LONG, metric: 'memory grown', of: 'value', atMost: 32 },
    { case: LONG, metric: 'opened', of: 'value', atMost: 1 }
  ],
  run: measure
}

async function measure({ quick, step }: BenchContext): Promise<Measured> {
  const bytes = (quick ? 1 : 10) * 1e9
  return await inFolder(async (folder) => {
    const file = join(folder, 'long.mcap')
    const heap: number[] = []
    step(`recording ${bytes / 1e9} GB`)
    const usage = new UsageMeter()
    const seconds = await timed(() =>
      recordAll(file, bytes, (sent) => {
        if (Math.floor(sent / 1e7) >= heap.length) heap.push(process.memoryUsage().heapUsed / 2 ** 20)
      })
    )
    const { memory } = usage.stop()
    step('opening')
    const opened = await timed(async () => {
      await using recording = await openSampleFile(file)
      for (const stream of recording.streams) {
        const middle = Math.floor(stream.sampleCount / 2)
        await stream.read(middle, Math.min(stream.sampleCount, middle + SAMPLE_RATE), 'digital')
      }
    })
    step('verifying')
    const verified = await timed(async () => {
      const { problems } = await verifyLog(file)
      if (problems.length > 0) throw new Error(problems.join('; '))
    })
    const { size } = await stat(file)
    await rm(file)
    step('converting')
    const short = join(folder, 'short.mcap')
    await recordAll(short, 1e9)
    const converted = await timed(async () => {
      await convertRecording(short, join(folder, 'short.vhdr'), { to: 'brainvision', streams: ['probe0'] })
    })
    const base = { suite: 'record', case: LONG } as const
    const rows = [
      row({ ...base, metric: 'written', unit: 'MB/s', value: size / 1e6 / seconds, better: 'more' }),
      row({ ...base, metric: 'memory grown', unit: 'MiB', value: growthOf(memory), better: 'less' }),
      row({ ...base, metric: 'heap grown', unit: 'MiB', value: growthOf(heap), better: 'less' }),
      row({ ...base, metric: 'opened', unit: 's', value: opened, better: 'less' }),
      row({ ...base, metric: 'verified', unit: 'MB/s', value: size / 1e6 / verified, better: 'more' }),
      row({ ...base, metric: 'converted', unit: 'MB/s', value: 250 / converted, better: 'more' })
    ]
    return { rows }
  })
}

/** s */
async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1000
}
