import type { Tal } from '../../files/edf/tal.ts'
import type { ExportEvent, ExportGap } from '../Exporter.ts'

/** @param onset s after the start time in the header */
export function eventTal({ duration, label, value }: ExportEvent, at: { onset: number; rate: number }): Tal {
  return {
    onset: at.onset,
    duration: duration > 0 ? round(duration / at.rate) : undefined,
    texts: [label === '' ? String(value) : label]
  }
}

/** What says that samples are missing: where they would be, or, between records, where they go on. */
export function gapTals(
  mode: 'fill' | 'native',
  { from, to, cause }: ExportGap,
  onset: (index: number) => number
): Tal[] {
  const text = `lost ${to - from} samples: ${cause}`
  if (mode === 'native') return [{ onset: onset(to), duration: undefined, texts: [text] }]
  return [
    { onset: onset(from), duration: round(onset(to) - onset(from)), texts: ['BAD_gap'] },
    { onset: onset(from), duration: undefined, texts: [text] }
  ]
}

/** Decimals of an onset that mean something. */
export function round(seconds: number): number {
  return Number(seconds.toFixed(9))
}
