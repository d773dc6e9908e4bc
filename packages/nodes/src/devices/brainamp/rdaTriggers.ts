import { NdArray, parseDType } from '@nodeacq/ndarray'
import type { RdaMarker } from './rdaMessages.ts'

/** Longest type, and longest description, of a trigger in bytes; what is longer is cut. */
const TEXT_BYTES = 16

/** dtype of pyacq's triggers of a BrainAmp. `pos` and `points` count samples, `channel` is -1 for all. Texts are Latin-1. */
export const TRIGGER_DTYPE = [
  ['pos', 'int64'],
  ['points', 'int64'],
  ['channel', 'int64'],
  ['type', `S${TEXT_BYTES}`],
  ['description', `S${TEXT_BYTES}`]
] as const satisfies readonly (readonly [string, string])[]

const DTYPE = parseDType(TRIGGER_DTYPE)

/** Markers of a block whose first sample has the number `first`. */
export function triggersOf(markers: readonly RdaMarker[], first: number): NdArray {
  const records = markers.map(({ position, points, channel, type, description }) => ({
    pos: first + position,
    points,
    channel,
    type: textBytes(type),
    description: textBytes(description)
  }))
  return NdArray.from(records, DTYPE)
}

function textBytes(text: string): Buffer {
  return Buffer.from(text, 'latin1').subarray(0, TEXT_BYTES)
}
