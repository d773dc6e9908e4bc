import { describe, expect, test } from 'vitest'
import { DTypeError, ShapeError } from './errors.ts'
import { NdArray } from './NdArray.ts'

describe('the dtype of nested lists', () => {
  test.each<[unknown, string, number[]]>([
    [[1, 2.5], 'float64', [2]],
    [
      [
        [1, 2],
        [3, 4],
        [5, 6]
      ],
      'float64',
      [3, 2]
    ],
    [[1, 2n], 'int64', [2]],
    [[2n ** 63n, 1], 'uint64', [2]],
    [[1.5, 2n], 'float64', [2]],
    [[true, false], 'bool', [2]],
    [[true, 2], 'float64', [2]],
    [['a', 'longer', '😀'], '<U6', [3]],
    [[{ re: 1, im: 2 }, 3], 'complex128', [2]],
    [[], 'float64', [0]],
    [[[], []], 'float64', [2, 0]],
    [[Float32Array.of(1, 2), [3, 4]], 'float64', [2, 2]],
    [Int16Array.of(1, 2), 'int16', [2]],
    [7, 'float64', []]
  ])('%o gives %s', (nested, name, shape) => {
    const array = NdArray.from(nested)
    expect([array.dtype.name, array.shape]).toEqual([name, shape])
  })

  test('S and U without a length take that of the longest text', () => {
    expect(NdArray.from(['go', 'é'], 'S').dtype.name).toBe('|S2')
    expect(NdArray.from(['go', 'stop'], 'U').dtype.name).toBe('<U4')
    expect(NdArray.from(['', ''], 'S').dtype.name).toBe('|S1')
  })

  test.each([[[1, 'a']], [[{ a: 1 }]], [[null]], [[undefined]], [[() => 1]]])('%o needs one', (nested) => {
    expect(() => NdArray.from(nested)).toThrow(DTypeError)
  })
})

test.each<[unknown, string]>([
  [[[1, 2], [3]], 'float32'],
  [[[1], 2], 'float32'],
  [[1, [2]], 'float32'],
  [
    [
      [1, 2],
      [3, [4]]
    ],
    'float32'
  ],
  [[{ x: [1, 2] }], "[('x', '<f4', (3,))]"],
  [[{ x: 1 }], "[('x', '<f4', (1,))]"]
])('ragged %o is refused', (nested, dtype) => {
  expect(() => NdArray.from(nested, dtype)).toThrow(ShapeError)
})

test.each<[unknown, string]>([
  [['a'], 'float32'],
  [[null], 'int64'],
  [[{}], 'bool'],
  [[1], 'S4'],
  [[1], 'U4'],
  [[{ a: 1 }], "[('a', 'i4'), ('b', 'i4')]"],
  [[{ a: 1, c: 2 }], "[('a', 'i4')]"],
  [[1], "[('a', 'i4')]"],
  [[{ a: 'x' }], "[('a', 'i4')]"]
])('%o is no %s', (nested, dtype) => {
  expect(() => NdArray.from(nested, dtype)).toThrow(TypeError)
})

test.each<[unknown, string]>([
  [[1.5, Number.NaN, -Infinity], 'float16'],
  [
    [
      [1, 2],
      [-3, 4]
    ],
    '>i4'
  ],
  [[2 ** 53, 2n ** 53n + 1n, -(2n ** 63n)], 'int64'],
  [[2 ** 53, 2n ** 64n - 1n], '>u8'],
  [[true, false], 'bool'],
  [[{ re: 1.5, im: -2 }], '>c16'],
  [['go', '', 'a\0b'], 'S4'],
  [['go', '😀é', ''], '>U4'],
  [[Uint8Array.of(0xff, 0xfe)], 'S2'],
  [[Uint8Array.of(1, 0)], 'V2'],
  [[1_700_000_000_000], 'datetime64[ms]'],
  [[{ p: { x: 1, y: [[1, 2]] }, __proto: 'a' }], "[('p', [('x', '>f4'), ('y', 'i2', (1, 2))]), ('__proto', 'S1')]"]
])('%o survives as %s', (nested, dtype) => {
  const array = NdArray.from(nested, dtype)
  expect(array.toNested()).toEqual(nested)
  expect(array.toContiguous().astype(array.dtype.toNative()).toNested()).toEqual(nested)
})

test('a field named __proto__ is only a field', () => {
  const array = NdArray.zeros([1], "[('__proto__', '<i4')]")
  const record = array.get(0) as object
  expect(Object.getPrototypeOf(record)).toBe(Object.prototype)
  expect(Object.keys(record)).toEqual(['__proto__'])
})

test('texts are cut at a whole character, bytes at any', () => {
  const array = NdArray.zeros([2], 'S3')
  array.set('aéé', 0)
  array.set(Uint8Array.of(97, 98, 99, 100), 1)
  expect(array.toNested()).toEqual(['aé', 'abc'])
  array.set('b', 0)
  expect([...array.bytes()]).toEqual([98, 0, 0, 97, 98, 99])
})

test('code points beyond Unicode are read as replacement characters', () => {
  const array = NdArray.fromBuffer(Uint32Array.of(97, 0x110000), { dtype: 'U2', shape: [] })
  expect(array.get()).toBe('a\ufffd')
})

test('numbers written one by one truncate and wrap', () => {
  const array = NdArray.zeros([1], 'int8')
  array.set(-200.9, 0)
  expect(array.get(0)).toBe(56)
  const wide = NdArray.zeros([1], 'uint64')
  wide.set(-1, 0)
  expect(wide.get(0)).toBe(2n ** 64n - 1n)
})
