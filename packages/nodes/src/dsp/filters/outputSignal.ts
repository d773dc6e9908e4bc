import type { StreamInfo } from '@nodeacq/stream'
import { z } from 'zod'
import { ROW, type SosTable } from '../sosCoefficients.ts'

/** The option `dtype` of filters that may give another one than they get. */
export const dtypeField = {
  dtype: z
    .enum(['float32', 'float64'])
    .nullish()
    .describe("dtype of the output; default the input's, as in pyacq. Integers lose what is below 1")
}

/**
 * The offset (physical = offset + scale × value) that fits samples which went through a filter: a high-pass leaves nothing
 * of it.
 * @param gains of each channel, or of all, at 0 Hz
 */
export function offsetBehind(offset: StreamInfo['offset'], gains: readonly number[]): StreamInfo['offset'] {
  if (offset === null) return null
  const offsets = typeof offset === 'number' ? [offset] : offset
  const count = Math.max(offsets.length, gains.length)
  if (count === 1) return offsets[0]! * gains[0]!
  return Array.from({ length: count }, (_, c) => (offsets[c] ?? offsets[0]!) * (gains[c] ?? gains[0]!))
}

/** Gain at 0 Hz of each table; 0 where a section has no finite one. */
export function steadyGains({ tables }: SosTable): number[] {
  return tables.map((table) => {
    let gain = 1
    for (let at = 0; at < table.length; at += ROW) {
      gain *= (table[at]! + table[at + 1]! + table[at + 2]!) / (1 + table[at + 3]! + table[at + 4]!)
    }
    return Number.isFinite(gain) ? gain : 0
  })
}
