import { NdArray } from '@nodeacq/ndarray'
import type { ArrayKind } from './KernelProcess.ts'

/** The typed array that holds numbers of a dtype in this machine's byte order: `>i2` → Int16Array. */
export function arrayKindOf(dtype: string): ArrayKind {
  return NdArray.zeros([0], dtype.replace(/^>/, '<')).typed().constructor as ArrayKind
}
