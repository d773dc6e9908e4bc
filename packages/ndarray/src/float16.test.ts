import { expect, test, vi } from 'vitest'
import numpy from '../test/fixtures/numpy.json' with { type: 'json' }
import { decodeFloat16, encodeFloat16 } from './float16.ts'

test.each(numpy.halves)('$number rounds to the bits of numpy', ({ number, bits }) => {
  expect(encodeFloat16(number)).toBe(bits)
})

const isNaNBits = (bits: number): boolean => (bits & 0x7c00) === 0x7c00 && (bits & 0x3ff) !== 0
const allBits = Array.from({ length: 0x10000 }, (_, bits) => bits)

test('every half-precision number survives', () => {
  const numbers = allBits.filter((bits) => !isNaNBits(bits))
  expect(numbers.filter((bits) => encodeFloat16(decodeFloat16(bits)) !== bits)).toEqual([])
  expect(allBits.filter(isNaNBits).every((bits) => Number.isNaN(decodeFloat16(bits)))).toBe(true)
})

test('half-way numbers go to the even neighbour, all others to the nearest', () => {
  const wrong = allBits.slice(0, 0x7bff).filter((bits) => {
    const middle = (decodeFloat16(bits) + decodeFloat16(bits + 1)) / 2
    return (
      encodeFloat16(middle) !== bits + (bits % 2) ||
      encodeFloat16(middle * (1 - 2 ** -50)) !== bits ||
      encodeFloat16(-middle * (1 + 2 ** -50)) !== (0x8000 | (bits + 1))
    )
  })
  expect(wrong).toEqual([])
})

test('float16 arrays work the same on a platform without Float16Array', async () => {
  vi.stubGlobal('Float16Array', undefined)
  vi.resetModules()
  try {
    const { NdArray } = await import('./NdArray.ts')
    const array = NdArray.from(
      [
        [0.1, -2],
        [65504, Infinity]
      ],
      'float16'
    )
    expect([...new Uint16Array(array.buffer)]).toEqual([0x2e66, 0xc000, 0x7bff, 0x7c00])
    expect(array.typed()).toEqual(Float32Array.of(decodeFloat16(0x2e66), -2, 65504, Infinity))
    expect(array.transpose().astype('float64').toNested()).toEqual([
      [decodeFloat16(0x2e66), 65504],
      [-2, Infinity]
    ])
    const doubles = NdArray.fromTyped(Float64Array.of(0.1, 1 + 2 ** -11 + 2 ** -40, 7))
    expect(doubles.astype('float16').bytes()).toEqual(new Uint8Array(Uint16Array.of(0x2e66, 0x3c01, 0x4700).buffer))
    expect(doubles.astype('>f2').get(2)).toBe(7)
    const rows: number[][] = []
    array.rows((row) => rows.push([...(row as Float32Array)]))
    expect(rows).toEqual(array.toNested())
  } finally {
    vi.unstubAllGlobals()
    vi.resetModules()
  }
})
