import { NdArray } from '@nodeacq/ndarray'
import type { RecordedChannel } from './SampleFile.ts'

/** `gain × stored + offset` of each channel (last axis) as a fresh float64 array; a missing gain is 1, a missing offset 0. */
export function applyScaling(stored: NdArray, channels: readonly RecordedChannel[]): NdArray {
  const values = new Float64Array(stored.size)
  const result = NdArray.fromTyped(values, [...stored.shape])
  stored.copyTo(result)
  const gains = Float64Array.from(channels, ({ gain }) => gain ?? 1)
  const offsets = Float64Array.from(channels, ({ offset }) => offset ?? 0)
  for (let at = 0; at < values.length;) {
    for (let c = 0; c < gains.length; c++, at++) values[at] = values[at]! * gains[c]! + offsets[c]!
  }
  return result
}
