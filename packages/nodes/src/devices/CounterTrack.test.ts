import { expect, test } from 'vitest'
import { CounterTrack } from './CounterTrack.ts'

/** Numbers of samples of a source of `rate` that counts to `modulus`, of which only some come. */
function numbersOf(present: readonly number[], rate: number, modulus = rate): (number | undefined)[] {
  const track = new CounterTrack(rate)
  return present.map((n) => track.next(n % modulus, 1000 + n / rate))
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, k) => from + k)

test('the counters of the vector miss two samples', () => {
  const track = new CounterTrack(128)
  const counters = [125, 126, 127, 0, 1, 4]
  const numbers = counters.map((counter, k) => track.next(counter, (k === 5 ? 7 : k) / 128))
  expect(numbers).toEqual([0, 1, 2, 3, 4, 7])
})

test('gaps within a cycle, over a wrap, of a whole cycle and of many', () => {
  const present = [...range(0, 10), ...range(15, 120), ...range(140, 200), ...range(328, 400), ...range(1500, 1600)]
  expect(numbersOf(present, 128)).toEqual(present)
})

test('a headset that counts to 127 twice a second', () => {
  const present = [...range(0, 300), ...range(310, 700), ...range(828, 900)]
  expect(numbersOf(present, 256, 128)).toEqual(present)
})

test('a sample that comes twice is told', () => {
  expect(numbersOf([0, 1, 1, 2], 128)).toEqual([0, 1, undefined, 2])
})

test('a counter that jumps while no sample is lost, also to 0, loses none', () => {
  for (const jump of [50, 100, 206, 250]) {
    const track = new CounterTrack(256)
    const counterOf = (n: number) => (n < 50 ? n : n + jump) % 256
    expect(range(0, 900).map((n) => track.next(counterOf(n), n / 256))).toEqual(range(0, 900))
  }
})

test('a clock that is set back loses none while the counter goes on', () => {
  const track = new CounterTrack(128)
  expect(range(0, 300).map((n) => track.next(n % 128, n / 128 - (n < 100 ? 0 : 5)))).toEqual(range(0, 300))
})

test('with exact times, a single sample is missed without a counter, and one that comes twice is told', () => {
  const track = new CounterTrack(128, { jitter: 0.5 })
  const present = [0, 1, 3, 3, 4, 200, 201]
  const times = present.map((n) => Math.round(1000 * (7 + n / 128)) / 1000)
  expect(times.map((time) => track.next(undefined, time))).toEqual([0, 1, 3, undefined, 4, 200, 201])
})

test('without a counter, and after it began anew, time counts', () => {
  const track = new CounterTrack(2)
  expect([0, 0.6, 1, 1.4, 3, 3.5].map((time) => track.next(undefined, time))).toEqual([0, 1, 2, 3, 6, 7])
  const anew = new CounterTrack(128)
  anew.next(100, 0)
  anew.beginAnew()
  expect(anew.next(3, 10 / 128)).toBe(10)
  expect(anew.next(4, 11 / 128)).toBe(11)
})
