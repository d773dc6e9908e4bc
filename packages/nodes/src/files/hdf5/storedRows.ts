import { NdArray, parseDType, type DType } from '@nodeacq/ndarray'
import type { HdfReader } from './HdfReader.ts'
import { hdfTypeOf } from './hdfType.ts'

/** Rows `[from, to)` of a dataset that was written for a dtype, as that dtype in this machine's byte order. */
export function storedRows(
  reader: HdfReader,
  { path, dtype, sampleShape }: { path: string; dtype: DType; sampleShape: readonly number[] },
  [from, to]: readonly [number, number]
): NdArray {
  const bytes = reader.rows(path, from, to)
  const shape = [to - from, ...sampleShape]
  const native = dtype.toNative()
  const stored = parseDType(hdfTypeOf(dtype)!.stored)
  // Times and truth values are other names for the same bytes.
  if (stored.itemSize === dtype.itemSize) return NdArray.fromBuffer(bytes, { dtype: native, shape })
  return NdArray.fromBuffer(bytes, { dtype: stored, shape }).astype(native)
}
