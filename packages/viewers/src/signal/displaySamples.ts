import type { DType, ReadonlyNdArray } from '@nodeacq/ndarray'
import type { Extremes } from '../pyramid/Level.ts'

/** Types whose every value is an int16 too. */
const SMALL = new Set(['int8', 'uint8', 'int16', 'bool'])

/** How samples of some type are kept for display: small integers as they are, everything else as float32. */
export function displayType(dtype: DType): 'int16' | 'float32' {
  return SMALL.has(dtype.name) ? 'int16' : 'float32'
}

/**
 * The samples of a chunk `(samples, channels)` as rows without gaps, in the type of `displayType`. Nothing is copied where
 * they lie so already.
 */
export function displaySamples(data: ReadonlyNdArray, type: 'int16' | 'float32'): Extremes {
  const wanted = data.dtype.name === type && data.dtype.isNative ? data : data.astype(type)
  return wanted.toContiguous().typed() as Extremes
}
