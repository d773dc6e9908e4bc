import { microseconds } from './compare.ts'
import { row, type Row } from '../rows.ts'

/** What work on chunks of 1 ms takes: the share of one core, and what it allocates on the heap of JavaScript per chunk. */
export function realtimeRows(name: string, run: () => void, { quick }: { readonly quick: boolean }): Row[] {
  const time = microseconds(run, quick ? 0.1 : 1)
  const base = { suite: 'dsp', case: name, better: 'less' } as const
  return [
    row({ ...base, metric: 'share of a core', unit: '%', value: (100 * time) / 1000 }),
    row({ ...base, metric: 'allocated per chunk', unit: 'bytes', value: allocatedPerCall(run) })
  ]
}

/** Growth of the heap over calls without a collection among them, the least of several tries. */
function allocatedPerCall(run: () => void): number {
  const calls = 2000
  const tries = Array.from({ length: 9 }, () => {
    const before = process.memoryUsage().heapUsed
    for (let i = 0; i < calls; i++) run()
    return (process.memoryUsage().heapUsed - before) / calls
  })
  return Math.min(...tries.filter((growth) => growth >= 0))
}
