import type { NdArray } from './NdArray.ts'

type Views = 'slice' | 'transpose' | 'reshape' | 'flip' | 'column' | 'field' | 'toContiguous'

/**
 * An array whose items the holder must not change; so are its views. A contract of types: every NdArray is one. Use it
 * for parameters that are only read.
 */
export interface ReadonlyNdArray extends Omit<NdArray, 'set' | 'fill' | Views> {
  slice(start?: number, stop?: number, step?: number): ReadonlyNdArray
  transpose(axes?: readonly number[]): ReadonlyNdArray
  reshape(shape: readonly number[]): ReadonlyNdArray
  flip(axis: number): ReadonlyNdArray
  column(channel: number): ReadonlyNdArray
  field(name: string): ReadonlyNdArray
  toContiguous(): ReadonlyNdArray
}
