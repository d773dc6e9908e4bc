import { NdArray } from '@nodeacq/ndarray'
import { OutputStream } from '@nodeacq/stream'
import type { Axis, Curve } from '../picture.ts'
import { row, type Row } from '../rows.ts'
import type { BenchContext, Measured, Part } from '../suite.ts'
import { LocalReaders, ProcessReaders } from './readers.ts'
import { latencyOf, lostOf, runAtRate } from './run.ts'
import { BYTES_PER_SAMPLE, CHANNELS, nameOfSize, SIZES, TRANSPORT_NAMES, TRANSPORTS } from './transports.ts'
import { usageRows } from './usageRows.ts'

export const latencyPart: Part = {
  name: 'latency',
  title: 'Latency at a fixed rate',
  about: `The same ways and chunks at a fixed rate, as from a device: 1,000 chunks a second, of the chunks of 1 MB 100. The output has
\`flow: 'realtime'\`, so \`send\` never waits, and what a reader does not take in time is lost; delivery is the default,
\`bestEffort\`. Latency runs from just before \`send\` until the reader's loop has the chunk and has checked it, on the clock that
all processes of a machine share; with four readers those of all of them. The sender sleeps between chunks and is woken by a timer
of 1 ms, so two chunks may be due at once.`,
  seconds: { full: 110, quick: 14 },
  run
}

/** Samples of the chunks whose latencies are drawn. */
const DRAWN = 1024

async function run({ quick, step }: BenchContext): Promise<Measured> {
  const rows: Row[] = []
  const curves: Curve[] = []
  for (const count of [1, 4]) {
    await using processes = new ProcessReaders(count)
    await using local = new LocalReaders(count)
    for (const transport of TRANSPORT_NAMES) {
      for (const samples of SIZES) {
        const rate = samples * BYTES_PER_SAMPLE > 2 ** 19 ? 100 : 1000
        const name = `${transport}, ${nameOfSize(samples)}, ${rate} Hz, ${count} reader${count === 1 ? '' : 's'}`
        step(name)
        const readers = transport === 'inproc' ? local : processes
        await using output = new OutputStream({ ...TRANSPORTS[transport], dtype: 'float32', shape: [-1, CHANNELS] })
        await output.configure()
        await readers.connect([output], { highWaterMark: 1000 })
        const chunk = NdArray.zeros([samples, CHANNELS], 'float32')
        if (!quick) await runAtRate(output, readers, { chunk, rate, seconds: 0.5 })
        const result = await runAtRate(output, readers, { chunk, rate, seconds: quick ? 0.2 : 2.5 })
        const base = { suite: 'stream', case: name, better: 'less' } as const
        const of = (p: number) => latencyOf(result.reports, p)
        rows.push(
          ...QUANTILES.map(([p, metric]) => row({ ...base, metric, unit: 'µs', value: of(p) })),
          row({ ...base, metric: 'lost', unit: 'samples', value: lostOf(result, samples) }),
          ...usageRows(base, result, { isLocal: readers === local })
        )
        if (count === 1 && samples === DRAWN) curves.push({ name: transport, points: distribution(of) })
      }
    }
  }
  const title = `Latency of chunks of 64 KB, 1,000 a second, one reader`
  const y = { label: 'µs', scale: 'log' } as const
  return { rows, pictures: [{ file: 'stream-latency', title, x: PERCENTILES, y, curves }] }
}

/** The quantiles that are told, and their names. */
export const QUANTILES = [
  [0.5, 'p50'],
  [0.99, 'p99'],
  [0.999, 'p99.9'],
  [1, 'max']
] as const

/** Chunks out of which one is later: 2 for the median, 100 for p99. */
export const PERCENTILES: Axis = {
  label: 'part of the chunks that came within the time',
  scale: 'log',
  ticks: [
    [1, '0'],
    [2, '50 %'],
    [10, '90 %'],
    [100, '99 %'],
    [1000, '99.9 %']
  ]
}

/** The curve of quantiles over `PERCENTILES`. */
export function distribution(of: (p: number) => number): Curve['points'] {
  return [1, 1.25, 2, 4, 10, 20, 50, 100, 200, 500, 1000].map((x) => [x, of(1 - 1 / x)] as const)
}
