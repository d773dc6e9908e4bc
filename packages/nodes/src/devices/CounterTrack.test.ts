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

test('without a counter, and after it began anew, time counts', () => {
  const track = new CounterTrack(2)
  expect([0, 0.6, 1, 1.4, 3, 3.5].map((time) => track.next(undefined, time))).toEqual([0, 1, 2, 3, 6, 7])
  const anew = new CounterTrack(128)
  anew.next(100, 0)
  anew.beginAnew()
  expect(anew.next(3, 10 / 128)).toBe(10)
  expect(anew.next(4, 11 / 128)).toBe(11)
})
