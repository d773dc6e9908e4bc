import { NdArray } from '@nodeacq/ndarray'
import type { DTypeLike } from '@nodeacq/ndarray'

export interface RampOptions {
  /** Absolute number of the first sample. Default 0. */
  from?: number
  samples: number
  /** Default 1. */
  channels?: number
  /** Default `float32`, which holds the values exactly up to 16,777,216. */
  dtype?: DTypeLike
}

/**
 * A chunk `(samples, channels)` whose values say where they belong: sample `i` (counted absolutely) of channel `c` is
 * `i * channels + c`. Chunks that follow each other continue the ramp, so a lost, doubled or shifted sample shows.
 */
export function ramp({ from = 0, samples, channels = 1, dtype = 'float32' }: RampOptions): NdArray {
  const values = Float64Array.from({ length: samples * channels }, (_, i) => from * channels + i)
  return NdArray.fromTyped(values, [samples, channels]).astype(dtype)
}
