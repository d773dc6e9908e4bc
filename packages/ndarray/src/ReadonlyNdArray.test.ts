import { expect, expectTypeOf, test } from 'vitest'
import { NdArray } from './NdArray.ts'
import type { ReadonlyNdArray } from './ReadonlyNdArray.ts'

test('every NdArray is a ReadonlyNdArray, and not the other way round', () => {
  expectTypeOf<NdArray>().toExtend<ReadonlyNdArray>()
  expectTypeOf<ReadonlyNdArray>().not.toExtend<NdArray>()
  expectTypeOf<ReadonlyNdArray>().not.toHaveProperty('set')
  expectTypeOf<ReadonlyNdArray>().not.toHaveProperty('fill')
})

test('views of a ReadonlyNdArray are read-only, copies are not', () => {
  const data: ReadonlyNdArray = NdArray.zeros([2, 2], 'f4')
  expectTypeOf(data.slice(1).column(0).toContiguous()).toEqualTypeOf<ReadonlyNdArray>()
  expectTypeOf(data.copy()).toEqualTypeOf<NdArray>()
  expectTypeOf(data.astype('f8')).toEqualTypeOf<NdArray>()
  data.copyTo(NdArray.zeros([2, 2], 'f8'))
  expect(data.equals(data.flip(0))).toBe(true)
})
