import type { Chunk, Gap, InputStream } from '@nodeacq/stream'

/**
 * Has an input tell what it does not get while somebody reads it with `chunks`. A chunk brings its gaps with it; only who
 * wants them told, when the reading begins, pays for a step more per chunk.
 */
export function announceGaps(input: InputStream, isWanted: () => boolean, tell: (gap: Gap) => void): void {
  const chunks = input.chunks.bind(input)
  input.chunks = (options) => (isWanted() ? telling(input, chunks(options), tell) : chunks(options))
}

/** Passes chunks on, tells what is missing before each, and at last what was lost after all of them. */
async function* telling(
  input: InputStream,
  chunks: AsyncIterable<Chunk>,
  tell: (gap: Gap) => void
): AsyncGenerator<Chunk, void, undefined> {
  let last: Chunk | undefined
  for await (const chunk of chunks) {
    last = chunk
    for (const gap of chunk.gaps) tell(gap)
    yield chunk
  }
  const { run, gaps } = input.ledger.snapshot()
  const told = last?.run === run ? last.index : 0
  for (const gap of gaps) if (gap.to > told) tell({ ...gap, from: Math.max(gap.from, told) })
}
