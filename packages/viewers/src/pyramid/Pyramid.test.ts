import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Pyramid } from './Pyramid.ts'

/** What was measured, sample by sample; undefined where nothing came. */
type Samples = readonly (readonly number[] | undefined)[]

/** Lowest and highest values of a column, the slow way. */
function brute(samples: Samples, { width, column, channel }: { width: number; column: number; channel: number }) {
  const values = samples
    .slice(column * width, (column + 1) * width)
    .flatMap((row) => (row === undefined || !Number.isFinite(row[channel]) ? [] : [row[channel]!]))
  return values.length === 0 ? 'nothing' : [Math.min(...values), Math.max(...values)]
}

function columnsOf(pyramid: Pyramid, width: number, channels: readonly number[]) {
  const from = pyramid.oldest(width) / width
  const to = pyramid.head(width)
  const count = Math.max(0, to - from)
  const make = pyramid.dtype === 'int16' ? Int16Array : Float32Array
  const out = new make(count * channels.length * 2)
  pyramid.read({ width, from, to, channels }, out)
  return { from, to, out }
}

const chunks = (value: fc.Arbitrary<number>) =>
  fc.array(
    fc.record({
      gap: fc.oneof(
        { weight: 4, arbitrary: fc.constant(0) },
        { weight: 1, arbitrary: fc.integer({ min: 1, max: 90 }) }
      ),
      rows: fc.array(fc.tuple(value, value), { minLength: 0, maxLength: 40 })
    }),
    { minLength: 1, maxLength: 20 }
  )

function play(pyramid: Pyramid, from: number, list: readonly { gap: number; rows: readonly (readonly number[])[] }[]) {
  const samples: (readonly number[] | undefined)[] = Array.from({ length: from }, () => undefined)
  for (const { gap, rows } of list) {
    // The first chunk begins where it likes; a gap before it is none.
    for (let k = 0; k < gap; k++) samples.push(undefined)
    samples.push(...rows)
    const flat = rows.flat()
    pyramid.append(
      pyramid.dtype === 'int16' ? Int16Array.from(flat) : Float32Array.from(flat),
      rows.length,
      samples.length
    )
  }
  return samples
}

/** What a pyramid says of every column it has, and what is so. */
function compared(pyramid: Pyramid, samples: Samples, widths: readonly number[]) {
  const channels = [1, 0]
  return widths.map((width) => {
    const { from, to, out } = columnsOf(pyramid, width, channels)
    const read = Array.from({ length: out.length / 2 }, (_, k) => out.slice(2 * k, 2 * k + 2))
    const columns = Array.from({ length: to - from }, (_, k) => from + k)
    return {
      read: read.map(([min = 0, max = 0]) => (min > max ? 'nothing' : [min, max])),
      true: columns.flatMap((column) => channels.map((channel) => brute(samples, { width, column, channel })))
    }
  })
}

test('every column is the lowest and highest of its samples, however they came', () => {
  const int16 = fc.integer({ min: -32_768, max: 32_767 })
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 100 }),
      chunks(int16),
      fc.integer({ min: 3, max: 20 }),
      (from, list, capacity) => {
        const pyramid = new Pyramid({ channels: 2, sampleRate: 100, dtype: 'int16', capacity, levels: 3 })
        const all = compared(pyramid, play(pyramid, from, list), [1, 2, 4, 8, 16, 32])
        expect(all.map(({ read }) => read)).toEqual(all.map((one) => one.true))
      }
    )
  )
})

test('values that are no numbers count as nothing', () => {
  const value = fc.oneof(
    fc.constantFrom(Number.NaN, Infinity, -Infinity),
    fc.integer({ min: -1000, max: 1000 }).map((v) => v / 4)
  )
  fc.assert(
    fc.property(chunks(value), (list) => {
      const pyramid = new Pyramid({ channels: 2, sampleRate: 10_000, capacity: 64, levels: 3 })
      const all = compared(pyramid, play(pyramid, 0, list), [16, 32, 64, 128, 256])
      expect(all.map(({ read }) => read)).toEqual(all.map((one) => one.true))
    })
  )
})

test('one that joins late has nothing before that', () => {
  const pyramid = new Pyramid({ channels: 1, sampleRate: 1000 })
  pyramid.append(Float32Array.of(1, 2, 3), 3, 1_000_003)
  expect(pyramid.oldest(1)).toBe(1_000_000)
  expect(pyramid.head(1)).toBe(1_000_003)
})

test('the grid is that of the index, not that of the first sample', () => {
  const pyramid = new Pyramid({ channels: 1, sampleRate: 1000 })
  pyramid.append(
    Float32Array.from({ length: 9 }, (_, k) => k),
    9,
    12
  )
  const out = new Float32Array(4)
  pyramid.read({ width: 4, from: 1, to: 3, channels: [0] }, out)
  expect([...out]).toEqual([1, 4, 5, 8])
})

test('samples that were there already are left out', () => {
  const pyramid = new Pyramid({ channels: 1, sampleRate: 1000, dtype: 'int16' })
  pyramid.append(Int16Array.of(1, 2, 3), 3, 3)
  pyramid.append(Int16Array.of(9, 9, 4), 3, 4)
  const out = new Int16Array(8)
  pyramid.read({ width: 1, from: 0, to: 4, channels: [0] }, out)
  expect([...out]).toEqual([1, 1, 2, 2, 3, 3, 4, 4])
})

test('after clear the index may go back', () => {
  const pyramid = new Pyramid({ channels: 1, sampleRate: 1000 })
  pyramid.append(Float32Array.of(5, 6), 2, 1000)
  pyramid.clear()
  expect(pyramid.head(1)).toBe(0)
  pyramid.append(Float32Array.of(7), 1, 1)
  expect([pyramid.oldest(1), pyramid.head(1), pyramid.next]).toEqual([0, 1, 1])
})

test('wider columns reach further back', () => {
  const pyramid = new Pyramid({ channels: 1, sampleRate: 1000, capacity: 16, levels: 3 })
  pyramid.append(new Float32Array(1000), 1000, 1000)
  expect([1, 4, 16].map((width) => pyramid.oldest(width))).toEqual([985, 940, 752])
  expect(pyramid.widthReaching(945, 2)).toBe(4)
  expect(pyramid.widthReaching(900, 2)).toBe(16)
  expect(pyramid.widthReaching(0, 2)).toBe(16)
})

test.each([
  [0.3, 1],
  [1, 1],
  [7.9, 4],
  [8, 8],
  [1e9, 2048]
])('columns for %d samples per pixel are %d wide', (samples, width) => {
  expect(new Pyramid({ channels: 1, sampleRate: 1000 }).widthFor(samples)).toBe(width)
})

test('a width between the levels is refused', () => {
  const pyramid = new Pyramid({ channels: 1, sampleRate: 1000 })
  pyramid.append(Float32Array.of(1), 1, 1)
  expect(() => pyramid.head(3)).toThrow(/expected columns of 1, 2, 4, .* got 3/)
})
