import { NdArray } from '@nodeacq/ndarray'
import { OutputStream } from '@nodeacq/stream'
import type { Curve } from '../picture.ts'
import { row, type Row } from '../rows.ts'
import type { BenchContext, Measured, Part } from '../suite.ts'
import { BareRing } from './bareRing.ts'
import type { ReadReport } from './consume.ts'
import { distribution, PERCENTILES, QUANTILES } from './latency.ts'
import { PyacqPair } from './PyacqPair.ts'
import { ProcessReaders } from './readers.ts'
import { latencyOf, lostOf, runAtRate } from './run.ts'
import { pace } from './sending.ts'
import { stamp } from './stamp.ts'
import { growthOf } from './UsageMeter.ts'
import { usageRows } from './usageRows.ts'

const CHANNELS = 1024
const SAMPLE_RATE = 30_000
/** 1 ms. */
const SAMPLES = 30
const RATE = SAMPLE_RATE / SAMPLES
/** Samples in the ring: 2 s. */
const RING = 2 * SAMPLE_RATE
const OURS = 'nodeacq, sharedmem'
const BESIDE = 'nodeacq beside a bare ring'
const USAGE = 'nodeacq, both processes'

export const brandPart: Part = {
  name: 'brand',
  title: 'A thousand electrodes: 1,024 channels at 30 kHz in chunks of 1 ms',
  about: `The case of BRAND, a system for closed-loop experiments: int16, 60 KB a chunk, 1,000 chunks and 61 MB a second, through a
ring of 2 s in shared memory, from a sender that never waits (\`realtime\`) to one reader in another process. The reader borrows
(\`chunks({ borrow: true })\`) and checks each chunk where it lies, as who closes a loop should: data of its own, 60 MB of it a
second, makes the garbage collector stop the reader for milliseconds, which is then the last percent of the latency.

Beside it, before and after it in the same run, a **bare ring**: the same chunks through a mapped file with nothing but a
counter, a byte on a FIFO for each chunk, and a reader that checks them in place (\`tools/bench/stream/bareRing.ts\`). It is the
least that this can take in Node. The real pyacq has a ring of the same length.

_Grown_ is the memory in the last third of the time less that in the first. _Sender late_ is how far the sender was behind
its clock at worst: a machine that stops for that long shows it here and in the maximum.`,
  seconds: { full: 110, quick: 12 },
  targets: [
    { case: OURS, metric: 'lost', of: 'value', atMost: 0 },
    { case: OURS, metric: 'p50', of: 'value', atMost: 60 },
    { case: OURS, metric: 'p99', of: 'value', atMost: 250 },
    { case: OURS, metric: 'p99', of: 'value', atMost: 600 },
    { case: BESIDE, metric: 'p99', peer: 'bare ring', of: 'ratio', atLeast: 0.5 },
    { case: USAGE, metric: 'sender memory grown', of: 'value', atMost: 32 },
    { case: USAGE, metric: 'reader memory grown', of: 'value', atMost: 32 }
  ],
  run
}

async function run({ quick, step }: BenchContext): Promise<Measured> {
  const seconds = quick ? 3 : 60
  const secondsOfPeers = quick ? 1 : 10
  const chunk = NdArray.zeros([SAMPLES, CHANNELS], 'int16')
  await using readers = new ProcessReaders(1)

  using ring = new BareRing({ chunkBytes: chunk.byteLength, slots: RING / SAMPLES })
  const bare: ReadReport[] = []
  const runBare = async () => {
    step(`bare ring, ${secondsOfPeers} s`)
    const { reports } = await readers.readRing(ring)
    await pace({ rate: RATE, seconds: secondsOfPeers }, (number) => {
      stamp(chunk, number)
      ring.put(chunk.bytes())
      return Promise.resolve()
    })
    ring.end()
    bare.push(...(await reports))
  }

  await using output = new OutputStream({
    dtype: 'int16',
    shape: [-1, CHANNELS],
    sampleRate: SAMPLE_RATE,
    protocol: 'ipc',
    transferMode: 'sharedmem',
    bufferSize: RING
  })
  await output.configure()
  await readers.connect([output])
  await runAtRate(output, readers, { chunk, rate: RATE, seconds: secondsOfPeers / 5, borrow: true })

  await runBare()
  step(`nodeacq, ${seconds} s`)
  const ours = await runAtRate(output, readers, { chunk, rate: RATE, seconds, borrow: true })
  await runBare()
  const wrong = bare.reduce((total, report) => total + report.wrong, 0)
  if (wrong > 0) throw new Error(`the bare ring lost ${wrong} chunks: its latency says nothing`)
  step('pyacq')
  const pyacq = await measurePyacq(secondsOfPeers)

  const base = { suite: 'stream', better: 'less' } as const
  const figures = (name: string, reports: readonly Pick<ReadReport, 'latencies'>[], lost: number): Row[] => [
    ...QUANTILES.map(([p, metric]) => row({ ...base, case: name, metric, unit: 'µs', value: latencyOf(reports, p) })),
    row({ ...base, case: name, metric: 'lost', unit: 'samples', value: lost })
  ]
  const peer = { peer: 'bare ring', peerValue: latencyOf(bare, 0.99) }
  const usage = { ...base, case: USAGE }
  const rows: Row[] = [
    ...figures(OURS, ours.reports, lostOf(ours, SAMPLES)),
    ...figures('bare ring', bare, 0),
    ...(pyacq ? figures('pyacq', [pyacq], pyacq.lost * SAMPLES) : []),
    row({ ...base, case: BESIDE, metric: 'p99', unit: 'µs', value: latencyOf(ours.reports, 0.99), ...peer }),
    row({ ...usage, metric: 'sender late', unit: 'ms', value: ours.behind }),
    ...usageRows(usage, ours, { isLocal: false }),
    row({ ...usage, metric: 'sender memory grown', unit: 'MiB', value: growthOf(ours.sender.memory) }),
    row({ ...usage, metric: 'reader memory grown', unit: 'MiB', value: growthOf(ours.reports[0]!.memory) })
  ]
  const curves: Curve[] = [
    { name: 'nodeacq', points: distribution((p) => latencyOf(ours.reports, p)) },
    { name: 'bare ring', points: distribution((p) => latencyOf(bare, p)) }
  ]
  if (pyacq) curves.push({ name: 'pyacq', points: distribution((p) => latencyOf([pyacq], p)) })
  const title = 'Latency of 1,024 channels × 30 kHz in chunks of 1 ms, shared memory'
  const y = { label: 'µs', scale: 'log' } as const
  return { rows, pictures: [{ file: 'stream-brand', title, x: PERCENTILES, y, curves }] }
}

async function measurePyacq(seconds: number) {
  await using pair = await PyacqPair.start({
    protocol: 'tcp',
    transfermode: 'sharedmem',
    buffer_size: RING,
    dtype: 'int16',
    shape: [-1, CHANNELS],
    sample_rate: SAMPLE_RATE
  })
  return await pair?.atRate({ samples: SAMPLES, rate: RATE, seconds })
}
