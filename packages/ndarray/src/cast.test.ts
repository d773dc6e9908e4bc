import { describe, expect, test } from 'vitest'
import numpy from '../test/fixtures/numpy.json' with { type: 'json' }
import { DTypeError } from './errors.ts'
import { NdArray } from './NdArray.ts'
import { parseDType } from './DType.ts'

describe('numbers are cast as numpy does', () => {
  test.each(numpy.casts)('$from to $to: $source', ({ from, to, source, result }) => {
    const bytes = Buffer.from(source, 'hex')
    const array = NdArray.fromBuffer(bytes, { dtype: from, shape: [bytes.length / parseDType(from).itemSize] })
    expect(Buffer.from(array.astype(to).bytes()).toString('hex')).toBe(result)
    // The same through strides, and into strides.
    const target = NdArray.zeros([array.length, 2], to).column(1).flip(0)
    array.flip(0).flip(0).copyTo(target)
    expect(Buffer.from(target.bytes()).toString('hex')).toBe(result)
  })
})

test('numbers out of range wrap around; NaN is 0, and NaT in 64 bits', () => {
  const values = NdArray.from([300.7, -1.9, Number.NaN, Infinity, 2 ** 40 + 3])
  expect(values.astype('uint8').toNested()).toEqual([44, 255, 0, 0, 3])
  expect(values.astype('int16').toNested()).toEqual([300, -1, 0, 0, 3])
  expect(values.astype('int64').toNested()).toEqual([300, -1, -(2n ** 63n), -(2n ** 63n), 2 ** 40 + 3])
  expect(values.astype('bool').toNested()).toEqual([true, true, true, true, true])
  expect(
    NdArray.from([{ re: 0, im: 2 }], 'complex64')
      .astype('bool')
      .toNested()
  ).toEqual([true])
})

test('texts are cut and padded, between S and U', () => {
  const texts = NdArray.from(['a', 'héllo', ''])
  expect(texts.dtype.name).toBe('<U5')
  expect(texts.astype('S3').toNested()).toEqual(['a', 'hé', ''])
  expect(texts.astype('S2').toNested()).toEqual(['a', 'h', ''])
  expect(texts.astype('>U2').toNested()).toEqual(['a', 'hé', ''])
  expect(texts.astype('S6').astype('U6').toNested()).toEqual(texts.toNested())
  expect(() => NdArray.from([Uint8Array.of(0xff)], 'S1').astype('U1')).toThrow(DTypeError)
})

test('structures are cast field by field, in order', () => {
  const events = NdArray.from(
    [
      { index: 7, label: 'go', xyz: [1, 2, 3] },
      { index: 2 ** 40, label: 'stop', xyz: [4, 5, 6] }
    ],
    [
      ['index', '<i8'],
      ['label', 'S4'],
      ['xyz', '<f4', [3]]
    ]
  )
  const other = events.flip(0).astype("[('at', '>f8'), ('name', '>U2'), ('p', '>i2', (3,))]")
  expect(other.toNested()).toEqual([
    { at: 2 ** 40, name: 'st', p: [4, 5, 6] },
    { at: 7, name: 'go', p: [1, 2, 3] }
  ])
  const foreign = events.astype("[('index', '>i8'), ('label', 'S4'), ('xyz', '>f4', (3,))]")
  expect(foreign.toNested()).toEqual(events.toNested())
  expect(foreign.bytes()).not.toEqual(events.bytes())
})

test.each([
  ['S4', 'f4'],
  ['f4', 'U4'],
  ['f4', "[('a', 'f4')]"],
  ["[('a', 'f4'), ('b', 'f4')]", "[('a', 'f4')]"],
  ["[('a', 'f4', (2,))]", "[('a', 'f4', (3,))]"],
  ['V4', 'i4'],
  ['M8[ms]', 'M8[s]'],
  ['M8[ms]', 'm8[ms]']
])('%s is not cast to %s', (from, to) => {
  expect(() => NdArray.zeros([2], from).astype(to)).toThrow(DTypeError)
})

test('copyTo works when the two share memory', () => {
  const array = NdArray.from([1, 2, 3, 4, 5], 'int32')
  array.flip(0).copyTo(array)
  expect(array.toNested()).toEqual([5, 4, 3, 2, 1])
  array.slice(0, 4).copyTo(array.slice(1))
  expect(array.toNested()).toEqual([5, 5, 4, 3, 2])
  const bytes = new Uint8Array(array.buffer)
  const floats = NdArray.fromBuffer(bytes, { dtype: 'float32', shape: [5] })
  array.copyTo(floats)
  expect(floats.toNested()).toEqual([5, 5, 4, 3, 2])
})
