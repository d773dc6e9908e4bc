import { NdArray } from '@nodeacq/ndarray'
import { describe, expect, test } from 'vitest'
import { ChannelReader } from './ChannelReader.ts'

const VALUES = [
  [1, -2, 3],
  [4, 5, -6],
  [7, 8, 9]
]

function column(data: NdArray, channel: number): number[] {
  return [...new ChannelReader().read(data, channel).subarray(0, data.length)]
}

describe('read', () => {
  test.each(['float32', 'float64', 'float16', '>f4', 'int8', 'int16', '>i2', 'int32', 'int64'])('%s', (dtype) => {
    const data = NdArray.from(VALUES, dtype)
    expect(column(data, 1)).toEqual([-2, 5, 8])
    expect(column(data.slice(1), 2)).toEqual([-6, 9])
    expect(column(data.flip(0), 0)).toEqual([7, 4, 1])
    expect(column(NdArray.from(data.transpose().toNested(), dtype).transpose(), 1)).toEqual([-2, 5, 8])
  })

  test('unaligned samples', () => {
    const bytes = new Uint8Array(13)
    new Float32Array(bytes.buffer.slice(0, 12))
    const data = NdArray.fromBuffer(bytes.subarray(1), { dtype: 'float32', shape: [3, 1] })
    data.set(2.5, 1, 0)
    expect(column(data, 0)).toEqual([0, 2.5, 0])
  })

  test('one reader takes chunks of any length', () => {
    const reader = new ChannelReader()
    const data = NdArray.from(VALUES, 'float32')
    expect(reader.read(data.slice(0, 1), 0)[0]).toBe(1)
    expect([...reader.read(data, 0).subarray(0, 3)]).toEqual([1, 4, 7])
    expect(reader.read(data.slice(2), 2)[0]).toBe(9)
  })

  test('the memory of its answer is the same as long as chunks do not grow', () => {
    const reader = new ChannelReader()
    const data = NdArray.from(VALUES, 'float32')
    const first = reader.read(data, 0)
    expect(reader.read(data.slice(1), 1)).toBe(first)
  })
})

describe('readBit', () => {
  test.each(['uint8', 'int8', 'uint16', '>u2', 'int32', '>u4', 'uint64', '>i8', 'int64'])('%s', (dtype) => {
    const bits = { uint8: 8, int8: 8, uint16: 16, '>u2': 16, int32: 32, '>u4': 32 }[dtype] ?? 64
    for (let bit = 0; bit < bits; bit++) {
      const value = BigInt.asIntN(64, 1n << BigInt(bit))
      const data = NdArray.zeros([3, 2], dtype)
      const isSigned = 'i' === data.dtype.kind
      const item = isSigned ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value)
      data.set(bits === 64 ? item : Number(item), 1, 1)
      for (const [column, expected] of [
        [0, 0],
        [1, 2 ** bit]
      ] as const) {
        const read = new ChannelReader().readBit(data, column, bit)
        expect([...read.subarray(0, 3)]).toEqual([0, expected, 0])
      }
      expect(new ChannelReader().readBit(data, 1, (bit + 1) % bits)[1]).toBe(0)
    }
  })
})
