import { expect, test } from 'vitest'
import { SampleTrack } from './SampleTrack.ts'

const RATE = 1000

test('blocks are numbered from 0, and what is missing is left out', () => {
  const track = new SampleTrack(RATE)
  expect(track.indexOf(5)).toBeUndefined()
  expect(track.place(90_000, 20, 5)).toBe(0)
  expect(track.place(90_020, 20, 5.02)).toBe(20)
  expect(track.place(90_100, 20, 5.1)).toBe(100)
  expect(track.indexOf(90_105)).toBe(105)
})

test('a block that comes twice has no index', () => {
  const track = new SampleTrack(RATE)
  track.place(0, 20, 1)
  expect(track.place(0, 20, 1)).toBeUndefined()
  expect(track.place(20, 20, 1.02)).toBe(20)
})

test('where the source counts from 0 again, time says what is missing', () => {
  const track = new SampleTrack(RATE)
  track.place(0, 20, 1)
  expect(track.place(0, 20, 1.5)).toBe(500)
  expect(track.place(20, 20, 1.52)).toBe(520)
  track.beginAnew()
  // Its numbers go on as if there had been a small gap, but it was stopped for long.
  expect(track.place(60, 20, 11.52)).toBe(10_520)
})

test('a jump to where the source cannot be is no gap of that size', () => {
  const track = new SampleTrack(RATE)
  track.place(0, 20, 1)
  expect(track.place(5_000_000, 20, 1.02)).toBe(20)
  expect(track.place(5_000_020, 20, 1.04)).toBe(40)
  // Blocks that waited in the network come late, all at once, with the times at which they were sent.
  expect(track.place(5_000_900, 20, 1.06)).toBe(920)
})

test('indexes never go back, whatever comes', () => {
  const track = new SampleTrack(RATE)
  let end = 0
  for (let k = 0; k < 1000; k++) {
    const number = (k * 7919 * 31) % 4000
    const index = track.place(number, 10, 1 + ((k * 13) % 50) / 10)
    if (index === undefined) continue
    expect(index).toBeGreaterThanOrEqual(end)
    end = index + 10
  }
  expect(end).toBeGreaterThan(100)
})
