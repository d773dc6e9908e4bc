import { NdArray } from '@nodeacq/ndarray'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EVENT_DTYPE, makeEvents, readEvents } from './events.ts'

test('events come back as they were made', () => {
  const event = fc.record({
    index: fc.maxSafeInteger(),
    value: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    duration: fc.maxSafeNat(),
    label: fc
      .string({ unit: 'grapheme', maxLength: 30 })
      .filter((s) => Buffer.from(s).length <= 64 && !s.endsWith('\0'))
  })
  fc.assert(
    fc.property(fc.array(event, { maxLength: 5 }), (events) => {
      const chunk = makeEvents(events)
      expect(chunk.dtype.name).toBe("[('index', '<i8'), ('value', '<i4'), ('duration', '<i8'), ('label', 'S64')]")
      expect(readEvents(chunk)).toEqual(events)
    })
  )
})

test('what is left out is 0 or empty, and a long label ends before a character that would be cut', () => {
  const [event] = readEvents({ data: makeEvents([{ index: 5, label: 'é'.repeat(40) }]) })
  expect(event).toEqual({ index: 5, value: 0, duration: 0, label: 'é'.repeat(32) })
  expect(readEvents(makeEvents([{ index: 1, label: `${'x'.repeat(63)}é` }]))[0]!.label).toBe('x'.repeat(63))
  expect(EVENT_DTYPE.map(([name]) => name)).toEqual(['index', 'value', 'duration', 'label'])
})

test('bare positions, in one axis or two', () => {
  const event = (index: number): object => ({ index, value: 0, duration: 0, label: '' })
  expect(readEvents(NdArray.from([1001, 2001], 'int64'))).toEqual([event(1001), event(2001)])
  expect(readEvents(NdArray.from([[7]], 'uint32'))).toEqual([event(7)])
  expect(readEvents(NdArray.zeros([0], 'int64'))).toEqual([])
})

test('triggers of a BrainAmp', () => {
  const dtype = [
    ['pos', 'int64'],
    ['points', 'int64'],
    ['channel', 'int64'],
    ['type', 'S16'],
    ['description', 'S16']
  ] as const
  const chunk = NdArray.from(
    [
      { pos: 5, points: 1, channel: -1, type: 'Stimulus', description: 'S  1' },
      { pos: 9, points: 2, channel: 3, type: 'Response', description: 'R 12' },
      { pos: 11, points: 1, channel: -1, type: 'New Segment', description: '' }
    ],
    dtype
  )
  expect(readEvents(chunk)).toEqual([
    { index: 5, value: 1, duration: 1, label: 'Stimulus/S  1' },
    { index: 9, value: 12, duration: 2, label: 'Response/R 12' },
    { index: 11, value: 0, duration: 1, label: 'New Segment' }
  ])
})

test('messages have no position, labelled positions a number for a label', () => {
  const messages = NdArray.from(
    [{ datetime: 1541413230123, message: 'hello' }],
    [
      ['datetime', 'datetime64[ms]'],
      ['message', 'S32']
    ]
  )
  expect(readEvents(messages)).toEqual([{ index: -1, value: 0, duration: 0, label: 'hello' }])
  expect(readEvents(NdArray.from(['go', 'stop'], 'S8'))).toMatchObject([{ label: 'go' }, { index: -1, label: 'stop' }])
  const labelled = NdArray.from(
    [{ index: 10, label: 3, jitter: 0.5 }],
    [
      ['index', 'int64'],
      ['label', 'int64'],
      ['jitter', 'float64']
    ]
  )
  expect(readEvents(labelled)).toEqual([{ index: 10, value: 3, duration: 0, label: '' }])
})

test('a signal is no event, and a number that does not fit is refused', () => {
  expect(() => readEvents(NdArray.zeros([3], 'float32'))).toThrow(TypeError)
  for (const bad of [{ index: 0.5 }, { index: Number.NaN }, { index: 0, value: 2 ** 31 }, { index: 2 ** 60 }]) {
    expect(() => makeEvents([bad])).toThrow(RangeError)
  }
})
