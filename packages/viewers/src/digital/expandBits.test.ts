import { NdArray, parseDType } from '@nodeacq/ndarray'
import { expect, test } from 'vitest'
import { expandBits } from './expandBits.ts'

test.each(['uint8', 'uint16', '>u2', 'int32', '>u4'])(
  'the lowest bit of %s comes first, column after column',
  (dtype) => {
    const { itemSize } = parseDType(dtype)
    const words = NdArray.from(
      [
        [1, 6],
        [0, 128]
      ],
      dtype
    )
    const bits = expandBits(words)
    const width = itemSize * 8
    const ones = [...bits.entries()]
      .filter(([, bit]) => bit === 1)
      .map(([k]) => [Math.floor(k / (2 * width)), k % (2 * width)])
    expect(ones).toEqual([
      [0, 0],
      [0, width + 1],
      [0, width + 2],
      [1, width + 7]
    ])
    expect(bits.length).toBe(4 * width)
  }
)

test('parts of larger arrays are read where they lie', () => {
  const all = NdArray.from(
    [
      [255, 1, 255],
      [255, 2, 255]
    ],
    'uint8'
  )
  expect([...expandBits(all.take([1]))]).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0])
})
