import { OutputStream } from '@nodeacq/stream'
import { inTurns, type Contender } from '../rounds.ts'
import { row, type Row } from '../rows.ts'
import type { BenchContext, Measured, Part } from '../suite.ts'
import { openBare } from './bare.ts'
import { PyacqPair } from './PyacqPair.ts'
import { ProcessReaders } from './readers.ts'
import { lostOf, runAtFullSpeed, runBareAtFullSpeed } from './run.ts'
import { BYTES_PER_SAMPLE, CHANNELS, nameOfSize } from './transports.ts'

const SIZES = [64, 1024, 16_384]
const caseOf = (samples: number, how: 'handed over' | 'copied') => `tcp, ${nameOfSize(samples)}, ${how}`

export const plaindataPart: Part = {
  name: 'plaindata',
  title: 'plaindata over tcp beside pyacq and bare zeromq.js',
  about: `From process to process over tcp as fast as it goes, on pyacq's own wire (PUB/SUB, \`bestEffort\`). Nobody waits for
anybody, and the queues of all have no limit (\`highWaterMark: 0\`, \`SNDHWM\` and \`RCVHWM\` 0), so that nobody gets faster by
losing; the rate counts until the last chunk has come. Every reader checks number and length of each chunk.

_Handed over_: no copy on either side. Each chunk is memory of its own, made for it, as from a device driver, and
\`send(…, { handOver: true })\` gives it away; the reader is done with a chunk at its next step
(\`chunks({ borrow: true })\`), as pyacq's is. _Copied_: the sender uses one array again and again, \`send\` copies it, and the
reader gets data of its own. Beside them bare zeromq.js that makes and sends messages of the same bytes, and the same with
that one copy. pyacq's \`OutputStream\` and \`InputStream\` use one array too, of which its \`send\` makes a copy, as it always
does; it is compared with both.`,
  seconds: { full: 50, quick: 6 },
  targets: [
    [64, 1.2],
    [1024, 1.2],
    [16_384, 1]
  ].map(([samples, atLeast]) => ({
    case: caseOf(samples!, 'handed over'),
    metric: 'chunks',
    peer: 'pyacq',
    of: 'ratio' as const,
    atLeast: atLeast!
  })),
  run
}

async function run({ quick, step }: BenchContext): Promise<Measured> {
  const rows: Row[] = []
  await using readers = new ProcessReaders(1)
  for (const samples of SIZES) {
    step(nameOfSize(samples))
    await using output = new OutputStream({
      dtype: 'float32',
      shape: [-1, CHANNELS],
      protocol: 'tcp',
      highWaterMark: 0
    })
    await output.configure()
    await readers.connect([output])
    await using bare = await openBare('tcp', readers)
    await using pyacq = await PyacqPair.start({ protocol: 'tcp', dtype: 'float32', shape: [-1, CHANNELS] })
    const milliseconds = quick ? 80 : 400
    let lost = 0
    const ours = (handOver: boolean): Contender => {
      return async () => {
        const result = await runAtFullSpeed(output, readers, { samples, milliseconds, handOver, borrow: handOver })
        lost += lostOf(result, samples)
        return result.rate
      }
    }
    const bareOnes = (copy: boolean): Contender => {
      return async () => (await runBareAtFullSpeed(bare.publisher, readers, { samples, milliseconds, copy })).rate
    }
    const rates = await inTurns(
      {
        handedOver: ours(true),
        copied: ours(false),
        bare: bareOnes(false),
        bareCopied: bareOnes(true),
        pyacq: pyacq ? () => pyacq.rateAtFullSpeed(samples, milliseconds) : undefined
      },
      { rounds: quick ? 1 : 5 }
    )
    for (const how of ['handed over', 'copied'] as const) {
      const value = how === 'copied' ? rates.copied : rates.handedOver
      const peerValue = how === 'copied' ? rates.bareCopied : rates.bare
      const base = { suite: 'stream', case: caseOf(samples, how), better: 'more' } as const
      const chunks = { ...base, metric: 'chunks', unit: '1/s', value } as const
      rows.push(row({ ...chunks, peer: 'bare zeromq.js', peerValue }))
      if (pyacq) rows.push(row({ ...chunks, peer: 'pyacq', peerValue: rates.pyacq }))
      rows.push(
        row({ ...base, metric: 'bytes', unit: 'MB/s', value: (value * samples * BYTES_PER_SAMPLE) / 1e6 }),
        row({ ...base, metric: 'lost', unit: 'samples', value: lost })
      )
    }
  }
  return { rows }
}
