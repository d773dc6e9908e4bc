import { OutputStream } from '@nodeacq/stream'
import { inTurns } from '../rounds.ts'
import { row, type Row } from '../rows.ts'
import type { BenchContext, Measured, Part } from '../suite.ts'
import { ProcessReaders } from './readers.ts'
import { lostOf, runAtFullSpeed } from './run.ts'
import { BYTES_PER_SAMPLE, CHANNELS, nameOfSize } from './transports.ts'

const SIZES = [64, 1024, 16_384]
const caseOf = (samples: number) => `tcp, ${nameOfSize(samples)}`

export const deliveryPart: Part = {
  name: 'delivery',
  title: 'What it costs to lose nothing: complete beside bestEffort',
  about: `Over tcp to one reader in another process, as fast as it goes. \`bestEffort\` goes out on the PUB socket of pyacq's
protocol, here with queues without limit on both ends, so that it loses nothing either and every chunk counts.
\`complete\` is a cursor with credit on the side channel: what was sent is kept until the reader has it. Its output has
\`flow: 'wait'\`, else it would run away from the reader and out of what it keeps.`,
  seconds: { full: 20, quick: 4 },
  targets: SIZES.map((samples) => ({
    case: caseOf(samples),
    metric: 'complete',
    peer: 'bestEffort',
    of: 'ratio',
    atLeast: 0.6
  })),
  run
}

async function run({ quick, step }: BenchContext): Promise<Measured> {
  const rows: Row[] = []
  await using toComplete = new ProcessReaders(1)
  await using toBestEffort = new ProcessReaders(1)
  for (const samples of SIZES) {
    step(nameOfSize(samples))
    const shape = { dtype: 'float32', shape: [-1, CHANNELS], protocol: 'tcp' } as const
    await using waiting = new OutputStream({ ...shape, flow: 'wait' })
    await using free = new OutputStream({ ...shape, highWaterMark: 0 })
    await waiting.configure()
    await free.configure()
    await toComplete.connect([waiting], { delivery: 'complete' })
    await toBestEffort.connect([free], { delivery: 'bestEffort' })
    let lost = 0
    const contender = (output: OutputStream, readers: ProcessReaders) => async () => {
      const result = await runAtFullSpeed(output, readers, { samples, milliseconds: quick ? 80 : 400 })
      lost += lostOf(result, samples)
      return result.rate
    }
    const rates = await inTurns(
      { complete: contender(waiting, toComplete), bestEffort: contender(free, toBestEffort) },
      { rounds: quick ? 1 : 5 }
    )
    const base = { suite: 'stream', case: caseOf(samples), better: 'more' } as const
    const { complete, bestEffort } = rates
    const bytes = (complete * samples * BYTES_PER_SAMPLE) / 1e6
    rows.push(
      row({
        ...base,
        metric: 'complete',
        unit: 'chunks/s',
        value: complete,
        peer: 'bestEffort',
        peerValue: bestEffort
      }),
      row({ ...base, metric: 'complete, bytes', unit: 'MB/s', value: bytes }),
      row({ ...base, metric: 'lost', unit: 'samples', value: lost })
    )
  }
  return { rows }
}
