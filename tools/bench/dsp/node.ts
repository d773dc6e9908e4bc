import { inTurns } from '../rounds.ts'
import { row, type Row } from '../rows.ts'
import type { BenchContext, Measured } from '../suite.ts'
import { microseconds } from './compare.ts'
import { kernelAlone, openWay, type Way } from './throughNode.ts'

const CHUNKS = [
  { label: '1 ms', rows: 30, chunks: 10_000 },
  { label: '20 ms', rows: 600, chunks: 1000 }
] as const

const caseOf = ({ label }: (typeof CHUNKS)[number]) => `SosFilter node, 64 ch × 8 sections, ${label} chunks`

export const nodeCases = CHUNKS.map(caseOf)

/** What a SosFilter node adds to its kernel, in time and on the heap. */
export async function measureNode({ quick, step }: BenchContext): Promise<Measured> {
  const rows: Row[] = []
  for (const size of CHUNKS) {
    step(caseOf(size))
    const kernel = kernelAlone(size.rows, 'same')
    const withMemory = kernelAlone(size.rows, 'new')
    await using node = await openWay(size.rows, 'node')
    await using straight = await openWay(size.rows, 'nothing')
    const chunks = quick ? size.chunks / 10 : size.chunks
    const figures = await inTurns(
      {
        kernel: () => Promise.resolve(microseconds(kernel, quick ? 0.02 : 0.2)),
        withMemory: () => Promise.resolve(microseconds(withMemory, quick ? 0.02 : 0.2)),
        node: () => node.measure(chunks),
        straight: () => straight.measure(chunks)
      },
      { rounds: quick ? 3 : 9 }
    )
    const allocated = (await allocatedPerChunk(node)) - (await allocatedPerChunk(straight))
    const base = { suite: 'dsp', case: caseOf(size), better: 'less' } as const
    const added = Math.max(0, figures.node - figures.straight - figures.kernel)
    rows.push(
      row({ ...base, metric: 'added by the node', unit: 'µs', value: added }),
      row({
        ...base,
        metric: 'of that, new memory for the output',
        unit: 'µs',
        value: Math.max(0, figures.withMemory - figures.kernel)
      }),
      row({ ...base, metric: 'kernel alone', unit: 'µs', value: figures.kernel }),
      row({ ...base, metric: 'heap per chunk, added by the node', unit: 'bytes', value: Math.max(0, allocated) })
    )
  }
  return { rows }
}

async function allocatedPerChunk(way: Way): Promise<number> {
  const chunks = 500
  const tries: number[] = []
  for (let k = 0; k < 9; k++) {
    const before = process.memoryUsage().heapUsed
    await way.measure(chunks)
    tries.push((process.memoryUsage().heapUsed - before) / chunks)
  }
  return Math.min(...tries.filter((growth) => growth >= 0))
}
