import { parseDType } from '@nodeacq/ndarray'
import type { StreamInfo } from './params.ts'

/** Bytes per second of a stream at its nominal rate; 0 for events, which come when they come. */
export function byteRate(
  info: Pick<StreamInfo, 'streamType' | 'sampleRate' | 'shape' | 'dtype'> & Partial<Pick<StreamInfo, 'accounting'>>
): number {
  const { streamType, sampleRate, shape, dtype, accounting } = info
  if (streamType.startsWith('event')) return 0
  // Frames count as one each, whatever their height; everything else has time on axis 0.
  const sample = accounting === 'messages' ? shape : shape.slice(1)
  return sampleRate * sample.reduce((product, length) => product * Math.abs(length), 1) * parseDType(dtype).itemSize
}
