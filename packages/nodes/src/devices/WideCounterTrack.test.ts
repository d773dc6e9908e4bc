import { seededRandom } from 'testing'
import { expect, test } from 'vitest'
import { WideCounterTrack } from './WideCounterTrack.ts'

const RATE = 50
const MODULUS = 2 ** 32

/** A source that began to count at `first`, with items that come up to 10 ms late. */
function source(first: number, track = new WideCounterTrack({ rate: RATE, modulus: MODULUS })) {
  const random = seededRandom(1)
  const next = (n: number, counter = (first + n) % MODULUS) => track.next(counter, 100 + n / RATE + random() * 0.01)
  return { track, next, run: (from: number, to: number) => range(from, to).map((n) => next(n)) }
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, k) => from + k)

test('items are numbered from 0, over the wrap of the counter', () => {
  const { run, track } = source(MODULUS - 60)
  expect(run(0, 200)).toEqual(range(0, 200))
  expect(track.counts).toEqual({ duplicates: 0, restarts: 0 })
})

test('what the counter skips is missing, also when what follows comes in a burst after a stall', () => {
  const { run, track } = source(7)
  run(0, 100)
  expect(run(103, 110)).toEqual(range(103, 110))
  // The way stalls for 10 s; the source drops 400 items and sends the rest at once.
  expect(range(510, 610).map((n) => track.next(7 + n, 100 + 610 / RATE + n / 1e4))).toEqual(range(510, 610))
  expect(track.counts).toEqual({ duplicates: 0, restarts: 0 })
})

test('an item that came before is none, and the next goes on', () => {
  const { run, next, track } = source(1000)
  run(0, 20)
  expect(next(20, 1019)).toBeUndefined()
  expect(next(20, 1018)).toBeUndefined()
  expect(run(20, 30)).toEqual(range(20, 30))
  expect(track.counts).toEqual({ duplicates: 2, restarts: 0 })
})

test('a jump without a loss is none, however far', () => {
  for (const far of [50, 1e6, 2 ** 31 - 200]) {
    const { run, track } = source(5)
    run(0, 100)
    const after = source(5 + far, track)
    expect(after.run(100, 200)).toEqual(range(100, 200))
    expect(track.counts.restarts).toBe(1)
  }
})

test('a jump of an item that is late is none either, but one after a pause is a loss of as much time', () => {
  const { run, track } = source(5)
  run(0, 100)
  expect(track.next(5 + 2 ** 20, 100 + 107 / RATE)).toBe(100)
  expect(track.next(6 + 2 ** 20, 100 + 107 / RATE)).toBe(101)
  expect(track.next(2 ** 21, 100 + 202 / RATE)).toBe(202)
})

test('one counter that came spoiled is left out where a jump has to be confirmed', () => {
  const { next, run, track } = source(5, new WideCounterTrack({ rate: RATE, modulus: MODULUS, jumpRow: 3 }))
  run(0, 100)
  expect(next(100, 5 + 2 ** 30)).toBeUndefined()
  expect(run(101, 110)).toEqual(range(101, 110))
  expect(track.counts).toEqual({ duplicates: 0, restarts: 0 })
  expect(source(1e6, track).run(110, 120)).toEqual([undefined, undefined, ...range(112, 120)])
  expect(track.counts).toEqual({ duplicates: 0, restarts: 1 })
})

test('a counter that begins anew on the same connection is noticed after some items, which are missing', () => {
  const { run, track } = source(5000)
  run(0, 100)
  const numbers = source(-100, track).run(100, 200)
  expect(numbers.slice(0, 4)).toEqual([undefined, undefined, undefined, undefined])
  expect(numbers.slice(10)).toEqual(range(110, 200))
  expect(track.counts).toEqual({ duplicates: 0, restarts: 1 })
})

test('after a new connection the counter says what was missed, or the clock where it began anew', () => {
  const { run, track } = source(3)
  run(0, 100)
  track.beginAnew()
  expect(run(250, 300)).toEqual(range(250, 300))
  track.beginAnew()
  expect(source(-400, track).run(500, 510)).toEqual(range(500, 510))
  expect(track.counts.restarts).toBe(1)
})
