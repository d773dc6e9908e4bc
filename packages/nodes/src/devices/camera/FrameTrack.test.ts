import { seededRandom } from 'testing'
import { expect, test } from 'vitest'
import { FrameTrack } from './FrameTrack.ts'

test('frames that the camera dropped are missing, however its times jitter', () => {
  const random = seededRandom(1)
  const track = new FrameTrack(30)
  const dropped = new Set([20, 40, 41, 42, 99])
  const found: [frame: number, missing: number][] = []
  for (let k = 0; k < 200; k++) {
    if (dropped.has(k)) continue
    const missing = track.take((k + 0.3 * random()) / 30, k / 30)
    if (missing > 0) found.push([k, missing])
  }
  expect(found).toEqual([
    [21, 1],
    [43, 3],
    [100, 1]
  ])
  expect(track.index).toBe(200)
})

test('a camera that is slower than it says, or slows down, loses little', () => {
  const slow = new FrameTrack(30)
  for (let k = 0; k < 100; k++) expect(slow.take(k / 15, k / 15)).toBe(0)
  const slows = new FrameTrack(30)
  let missing = 0
  for (let k = 0; k < 100; k++) slows.take(k / 30, k / 30)
  for (let k = 0; k < 100; k++) missing += slows.take(100 / 30 + k / 15, 0)
  expect(missing).toBeLessThanOrEqual(5)
})

test('after an outage the clock of this machine tells what is missing', () => {
  const track = new FrameTrack(25)
  for (let k = 0; k < 50; k++) track.take(k / 25, 7 + k / 25)
  track.beginAnew()
  expect(track.take(0, 7 + 49 / 25 + 2)).toBe(49)
  expect(track.take(1 / 25, 100)).toBe(0)
  expect(track.index).toBe(101)
})

test('without times every frame counts as one', () => {
  const track = new FrameTrack(25)
  for (const at of [0, 1, 1.01, 5]) expect(track.take(NaN, at)).toBe(0)
  expect(track.index).toBe(4)
})
