import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DTypeError, ShapeError } from './errors.ts'
import { isNdArray, NdArray } from './NdArray.ts'

const counting = (shape: readonly number[], dtype = 'int16'): NdArray =>
  NdArray.from(
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i),
    dtype
  ).reshape(shape)

function attempt(action: () => NdArray): unknown {
  try {
    return action()
  } catch (error) {
    if (error instanceof ShapeError) return error
    throw error
  }
}

describe('views', () => {
  const array = counting([4, 3])

  test.each<[number | undefined, number | undefined, number | undefined, number[]]>([
    [undefined, undefined, undefined, [0, 3, 6, 9]],
    [1, 3, undefined, [3, 6]],
    [-2, undefined, undefined, [6, 9]],
    [0, -1, 2, [0, 6]],
    [undefined, undefined, -1, [9, 6, 3, 0]],
    [2, 0, -1, [6, 3]],
    [undefined, undefined, -3, [9, 0]],
    [10, 20, undefined, []],
    [-10, 10, undefined, [0, 3, 6, 9]],
    [3, 1, undefined, []],
    [-1, -10, -1, [9, 6, 3, 0]]
  ])('slice(%s, %s, %s) is that of Python', (start, stop, step, expected) => {
    const slice = array.slice(start, stop, step)
    expect(slice.column(0).toNested()).toEqual(expected)
    expect(slice.shape).toEqual([expected.length, 3])
    expect(slice.buffer).toBe(array.buffer)
  })

  test('transpose, flip and column share memory', () => {
    expect(array.transpose().toNested()).toEqual([
      [0, 3, 6, 9],
      [1, 4, 7, 10],
      [2, 5, 8, 11]
    ])
    expect(counting([2, 3, 4]).transpose([2, 0, -2]).shape).toEqual([4, 2, 3])
    expect(array.flip(1).slice(0, 1).toNested()).toEqual([[2, 1, 0]])
    expect(array.flip(-2).column(-1).toNested()).toEqual([11, 8, 5, 2])
    const copy = array.copy()
    copy.transpose().flip(0).set(99, 0, 0)
    expect(copy.get(0, 2)).toBe(99)
  })

  test('reshape needs a contiguous array', () => {
    expect(array.reshape([2, -1]).shape).toEqual([2, 6])
    expect(array.slice(1, 3).reshape([6]).toNested()).toEqual([3, 4, 5, 6, 7, 8])
    expect(NdArray.from([5]).reshape([]).get()).toBe(5)
    expect(() => array.transpose().reshape([12])).toThrow(ShapeError)
    for (const shape of [[5, -1], [0, -1], [-1, -1], [13], [12, 0.5, 2], [-4, -3]]) {
      expect(() => array.reshape(shape)).toThrow(ShapeError)
    }
  })

  test('take copies the channels in their order', () => {
    const taken = array.take([2, 0, -2])
    expect(taken.slice(0, 2).toNested()).toEqual([
      [2, 0, 1],
      [5, 3, 4]
    ])
    expect(taken.buffer).not.toBe(array.buffer)
    expect(array.take([]).shape).toEqual([4, 0])
    expect(counting([2, 3, 2]).take([1]).toNested()).toEqual([[[2, 3]], [[8, 9]]])
  })

  test('what is not there is refused', () => {
    expect(() => array.column(3)).toThrow(RangeError)
    expect(() => array.take([0, -4])).toThrow(RangeError)
    expect(() => array.slice(0, 1, 0)).toThrow(RangeError)
    expect(() => array.slice(0.5)).toThrow(RangeError)
    expect(() => array.flip(2)).toThrow(ShapeError)
    expect(() => array.transpose([0, 0])).toThrow(ShapeError)
    expect(() => array.transpose([0])).toThrow(ShapeError)
    expect(() => array.get(0)).toThrow(ShapeError)
    expect(() => array.get(4, 0)).toThrow(RangeError)
    expect(() => counting([3]).column(0)).toThrow(ShapeError)
    expect(() => NdArray.zeros([], 'f4').slice()).toThrow(ShapeError)
  })
})

describe('contiguity', () => {
  test('axes of length 1 may have any stride', () => {
    const bytes = new Uint8Array(20)
    const array = NdArray.fromBuffer(bytes, { dtype: 'float32', shape: [5, 1], strides: [4, 20] })
    expect(array.isContiguous).toBe(true)
    expect(array.toContiguous()).toBe(array)
    expect(array.typed()).toHaveLength(5)
    expect(NdArray.fromBuffer(bytes, { dtype: 'f4', shape: [1, 5], strides: [-7, 4] }).isContiguous).toBe(true)
  })

  test('empty arrays are contiguous, whatever their strides', () => {
    const empty = NdArray.fromBuffer(new Uint8Array(0), { dtype: 'f4', shape: [0, 3], strides: [0, 0], offset: 24 })
    expect(empty.isContiguous).toBe(true)
    expect([empty.size, empty.length, empty.byteLength]).toEqual([0, 0, 0])
    expect(empty.typed()).toEqual(new Float32Array(0))
    expect(empty.toNested()).toEqual([])
    expect(empty.equals(NdArray.zeros([0, 3], 'f4'))).toBe(true)
    expect(empty.flip(0).slice(-1).transpose().copy().shape).toEqual([3, 0])
    empty.rows(() => expect.fail('there are no rows'))
  })

  test('other layouts are not, and copy() makes them so', () => {
    const array = counting([4, 3])
    for (const view of [
      array.transpose(),
      array.flip(0),
      array.slice(0, 4, 2),
      array.take([0, 1]).slice(0, 2).flip(1)
    ]) {
      expect(view.isContiguous).toBe(false)
      expect(view.copy().isContiguous).toBe(true)
      expect(view.copy().toNested()).toEqual(view.toNested())
      expect(() => view.typed()).toThrow(ShapeError)
    }
  })

  test('copy() is always a copy, toContiguous() and bytes() only when needed', () => {
    const array = counting([4, 3]).slice(1)
    expect(array.toContiguous()).toBe(array)
    expect(array.bytes().buffer).toBe(array.buffer)
    expect(array.copy().buffer).not.toBe(array.buffer)
    expect(array.flip(0).bytes()).toHaveLength(18)
    expect(array.copy().buffer.byteLength).toBe(18)
  })
})

describe('memory', () => {
  test('an array without axes has one element', () => {
    const scalar = NdArray.from(2.5)
    expect([scalar.ndim, scalar.size, scalar.length, scalar.byteLength]).toEqual([0, 1, 0, 8])
    expect(scalar.toNested()).toBe(2.5)
    expect(scalar.typed()).toEqual(Float64Array.of(2.5))
    expect(scalar.transpose().copy().astype('i1').get()).toBe(2)
  })

  test('misaligned bytes are read, and typed() copies them', () => {
    const bytes = new Uint8Array(33)
    const array = NdArray.fromBuffer(bytes.subarray(1), { dtype: 'float64', shape: [2, 2] })
    array.set(1.5, 1, 0)
    expect(array.transpose().toNested()).toEqual([
      [0, 1.5],
      [0, 0]
    ])
    expect(array.typed()).toEqual(Float64Array.of(0, 0, 1.5, 0))
    expect(array.typed().buffer).not.toBe(array.buffer)
    expect(array.astype('int16').get(1, 0)).toBe(1)
    NdArray.from(
      [
        [1, 2],
        [3, 4]
      ],
      'uint8'
    ).copyTo(array)
    expect(array.toNested()).toEqual([
      [1, 2],
      [3, 4]
    ])
  })

  test('shared memory works, and copies are unshared', () => {
    const array = NdArray.fromBuffer(new SharedArrayBuffer(24), { dtype: "[('t', '<f8'), ('s', 'S4')]", shape: [2] })
    array.set({ t: 0.5, s: 'é' }, 1)
    expect(array.get(1)).toEqual({ t: 0.5, s: 'é' })
    expect(array.copy().buffer).toBeInstanceOf(ArrayBuffer)
    expect(array.copy().equals(array)).toBe(true)
    expect(array.flip(0).copy().get(0)).toEqual({ t: 0.5, s: 'é' })
  })

  test('fromTyped shares memory and takes the dtype from the class', () => {
    const values = Float32Array.of(1, 2, 3, 4)
    const array = NdArray.fromTyped(values, [2, 2])
    array.set(9, 1, 1)
    expect(values[3]).toBe(9)
    expect(array.typed()).toEqual(values)
    expect(NdArray.fromTyped(Buffer.from('ab')).dtype.name).toBe('uint8')
    expect(NdArray.fromTyped(new BigUint64Array(1)).dtype.name).toBe('uint64')
    expect(NdArray.fromTyped(new Uint8ClampedArray(1)).dtype.name).toBe('uint8')
    expect(() => NdArray.fromTyped(values, [3])).toThrow(ShapeError)
  })

  test('fill writes every item, and nothing beside them', () => {
    const array = counting([3, 4])
    array.slice(0, 3, 2).flip(1).fill(-1)
    expect(array.toNested()).toEqual([
      [-1, -1, -1, -1],
      [4, 5, 6, 7],
      [-1, -1, -1, -1]
    ])
    const events = NdArray.zeros([2], "[('index', '>i8'), ('label', 'S4')]")
    events.fill({ index: 3, label: 'go' })
    expect(events.toNested()).toEqual([
      { index: 3, label: 'go' },
      { index: 3, label: 'go' }
    ])
  })

  test('field is a view, with the axes of a sub-array last', () => {
    const array = NdArray.zeros([2], "[('t', '<f8'), ('xyz', '<i2', (3,))]")
    array.field('xyz').set(7, 1, 2)
    array.field('t').fill(0.5)
    expect(array.toNested()).toEqual([
      { t: 0.5, xyz: [0, 0, 0] },
      { t: 0.5, xyz: [0, 0, 7] }
    ])
    expect(() => array.field('x')).toThrow(DTypeError)
    expect(() => counting([2]).field('x')).toThrow(DTypeError)
  })

  test('rows hands out the same array each time', () => {
    const seen = new Set<unknown>()
    const values: unknown[] = []
    counting([3, 2], '>i4')
      .flip(0)
      .rows((row, index) => {
        seen.add(row)
        values.push([index, ...row])
      })
    expect(values).toEqual([
      [0, 4, 5],
      [1, 2, 3],
      [2, 0, 1]
    ])
    expect(seen.size).toBe(1)
    const array = counting([2, 2])
    array.rows((row) => (row[0] = 9))
    expect(array.get(0, 0)).toBe(0)
    expect(() => NdArray.zeros([1], 'S4').rows(() => undefined)).toThrow(DTypeError)
  })

  test('typed() is for native numbers', () => {
    expect(() => NdArray.zeros([1], '>f4').typed()).toThrow(DTypeError)
    expect(() => NdArray.zeros([1], 'S4').typed()).toThrow(DTypeError)
    expect(NdArray.from([{ re: 1, im: 2 }]).typed()).toEqual(Float64Array.of(1, 2))
    expect(NdArray.from([true, false]).typed()).toEqual(Uint8Array.of(1, 0))
    expect(NdArray.from([5], 'M8[ms]').typed()).toEqual(BigInt64Array.of(5n))
  })
})

describe('fromBuffer refuses what does not fit the bytes', () => {
  const bytes = new Uint8Array(96)
  const fits = { dtype: 'float64', shape: [6, 2], strides: [-16, 8], offset: 80 }

  test('the fitting layout', () => {
    expect(NdArray.fromBuffer(bytes, fits).strides).toEqual([-16, 8])
  })

  test.each([
    ['one item too many', { shape: [7, 2], offset: 96 }],
    ['offset too small', { offset: 72 }],
    ['offset too large', { offset: 88 }],
    ['negative offset', { offset: -8 }],
    ['fractional offset', { offset: 0.5 }],
    ['stride too long', { strides: [-17, 8] }],
    ['fractional stride', { strides: [-1.5, 8] }],
    ['stride missing', { strides: [8] }],
    ['overlapping items', { shape: [2 ** 20, 2], strides: [0, 8] }],
    ['huge shape', { shape: [2 ** 63, 2 ** 63] }],
    ['product beyond a number', { shape: [2 ** 40, 2 ** 40], strides: [0, 0] }],
    ['huge and empty', { shape: [2 ** 50, 2 ** 50, 0], strides: [0, 0, 0] }],
    ['huge stride', { strides: [2 ** 62, 8] }],
    ['negative length', { shape: [-1, 2] }],
    ['NaN length', { shape: [Number.NaN, 2] }],
    ['no list', { shape: 12 as unknown as number[] }],
    ['too many axes', { shape: new Array<number>(33).fill(1), strides: new Array<number>(33).fill(8) }]
  ])('%s', (_, change) => {
    expect(() => NdArray.fromBuffer(bytes, { ...fits, ...change })).toThrow(ShapeError)
  })

  test('the bytes are those of the view, not of the memory under it', () => {
    expect(() => NdArray.fromBuffer(bytes.subarray(0, 8), { dtype: 'f8', shape: [2] })).toThrow(ShapeError)
    expect(() => NdArray.fromBuffer(bytes.subarray(8), { dtype: 'f8', shape: [2], strides: [-8], offset: 0 })).toThrow(
      'expected 16 bytes from -8 on, got 88 bytes'
    )
  })

  test('every other layout lies inside the bytes, so that all items can be read and copied', () => {
    const axis = fc.tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: -40, max: 40 }))
    const layout = fc.record({
      dtype: fc.constantFrom('u1', '>i2', 'f4', 'S3', "[('a', 'u1'), ('b', '>f8')]"),
      axes: fc.array(axis, { maxLength: 3 }),
      offset: fc.integer({ min: 0, max: 64 })
    })
    const memory = Uint8Array.from({ length: 64 }, (_, i) => i)
    fc.assert(
      fc.property(layout, ({ dtype, axes, offset }) => {
        const shape = axes.map(([length]) => length)
        const array = attempt(() =>
          NdArray.fromBuffer(memory, { dtype, shape, strides: axes.map((a) => a[1]), offset })
        )
        fc.pre(array instanceof NdArray)
        expect(array.copy().toNested()).toEqual(array.toNested())
        expect(array.byteLength).toBeLessThanOrEqual(64)
      }),
      { numRuns: 300, maxSkipsPerRun: 1000 }
    )
  })

  test('items of no bytes', () => {
    expect(() => NdArray.fromBuffer(bytes, { dtype: 'S', shape: [2 ** 50] })).toThrow(DTypeError)
    expect(() => NdArray.zeros([1], [])).toThrow(DTypeError)
  })
})

describe('equality', () => {
  test('NaN equals NaN, -0 equals 0', () => {
    const values = [0, Number.NaN, -1]
    expect(NdArray.from(values).equals(NdArray.from([-0, Number.NaN, -1]))).toBe(true)
    expect(NdArray.from(values).equals(NdArray.from([0, 0, -1]))).toBe(false)
    const events = NdArray.from([{ x: Number.NaN, s: 'a' }], "[('x', '>f4'), ('s', 'S2')]")
    expect(events.equals(events.copy())).toBe(true)
  })

  test('layout does not matter; shape and dtype do', () => {
    const array = counting([3, 2])
    expect(array.transpose().copy().transpose().equals(array)).toBe(true)
    expect(array.equals(array.flip(0))).toBe(false)
    expect(array.equals(array.reshape([2, 3]))).toBe(false)
    expect(array.equals(array.astype('>i2'))).toBe(false)
    expect(NdArray.from(['a', 'b']).equals(NdArray.from(['a', 'c']))).toBe(false)
    expect(NdArray.from([true]).equals(NdArray.fromBuffer(Uint8Array.of(2), { dtype: 'bool', shape: [1] }))).toBe(true)
    expect(NdArray.from([2n ** 60n]).equals(NdArray.from([2n ** 60n + 1n]))).toBe(false)
  })
})

test('an array is known as one, and prints its type and shape', () => {
  expect(isNdArray(counting([2, 2]))).toBe(true)
  expect(isNdArray({ dtype: 'f4' })).toBe(false)
  expect(`${NdArray.zeros([5], 'f4').toString()}`).toBe('NdArray float32 (5,)')
})
