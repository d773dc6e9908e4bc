import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseDType } from './DType.ts'
import type { Layout } from './layout.ts'
import { byteSpan, cOrderStrides, sizeOf } from './layout.ts'
import { NdArray } from './NdArray.ts'
import { stridedCopy, swapForeignBytes } from './stridedCopy.ts'

/** The bytes of the items, one by one in C order: what every copy must agree with. */
function naiveBytes({ dtype, shape, strides, buffer, byteOffset }: Layout): number[] {
  const bytes = new Uint8Array(buffer)
  const walk = (axis: number, at: number): number[] => {
    if (axis === shape.length) return [...bytes.subarray(at, at + dtype.itemSize)]
    return Array.from({ length: shape[axis]! }, (_, i) => walk(axis + 1, at + i * strides[axis]!)).flat()
  }
  return walk(0, byteOffset)
}

/** A layout over bytes 0, 1, 2, …: axes in any memory order and direction, with gaps, at any alignment. */
const layouts = fc
  .record({
    axes: fc.array(
      fc.record({
        length: fc.oneof(
          { weight: 9, arbitrary: fc.integer({ min: 1, max: 5 }) },
          { weight: 1, arbitrary: fc.constant(0) }
        ),
        gap: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 9 })),
        isReversed: fc.boolean(),
        rank: fc.integer()
      }),
      { maxLength: 4 }
    ),
    itemSize: fc.constantFrom(1, 2, 3, 4, 6, 8, 16, 300),
    margin: fc.integer({ min: 0, max: 9 })
  })
  .map(({ axes, itemSize, margin }): Layout => {
    const strides = new Array<number>(axes.length)
    let step = itemSize
    for (const [axis, { length, gap }] of [...axes.entries()].sort((a, b) => a[1].rank - b[1].rank)) {
      strides[axis] = step
      step = step * length + gap
    }
    for (const [axis, { isReversed }] of axes.entries()) if (isReversed) strides[axis] = -strides[axis]!
    const dtype = parseDType(`V${itemSize}`)
    const shape = axes.map((axis) => axis.length)
    const { low, high } = byteSpan({ shape, strides, dtype })
    const bytes = Uint8Array.from({ length: margin + high - low + margin }, (_, i) => i)
    return { dtype, shape, strides, buffer: bytes.buffer, byteOffset: margin - low }
  })

test('any layout is copied to dense C order as item by item', () => {
  fc.assert(
    fc.property(layouts, (source) => {
      const bytes = new Uint8Array(sizeOf(source.shape) * source.dtype.itemSize)
      stridedCopy(source, {
        ...source,
        strides: cOrderStrides(source.shape, source.dtype.itemSize),
        buffer: bytes.buffer,
        byteOffset: 0
      })
      expect([...bytes]).toEqual(naiveBytes(source))
    }),
    { numRuns: 500 }
  )
})

test('a dense array is copied into any layout, and nothing else is touched', () => {
  fc.assert(
    fc.property(layouts, (target) => {
      const size = sizeOf(target.shape) * target.dtype.itemSize
      const dense = {
        ...target,
        strides: cOrderStrides(target.shape, target.dtype.itemSize),
        buffer: Uint8Array.from({ length: size }, (_, i) => 255 - i).buffer,
        byteOffset: 0
      }
      const before = new Uint8Array(target.buffer.slice(0))
      stridedCopy(dense, target)
      expect(naiveBytes(target)).toEqual(naiveBytes(dense))
      // Writing the old items back restores every byte when only items were written.
      stridedCopy({ ...target, buffer: before.buffer }, target)
      expect(new Uint8Array(target.buffer)).toEqual(before)
    }),
    { numRuns: 500 }
  )
})

test('NdArray.fromBuffer accepts the same layouts and bytes() gives their items', () => {
  fc.assert(
    fc.property(layouts, (layout) => {
      const array = NdArray.fromBuffer(layout.buffer, { ...layout, offset: layout.byteOffset })
      expect([...array.bytes()]).toEqual(naiveBytes(layout))
      expect(array.equals(array.copy())).toBe(true)
    })
  )
})

test('NaN payloads survive copies', () => {
  const bits = new BigUint64Array([0x7ff0000000000001n, 0xfff8000000000123n, 0x7ff4000000000000n])
  const array = NdArray.fromBuffer(bits, { dtype: 'float64', shape: [3] })
  expect(new BigUint64Array(array.flip(0).copy().flip(0).copy().buffer)).toEqual(bits)
})

test.each([
  ['>i2', [2, 1, 4, 3, 6, 5, 8, 7]],
  ['>i4', [4, 3, 2, 1, 8, 7, 6, 5]],
  ['>f8', [8, 7, 6, 5, 4, 3, 2, 1]],
  ['>c8', [4, 3, 2, 1, 8, 7, 6, 5]],
  ['>U2', [4, 3, 2, 1, 8, 7, 6, 5]],
  ['S8', [1, 2, 3, 4, 5, 6, 7, 8]],
  ['<i4', [1, 2, 3, 4, 5, 6, 7, 8]],
  ["[('a', '>i2'), ('b', 'S2')]", [2, 1, 3, 4, 6, 5, 7, 8]],
  ["[('a', 'u1'), ('b', '>i2', (3,)), ('c', '<i1')]", [1, 3, 2, 5, 4, 7, 6, 8]],
  ["[('p', [('a', '>i2'), ('b', 'u1', (2,))], (2,))]", [2, 1, 3, 4, 6, 5, 7, 8]]
])('swapping %s turns only its foreign numbers', (dtype, expected) => {
  const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)
  swapForeignBytes(parseDType(dtype), bytes)
  expect([...bytes]).toEqual(expected)
})
