import { OutputStream } from '@nodeacq/stream'
import { inTurns, type Contender } from '../rounds.ts'
import { row, type Row } from '../rows.ts'
import type { BenchContext, Measured, Part } from '../suite.ts'
import { memcpyRate } from './memcpy.ts'
import { ProcessReaders } from './readers.ts'
import { lostOf, runAtFullSpeed } from './run.ts'
import { BYTES_PER_SAMPLE, CHANNELS, nameOfSize, TRANSPORTS } from './transports.ts'

const SIZES = [64, 1024, 16_384]
const caseOf = (samples: number, how: 'owned' | 'borrowed') => `${nameOfSize(samples)}, ${how}`

export const sharedMemPart: Part = {
  name: 'sharedmem',
  title: 'Shared memory beside memcpy',
  about: `From process to process through a ring of 64 MiB in shared memory as fast as one reader keeps up (\`flow: 'wait'\`), so that
every chunk that counts has been read and checked. _Owned_: the reader gets each chunk as data of its own. _Borrowed_: it
reads the samples where they lie, until its next step (\`input.chunks({ borrow: true })\`). Beside it: copying the same chunks
into as much memory, which nobody reads.`,
  seconds: { full: 25, quick: 4 },
  targets: [
    { case: caseOf(64, 'borrowed'), metric: 'chunks', of: 'value', atLeast: 300_000 },
    { case: caseOf(64, 'borrowed'), metric: 'lost', of: 'value', atMost: 0 },
    { case: caseOf(16_384, 'borrowed'), metric: 'chunks', peer: 'memcpy', of: 'ratio', atLeast: 0.7 }
  ],
  run
}

async function run({ quick, step }: BenchContext): Promise<Measured> {
  const rows: Row[] = []
  await using readers = new ProcessReaders(1)
  for (const samples of SIZES) {
    step(nameOfSize(samples))
    await using output = new OutputStream({
      ...TRANSPORTS.sharedmem,
      dtype: 'float32',
      shape: [-1, CHANNELS],
      flow: 'wait'
    })
    await output.configure()
    await readers.connect([output])
    const milliseconds = quick ? 80 : 400
    const lost = { owned: 0, borrowed: 0 }
    const ours = (how: 'owned' | 'borrowed'): Contender => {
      return async () => {
        const result = await runAtFullSpeed(output, readers, { samples, milliseconds, borrow: how === 'borrowed' })
        lost[how] += lostOf(result, samples)
        return result.rate
      }
    }
    const rates = await inTurns(
      {
        owned: ours('owned'),
        borrowed: ours('borrowed'),
        memcpy: () => Promise.resolve(memcpyRate(samples, milliseconds / 4))
      },
      { rounds: quick ? 1 : 7 }
    )
    for (const how of ['owned', 'borrowed'] as const) {
      const base = { suite: 'stream', case: caseOf(samples, how), better: 'more' } as const
      const bytes = (rates[how] * samples * BYTES_PER_SAMPLE) / 1e6
      rows.push(
        row({ ...base, metric: 'chunks', unit: '1/s', value: rates[how], peer: 'memcpy', peerValue: rates.memcpy }),
        row({ ...base, metric: 'bytes', unit: 'MB/s', value: bytes }),
        row({ ...base, metric: 'lost', unit: 'samples', value: lost[how] })
      )
    }
  }
  return { rows }
}
