import { NdArray } from '@nodeacq/ndarray'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ChunkError, RingRangeError } from '../src/errors.ts'
import { RingBuffer } from '../src/RingBuffer.ts'
import { attempt, readVectors } from './vectors.ts'

interface RingOperation {
  op: 'new_chunk' | 'get_data' | 'slice' | 'item'
  n?: number
  first_value?: number
  start?: number
  stop?: number
  join?: boolean
  slice?: [number | null, number | null, number | null]
  i?: number
  result?: unknown
  error?: string
  index: number
  first_index: number
}
interface RingCase {
  double: boolean
  dtype: string
  size: number
  ops: RingOperation[]
}

const { cases } = readVectors<{ cases: RingCase[] }>('ringbuffer.json')
const ERRORS: Record<string, unknown> = {
  IndexError: RingRangeError,
  ValueError: ChunkError,
  AssertionError: ChunkError
}

function ramp(first: number, count: number, dtype: string): NdArray {
  return NdArray.from(
    Array.from({ length: count }, (_, at) => [first + at]),
    dtype
  )
}

/** As the vectors write it: lists, NaN as null. */
function plain(value: NdArray | [NdArray, NdArray] | undefined): unknown {
  if (value === undefined) return undefined
  const nested = Array.isArray(value) ? value.map((part) => part.toNested()) : value.toNested()
  return JSON.parse(JSON.stringify(nested)) as unknown
}

function perform(
  ring: RingBuffer,
  step: RingOperation,
  index: number | undefined
): NdArray | [NdArray, NdArray] | undefined {
  switch (step.op) {
    case 'new_chunk':
      ring.newChunk(
        step.n === 0 ? NdArray.zeros([0, 1], ring.dtype) : ramp(step.first_value!, step.n!, ring.dtype.name),
        index
      )
      return undefined
    case 'get_data':
      return ring.getData(step.start!, step.stop!, { join: step.join ?? true })
    case 'slice':
      return ring.slice(...step.slice!.map((bound) => bound ?? undefined))
    case 'item':
      return ring.at(step.i!)
  }
}

describe('the sequences of pyacq', () => {
  for (const { double, dtype, size, ops } of cases) {
    test(`${dtype}, ${double ? 'double' : 'single'}`, () => {
      const ring = new RingBuffer([size, 1], dtype, { double })
      for (const step of ops) {
        const result = attempt(() => plain(perform(ring, step, step.op === 'new_chunk' ? step.index : undefined)))
        // pyacq fails to join the two parts of an empty range at the break; there is nothing to join.
        const isEmptyRange = step.op === 'get_data' && step.start === step.stop && step.error === 'ValueError'
        const expected = isEmptyRange ? [] : step.error ? ERRORS[step.error] : step.result
        expect({ step, result }).toEqual({ step, result: expected })
        expect([ring.index, ring.firstIndex]).toEqual([step.index, step.first_index])
      }
    })
  }
})

describe('against a plain list', () => {
  const step = fc.record({ count: fc.nat(9), skip: fc.oneof(fc.constant(0), fc.nat(20)) })
  const layout = fc.record({ double: fc.boolean(), axisOrder: fc.constantFrom(null, [0, 1], [1, 0]) })

  test('the ring holds the last samples of what came, with filler in the gaps', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), layout, (steps, options) => {
        const size = 9
        const ring = new RingBuffer([size, 2], 'float32', options)
        const all: number[] = []
        for (const { count, skip } of steps) {
          all.push(...Array.from({ length: skip }, () => Number.NaN))
          const first = all.length
          all.push(...Array.from({ length: count }, (_, at) => first + at))
          const rows = all.slice(first).map((value) => [value, -value])
          ring.newChunk(count ? NdArray.from(rows, 'float32') : NdArray.zeros([0, 2], 'float32'), all.length)
          const start = Math.max(ring.firstIndex, 0)
          const expected = all.slice(start).map((value) => [value, -value])
          expect(ring.getData(start, ring.index).toNested()).toEqual(expected)
          const [a, b] = ring.getData(start, ring.index, { join: false })
          expect([...(a.toNested() as unknown[]), ...(b.toNested() as unknown[])]).toEqual(expected)
          expect(options.double ? b.length : 0).toBe(0)
        }
      })
    )
  })

  test('slices walk as numpy slices do, without cutting to fit', () => {
    const ring = new RingBuffer([8, 1], 'int16')
    ring.newChunk(ramp(0, 8, 'int16'))
    ring.newChunk(ramp(8, 5, 'int16'))
    const held = Array.from({ length: 8 }, (_, at) => 5 + at)
    const bound = fc.option(fc.integer({ min: 5, max: 13 }), { nil: undefined })
    fc.assert(
      fc.property(bound, bound, fc.constantFrom(1, 2, 3, -1, -2), (start, stop, step) => {
        fc.pre(step > 0 || ((start ?? 5) < 13 && (stop ?? 5) < 13))
        const expected: number[] = []
        if (step > 0) for (let i = start ?? 5; i < (stop ?? 13); i += step) expected.push(held[i - 5]!)
        else for (let i = start ?? 12; i > (stop ?? 4); i += step) expected.push(held[i - 5]!)
        expect((ring.slice(start, stop, step).toNested() as number[][]).flat()).toEqual(expected)
      })
    )
    for (const [start, stop] of [
      [4, 8],
      [5, 14],
      [-9, undefined]
    ] as const) {
      expect(() => ring.slice(start, stop)).toThrow(RingRangeError)
    }
    expect(() => ring.slice(5, 8, 0)).toThrow(RangeError)
    expect(() => ring.getData(8, 6)).toThrow(RingRangeError)
  })
})

test('a single ring gives a view, a copy only where the range wraps or one is asked for', () => {
  const ring = new RingBuffer([8, 1], 'int16', { double: false })
  ring.newChunk(ramp(0, 8, 'int16'))
  ring.newChunk(ramp(8, 4, 'int16'))
  const view = ring.getData(8, 12)
  expect(ring.getData(4, 8).buffer).toBe(view.buffer)
  expect(ring.getData(6, 10).buffer).not.toBe(view.buffer)
  expect(ring.getData(8, 12, { copy: true }).buffer).not.toBe(view.buffer)
  ring.newChunk(ramp(90, 8, 'int16'))
  expect((view.toNested() as number[][]).flat()).toEqual([94, 95, 96, 97])
})

test('a double ring gives any range in one piece and without a copy, also in channel order', () => {
  const ring = new RingBuffer([4, 2], 'float32', { double: true, axisOrder: [1, 0] })
  ring.newChunk(
    NdArray.from(
      [
        [0, 10],
        [1, 11],
        [2, 12]
      ],
      'float32'
    )
  )
  ring.newChunk(
    NdArray.from(
      [
        [3, 13],
        [4, 14],
        [5, 15]
      ],
      'float32'
    )
  )
  const data = ring.getData(2, 6)
  expect(data.strides).toEqual([4, 32])
  expect(data.column(1).isContiguous).toBe(true)
  expect(data.column(1).toNested()).toEqual([12, 13, 14, 15])
  expect(data.buffer).toBe(ring.getData(3, 5).buffer)
})

test.each([
  ['float64', undefined, Number.NaN],
  ['int16', undefined, 0],
  ['int16', 7, 7],
  ['float32', 0, 0],
  ['>f4', 2.5, 2.5],
  ['bool', undefined, false],
  ['complex64', undefined, { re: Number.NaN, im: 0 }]
] as const)('%s filled with %s reads %o', (dtype, fill, expected) => {
  const ring = new RingBuffer([3, 1], dtype, { fill })
  expect(ring.getData(-3, 0).toNested()).toEqual([[expected], [expected], [expected]])
})

test('structures and texts fill with nothing', () => {
  const ring = new RingBuffer(
    [2],
    [
      ['index', 'int64'],
      ['label', 'S4']
    ],
    { fill: 5 }
  )
  expect(ring.getData(-2, 0).toNested()).toEqual([
    { index: 0, label: '' },
    { index: 0, label: '' }
  ])
  expect(ring.at(-1).shape).toEqual([])
  expect(ring.at(-1).get()).toEqual({ index: 0, label: '' })
})

test('what does not fit is refused and changes nothing', () => {
  const ring = new RingBuffer([4, 2], 'int16')
  ring.newChunk(NdArray.from([[1, 2]], 'int16'))
  const bad = [
    NdArray.zeros([5, 2], 'int16'),
    NdArray.zeros([1, 3], 'int16'),
    NdArray.zeros([1, 2], 'int32'),
    NdArray.zeros([2], 'int16')
  ]
  for (const data of bad) expect(() => ring.newChunk(data)).toThrow(ChunkError)
  for (const index of [0, 1, 1.5, Number.NaN]) {
    expect(() => ring.newChunk(NdArray.zeros([1, 2], 'int16'), index)).toThrow(ChunkError)
  }
  expect(ring.index).toBe(1)
  expect(ring.at(-1).toNested()).toEqual([1, 2])
  expect(() => new RingBuffer([0, 2], 'int16')).toThrow(RangeError)
})

test('after resetIndex the next chunk counts from 0', () => {
  const ring = new RingBuffer([4, 1], 'int16')
  ring.newChunk(ramp(1, 4, 'int16'))
  ring.resetIndex()
  ring.newChunk(ramp(9, 2, 'int16'))
  expect([ring.index, ring.firstIndex]).toEqual([2, -2])
  expect(ring.slice(0).toNested()).toEqual([[9], [10]])
})
