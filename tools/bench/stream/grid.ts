import { OutputStream } from '@nodeacq/stream'
import type { Curve, Picture } from '../picture.ts'
import { inTurns, type Contender } from '../rounds.ts'
import { row, type Row } from '../rows.ts'
import type { BenchContext, Measured, Part } from '../suite.ts'
import { openBare } from './bare.ts'
import { memcpyRate } from './memcpy.ts'
import { LocalReaders, ProcessReaders } from './readers.ts'
import { lostOf, runAtFullSpeed, runBareAtFullSpeed, type RunResult } from './run.ts'
import {
  BYTES_PER_SAMPLE,
  CHANNELS,
  nameOfSize,
  SIZES,
  TRANSPORT_NAMES,
  TRANSPORTS,
  type Transport
} from './transports.ts'
import { usageRows } from './usageRows.ts'

export const gridPart: Part = {
  name: 'grid',
  title: 'As fast as nothing is lost',
  about: `Every way a stream can take, with chunks from 64 bytes to 1 MB (1 to 16,384 samples of 16 channels float32), to one reader
and to four. Readers are processes of their own, for \`inproc\` tasks of the sender's process. The output has \`flow: 'wait'\`:
\`send\` waits for the slowest reader, so that the rate is one that all of them have kept up with, in bounded memory.
Each reader checks number and length of each chunk; _lost_ are samples that did not come or were not what was sent.
The time runs from the first \`send\` until the last reader has the last chunk. Readers get data of their own
(\`input.chunks()\`), and \`send\` copies once.

Beside ipc and tcp: bare zeromq.js with one copy in the same shape, which never waits and queues without limit. Beside
sharedmem: \`memcpy\` of the same chunks into as large a ring, which nobody reads. _Cores_ is processor time by time, of the
sender and of each reader; memory is that of the process without shared pages, the median while it ran. One sender does
one case after the other, and keeps what its heap has grown to.`,
  seconds: { full: 120, quick: 16 },
  run
}

interface Cell {
  readonly transport: Transport
  readonly samples: number
  readonly readers: number
}

async function run(context: BenchContext): Promise<Measured> {
  const rows: Row[] = []
  for (const readers of [1, 4]) {
    await using processes = new ProcessReaders(readers)
    await using local = new LocalReaders(readers)
    for (const transport of TRANSPORT_NAMES) {
      for (const samples of SIZES) {
        const cell = { transport, samples, readers }
        context.step(nameOf(cell))
        rows.push(...(await measure(cell, { processes, local, quick: context.quick })))
      }
    }
  }
  return { rows, pictures: [picture(rows)] }
}

function nameOf({ transport, samples, readers }: Cell): string {
  return `${transport}, ${nameOfSize(samples)}, ${readers} reader${readers === 1 ? '' : 's'}`
}

async function measure(
  cell: Cell,
  { processes, local, quick }: { processes: ProcessReaders; local: LocalReaders; quick: boolean }
): Promise<Row[]> {
  const { transport, samples } = cell
  const milliseconds = quick ? 60 : 400
  const readers = transport === 'inproc' ? local : processes
  await using output = new OutputStream({
    ...TRANSPORTS[transport],
    dtype: 'float32',
    shape: [-1, CHANNELS],
    flow: 'wait'
  })
  await output.configure()
  await readers.connect([output])
  await using bare = transport === 'ipc' || transport === 'tcp' ? await openBare(transport, processes) : undefined

  const runs: RunResult[] = []
  const ours: Contender = async () => {
    runs.push(await runAtFullSpeed(output, readers, { samples, milliseconds }))
    return runs.at(-1)!.rate
  }
  const theirs: Contender | undefined = bare
    ? async () => (await runBareAtFullSpeed(bare.publisher, processes, { samples, milliseconds, copy: true })).rate
    : transport === 'sharedmem'
      ? () => Promise.resolve(memcpyRate(samples, milliseconds))
      : undefined
  const rates: { ours: number; theirs?: number } = await inTurns({ ours, theirs }, { rounds: quick ? 1 : 3 })
  const peer =
    rates.theirs === undefined ? {} : { peer: bare ? 'bare and one copy' : 'memcpy', peerValue: rates.theirs }
  const base = { suite: 'stream', case: nameOf(cell), better: 'more' } as const
  const last = runs.at(-1)!
  const lost = runs.reduce((total, result) => total + lostOf(result, samples), 0)
  return [
    row({ ...base, metric: 'chunks', unit: '1/s', value: rates.ours, ...peer }),
    row({ ...base, metric: 'bytes', unit: 'MB/s', value: (rates.ours * samples * BYTES_PER_SAMPLE) / 1e6 }),
    row({ ...base, metric: 'lost', unit: 'samples', value: lost, better: 'less' }),
    ...usageRows(base, last, { isLocal: readers === local })
  ]
}

function picture(rows: readonly Row[]): Picture {
  const bytesOf = (transport: Transport, value: (row: Row) => number): Curve['points'] =>
    SIZES.map((samples) => {
      const name = nameOf({ transport, samples, readers: 1 })
      const found = rows.find((r) => r.case === name && r.metric === 'chunks')!
      const bytes = samples * BYTES_PER_SAMPLE
      return [bytes, (value(found) * bytes) / 1e6] as const
    })
  return {
    file: 'stream-throughput',
    title: 'Throughput to one reader, nothing lost',
    x: {
      label: 'bytes in a chunk',
      scale: 'log',
      ticks: SIZES.map((samples) => [samples * BYTES_PER_SAMPLE, nameOfSize(samples).replace(/^.*\(|\)/g, '')])
    },
    y: { label: 'MB/s', scale: 'log' },
    curves: [
      ...TRANSPORT_NAMES.map((transport) => ({ name: transport, points: bytesOf(transport, ({ value }) => value) })),
      { name: 'bare zeromq.js, tcp', points: bytesOf('tcp', ({ peerValue }) => peerValue ?? NaN) },
      { name: 'memcpy', points: bytesOf('sharedmem', ({ peerValue }) => peerValue ?? NaN) }
    ]
  }
}
