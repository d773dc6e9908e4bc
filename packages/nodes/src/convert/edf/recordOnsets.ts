import type { EdfSignals } from './EdfSignals.ts'
import type { RecordLayout } from './recordLayout.ts'

/** When the records will be, s from the start of the file, as far as it is known how many samples will come. */
export function recordOnsets(
  signals: readonly EdfSignals[],
  { duration }: RecordLayout,
  gaps: 'fill' | 'native'
): number[] {
  if (gaps === 'fill') {
    const ends = signals.map((each) => {
      const missing = (each.stream.gaps ?? []).reduce((sum, { from, to }) => sum + to - from, 0)
      return each.timeOf(each.stream.startIndex + (each.stream.sampleCount ?? 0) + missing)
    })
    return times(0, Math.max(...ends), duration)
  }
  const [first] = signals
  const { startIndex, sampleCount = 0, gaps: missing = [] } = first!.stream
  const end = startIndex + sampleCount + missing.reduce((sum, { from, to }) => sum + to - from, 0)
  const starts = [startIndex, ...missing.map(({ to }) => to)]
  const ends = [...missing.map(({ from }) => from), end]
  return starts.flatMap((start, k) => times(first!.timeOf(start), first!.timeOf(ends[k]!), duration))
}

function times(from: number, to: number, duration: number): number[] {
  const count = Math.max(1, Math.ceil((to - from) / duration - 1e-9))
  return Array.from({ length: count }, (_, k) => from + k * duration)
}
