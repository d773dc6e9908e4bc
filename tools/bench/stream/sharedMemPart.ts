import { BenchChild } from '../child.ts'
import type { Row } from '../rows.ts'
import { sharedMemThroughput } from '../sharedMem.ts'
import type { BenchContext, Measured, Part } from '../suite.ts'

/** Samples per chunk, and how many chunks make a round of about half a second. */
const SIZES = [
  { samples: 64, chunks: 60_000 },
  { samples: 1024, chunks: 20_000 },
  { samples: 16_384, chunks: 2000 }
] as const

export const sharedMemPart: Part = {
  name: 'sharedmem',
  title: 'Shared memory beside memcpy',
  about: `From process to process through a ring of 64 MiB, 16 channels float32, as fast as one reader keeps up (\`flow: 'wait'\`), so
that every chunk that counts has been read. _Owned_: the reader gets each chunk as data of its own. _Viewed_: it looks
at the samples where they lie (\`input.withView\`). Beside it: copying the same chunks into as much memory, which nobody
reads.`,
  seconds: { full: 30, quick: 4 },
  targets: [
    { case: 'sharedmem, 64 × 16 float32, viewed', metric: 'chunks', of: 'value', atLeast: 300_000 },
    { case: 'sharedmem, 16384 × 16 float32, viewed', metric: 'bytes', of: 'ratio', atLeast: 0.7 }
  ],
  run
}

async function run({ quick, step }: BenchContext): Promise<Measured> {
  await using receiver = new BenchChild(new URL('../streamReceiver.ts', import.meta.url))
  const rows: Row[] = []
  for (const { samples, chunks } of SIZES) {
    step(`${samples} samples`)
    rows.push(...(await sharedMemThroughput(receiver, { samples, chunks: quick ? Math.ceil(chunks / 10) : chunks })))
  }
  return { rows }
}
