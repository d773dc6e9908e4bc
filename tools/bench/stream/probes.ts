import { closeSync, mkdtempSync, openSync, readSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NdArray } from '@nodeacq/ndarray'
import { OutputStream } from '@nodeacq/stream'
import { BenchChild } from '../child.ts'
import { row, type Row } from '../rows.ts'
import type { BenchContext, Measured, Part } from '../suite.ts'
import { ProcessReaders } from './readers.ts'
import type { RecordOrder, RecordReport } from './recorder.ts'
import { pace } from './sending.ts'
import { numberOf, stamp } from './stamp.ts'
import { growthOf, UsageMeter } from './UsageMeter.ts'

const CHANNELS = 384
const SAMPLE_RATE = 30_000
/** 10 ms. */
const SAMPLES = 300
const RATE = SAMPLE_RATE / SAMPLES
const CHUNK_BYTES = SAMPLES * CHANNELS * 2
const MEGABYTES = (RATE * CHUNK_BYTES) / 1e6
/** Samples in each ring: 5 s, what an output keeps of a stream anyway. */
const RING = 5 * SAMPLE_RATE
const FOUR = '4 probes, 92 MB/s'
const MOST = 'the most probes'

const SETTING = `Each probe is a stream of 384 channels × 30 kHz int16 (23 MB/s) in chunks of 10 ms through a ring of 5 s in shared
memory. All of them come from one process, which never waits; a \`RawRecorder\` in another process writes them to the
temporary folder of the system (\`TMPDIR\`) with delivery \`complete\`, and a third process reads them with delivery \`latest\`, as a viewer.
_Lost_ is what the account of the recorder's edges says; besides, each file must have every sample, and a thousand chunks of it
are read back and checked. What \`latest\` passes over is _skipped_.`

export const probesPart: Part = {
  name: 'probes',
  title: 'Four probes to the disk and to a viewer',
  about: SETTING,
  seconds: { full: 75, quick: 8 },
  targets: [
    { case: FOUR, metric: 'lost by the recorder', of: 'value', atMost: 0 },
    { case: FOUR, metric: 'sender memory grown', of: 'value', atMost: 32 }
  ],
  run: async ({ quick, step }) => {
    const seconds = quick ? 3 : 60
    step(`${FOUR}, ${seconds} s`)
    const trial = await record(4, seconds)
    return {
      rows: [...rowsOf({ ...trial, name: FOUR }), row({ ...base(FOUR), metric: 'time', unit: 's', value: seconds })]
    }
  }
}

export const mostProbesPart: Part = {
  name: 'most-probes',
  title: 'How many probes this machine records',
  about: `${SETTING.split('. ')[0]}. The setting is that of four probes. Short trials with twice as many each time and then in between
find the largest number without loss and with a sender that keeps its clock (within half a second); the figure is one that has
also held for 30 s (with \`--quick\` 2 s, and no more than 8 are tried). A machine with two cores shares them between the sender, the recorder and the viewer.`,
  seconds: { full: 150, quick: 12 },
  run: findMost
}

const base = (name: string) => ({ suite: 'stream', case: name, better: 'less' }) as const

async function findMost({ quick, step }: BenchContext): Promise<Measured> {
  const attempt = async (probes: number, seconds: number) => {
    step(`${probes} probes, ${seconds} s`)
    const trial = await record(probes, seconds)
    return { ...trial, isGood: trial.lost === 0 && trial.behind < 500 }
  }
  const short = quick ? 0.7 : 4
  let good = 2
  let bad = Infinity
  const limit = quick ? 8 : 64
  while (bad - good > 1 && good < limit) {
    const next = bad === Infinity ? good * 2 : Math.floor((good + bad) / 2)
    if ((await attempt(next, short)).isGood) good = next
    else bad = next
  }
  for (let probes = good; ; probes--) {
    const trial = await attempt(probes, quick ? 2 : 30)
    if (!trial.isGood && probes > 1) continue
    const count = row({ ...base(MOST), metric: 'probes', unit: '', value: trial.isGood ? probes : 0 })
    const rate = row({ ...base(MOST), metric: 'to the disk', unit: 'MB/s', value: probes * MEGABYTES })
    return { rows: [count, rate, ...rowsOf({ ...trial, name: MOST })] }
  }
}

interface Trial {
  /** Samples that are not in the files, over all probes. */
  readonly lost: number
  readonly skipped: number
  /** How far the sender was behind its clock at worst, ms. */
  readonly behind: number
  readonly senderCores: number
  readonly senderGrown: number
  readonly recorder: RecordReport
  readonly viewerCores: number
}

function rowsOf({
  name,
  lost,
  skipped,
  behind,
  senderCores,
  senderGrown,
  recorder,
  viewerCores
}: Trial & { name: string }): Row[] {
  const of = base(name)
  return [
    row({ ...of, metric: 'lost by the recorder', unit: 'samples', value: lost }),
    row({ ...of, metric: 'skipped by the viewer', unit: 'samples', value: skipped }),
    row({ ...of, metric: 'sender late', unit: 'ms', value: behind }),
    row({ ...of, metric: 'sender cpu', unit: 'cores', value: senderCores }),
    row({ ...of, metric: 'recorder cpu', unit: 'cores', value: recorder.cores }),
    row({ ...of, metric: 'viewer cpu', unit: 'cores', value: viewerCores }),
    row({ ...of, metric: 'sender memory grown', unit: 'MiB', value: senderGrown }),
    row({ ...of, metric: 'recorder memory grown', unit: 'MiB', value: growthOf(recorder.memory) })
  ]
}

/** Records so many probes for a time and looks at what is in the files; removes them. */
async function record(probes: number, seconds: number): Promise<Trial> {
  const parent = mkdtempSync(join(tmpdir(), 'nodeacq-bench-'))
  const remove = () => rmSync(parent, { recursive: true, force: true })
  process.once('exit', remove)
  const outputs: OutputStream[] = []
  try {
    await using recorder = new BenchChild(new URL('./recorder.ts', import.meta.url))
    await using viewer = new ProcessReaders(1)
    for (let k = 0; k < probes; k++) outputs.push(await openProbe())
    await viewer.connect(outputs, { delivery: 'latest' })
    const folder = join(parent, 'recording')
    const order: RecordOrder = { folder, streams: outputs.map(({ params }) => params) }
    recorder.tell(order)
    await recorder.next()
    const { reports } = await viewer.read({ samples: SAMPLES })

    const usage = new UsageMeter()
    const chunk = NdArray.zeros([SAMPLES, CHANNELS], 'int16')
    const { sent, behind } = await pace({ rate: RATE, seconds }, async (number) => {
      stamp(chunk, number)
      for (const output of outputs) await output.send(chunk)
    })
    const { cores, memory } = usage.stop()
    for (const output of outputs) await output.endRun()
    const report = await recorder.next<RecordReport>()
    if (report.error !== undefined) throw new Error(`the recorder failed: ${report.error}`)
    const viewed = await reports
    return {
      lost: report.edges.reduce((total, edge) => total + edge.lostSamples, 0) + missingIn(folder, probes, sent),
      skipped: viewed.reduce((total, { skippedSamples }) => total + skippedSamples, 0),
      behind,
      senderCores: cores,
      senderGrown: growthOf(memory),
      recorder: report,
      viewerCores: viewed[0]!.cores
    }
  } finally {
    for (const output of outputs) await output.close()
    remove()
    process.off('exit', remove)
  }
}

async function openProbe(): Promise<OutputStream> {
  const output = new OutputStream({
    dtype: 'int16',
    shape: [-1, CHANNELS],
    sampleRate: SAMPLE_RATE,
    protocol: 'ipc',
    transferMode: 'sharedmem',
    bufferSize: RING
  })
  await output.configure()
  output.startRun()
  return output
}

/** Samples that are not in the files although no account says so: this must be 0. */
function missingIn(folder: string, probes: number, chunks: number): number {
  let missing = 0
  const bytes = Buffer.alloc(CHUNK_BYTES)
  for (let k = 0; k < probes; k++) {
    const path = join(folder, `probe${k}.raw`)
    const held = Math.floor(statSync(path).size / CHUNK_BYTES)
    // A file that is too short has gaps, which the account has; places in it are known only without.
    if (held < chunks) continue
    missing += Math.abs(statSync(path).size - chunks * CHUNK_BYTES) / (CHANNELS * 2)
    const file = openSync(path, 'r')
    const step = Math.max(1, Math.floor(chunks / 1000))
    for (let number = 0; number < chunks; number += step) {
      readSync(file, bytes, 0, CHUNK_BYTES, number * CHUNK_BYTES)
      if (numberOf(bytes) !== number) missing += SAMPLES
    }
    closeSync(file)
  }
  return missing
}
