import { readFileSync } from 'node:fs'
import { NdArray, parseDType } from '@nodeacq/ndarray'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EpochCutter } from './EpochCutter.ts'
import { SignalHistory } from './SignalHistory.ts'
import { SweepStack } from './SweepStack.ts'

const { steps, limit1, limit2 } = JSON.parse(
  readFileSync(new URL('../../../test/fixtures/dsp_triggeraccumulator.json', import.meta.url), 'utf8')
) as {
  limit1: number
  limit2: number
  steps: {
    signal_index: number
    new_events: number[]
    total_trig: number
    stack_pos: number
    stack_channel0: number[][]
  }[]
}

const FLOAT32 = parseDType('float32')

/** Channel 0 counts samples, channel 1 is its negative. */
function ramp(from: number, to: number, dtype = 'float32'): NdArray {
  return NdArray.from(
    Array.from({ length: to - from }, (_, k) => [from + k, -from - k]),
    dtype
  )
}

function eventAt(index: number) {
  return { index, value: 0, duration: 0, label: '' }
}

function historyOf(samples: number): SignalHistory {
  const history = new SignalHistory(2, FLOAT32)
  history.keep(samples)
  return history
}

/** What a cutter gives out: position, and channel 0 or undefined. */
function drain(cutter: EpochCutter): [number, unknown, number][] {
  const all: [number, unknown, number][] = []
  for (let epoch = cutter.next(); epoch !== undefined; epoch = cutter.next()) {
    all.push([epoch.event.index, epoch.data?.column(0).toNested(), epoch.missing])
  }
  return all
}

test('pyacq: the stack after each step agrees', () => {
  const history = historyOf(500)
  const cutter = new EpochCutter(history, { from: limit1, to: limit2 })
  const stack = new SweepStack({ sweeps: 3, channels: 2, samples: limit2 - limit1 }, FLOAT32)
  for (const { signal_index: index, new_events, total_trig, stack_pos, stack_channel0 } of steps) {
    for (const event of new_events) cutter.add(eventAt(event))
    history.push(ramp(index - 20, index), index)
    for (let epoch = cutter.next(); epoch?.data !== undefined; epoch = cutter.next()) {
      stack.add(epoch.data, epoch.missing === 0)
    }
    expect([stack.total, stack.position]).toEqual([total_trig, stack_pos])
    expect((stack.stack.toNested() as number[][][]).map(([channel0]) => channel0)).toEqual(stack_channel0)
  }
})

describe('EpochCutter', () => {
  test('cuts what is there around each event, whatever comes first and however both are cut', () => {
    const piece = fc.record({ gap: fc.nat({ max: 3 }), length: fc.integer({ min: 1, max: 30 }) })
    const setup = fc.record({
      from: fc.integer({ min: -12, max: 5 }),
      size: fc.integer({ min: 1, max: 20 }),
      pieces: fc.array(piece, { minLength: 1, maxLength: 30 }),
      events: fc.array(fc.nat({ max: 400 }), { maxLength: 20 })
    })
    fc.assert(
      fc.property(setup, fc.infiniteStream(fc.nat({ max: 5 })), ({ from, size, pieces, events }, choices) => {
        const history = historyOf(1000)
        const cutter = new EpochCutter(history, { from, to: from + size })
        const present = new Set<number>()
        const waiting = [...events]
        const found: [number, unknown, number][] = []
        let head = 0
        for (const { gap, length } of pieces) {
          for (let n = choices.next().value; n > 0 && waiting.length > 0; n--) cutter.add(eventAt(waiting.shift()!))
          found.push(...drain(cutter))
          head += gap
          for (let k = head; k < head + length; k++) present.add(k)
          head += length
          history.push(ramp(head - length, head), head)
          found.push(...drain(cutter))
        }
        for (const event of waiting) cutter.add(eventAt(event))
        found.push(...drain(cutter))
        const expected = events
          .filter((event) => event + from + size <= head)
          .map((event) => {
            const samples = Array.from({ length: size }, (_, k) => event + from + k)
            const missing = samples.filter((sample) => !present.has(sample)).length
            return [event, samples.map((sample) => (present.has(sample) ? sample : NaN)), missing]
          })
        const byEvent = (a: unknown[], b: unknown[]) => (a[0] as number) - (b[0] as number)
        expect(found.toSorted(byEvent)).toEqual(expected.toSorted(byEvent))
        expect(cutter.waiting).toBe(events.length - expected.length)
      }),
      { numRuns: 1000 }
    )
  })

  test('windows are given out in order, events that are early wait', () => {
    const history = historyOf(100)
    const cutter = new EpochCutter(history, { from: -1, to: 2 })
    for (const event of [12, 5, 30, 5]) cutter.add(eventAt(event))
    history.push(ramp(0, 14), 14)
    expect(drain(cutter).map(([index]) => index)).toEqual([5, 5, 12])
    expect(cutter.waiting).toBe(1)
  })

  test('what is kept: the newest chunk, and the samples asked for before it', () => {
    const history = historyOf(10)
    const cutter = new EpochCutter(history, { from: 0, to: 5 })
    history.push(ramp(0, 30), 30)
    cutter.add(eventAt(0))
    expect(drain(cutter)).toEqual([[0, [0, 1, 2, 3, 4], 0]])
    history.push(ramp(30, 40), 40)
    for (const event of [19, 20]) cutter.add(eventAt(event))
    expect(drain(cutter)).toEqual([
      [19, undefined, 0],
      [20, [20, 21, 22, 23, 24], 0]
    ])
    for (let head = 40; head < 4000; head++) history.push(ramp(head, head + 1), head + 1)
    for (const event of [3988, 3989]) cutter.add(eventAt(event))
    expect(drain(cutter).map(([index, data]) => [index, data !== undefined])).toEqual([
      [3988, false],
      [3989, true]
    ])
  })

  test('behind a source that waits, more is kept', () => {
    const history = new SignalHistory(2, FLOAT32, { chunks: 200, bytes: 1e6 })
    history.keep(10)
    const cutter = new EpochCutter(history, { from: 0, to: 5 })
    for (let head = 0; head < 1000; head += 5) history.push(ramp(head, head + 5), head + 5)
    cutter.add(eventAt(100))
    expect(drain(cutter)).toEqual([[100, [100, 101, 102, 103, 104], 0]])
    for (let head = 1000; head < 3000; head += 5) history.push(ramp(head, head + 5), head + 5)
    for (const event of [100, 2000]) cutter.add(eventAt(event))
    expect(drain(cutter).map(([index, data]) => [index, data !== undefined])).toEqual([
      [100, false],
      [2000, true]
    ])
  })

  test('while the signal stalls, no more events wait than there is room for', () => {
    const cutter = new EpochCutter(historyOf(10), { from: 0, to: 1 })
    for (let index = 0; index < 100_003; index++) cutter.add(eventAt(index))
    expect([cutter.waiting, cutter.overflow]).toEqual([100_000, 3])
  })

  test('integers are filled with 0', () => {
    const history = new SignalHistory(2, parseDType('int16'))
    history.keep(20)
    const cutter = new EpochCutter(history, { from: -2, to: 3 })
    history.push(ramp(0, 4, 'int16'), 4)
    cutter.add(eventAt(1))
    expect(drain(cutter)).toEqual([[1, [0, 0, 1, 2, 3], 1]])
  })
})

describe('SweepStack', () => {
  test('the mean is that of the whole sweeps that are in the stack', () => {
    const stack = new SweepStack({ sweeps: 2, channels: 1, samples: 2 }, parseDType('int16'))
    const sweep = (a: number, b: number) => NdArray.from([[a], [b]], 'int16')
    expect(stack.mean().toNested()).toEqual([[NaN], [NaN]])
    stack.add(sweep(1, 2), true)
    stack.add(sweep(9, 9), false)
    expect(stack.mean().toNested()).toEqual([[1], [2]])
    stack.add(sweep(3, 5), true)
    expect(stack.mean().toNested()).toEqual([[3], [5]])
    stack.add(sweep(4, 6), true)
    expect(stack.mean().toNested()).toEqual([[3.5], [5.5]])
    expect([stack.whole, stack.total, stack.position]).toEqual([2, 4, 0])
    expect(stack.stack.toNested()).toEqual([[[3, 5]], [[4, 6]]])
  })
})
