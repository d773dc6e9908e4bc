import { expect, test } from 'vitest'
import { seededRandom } from 'testing'
import { DriftMeter } from './DriftMeter.ts'

test.each([
  [0, 1],
  [50, 2],
  [-200, 3]
])('a drift of %d ppm through a way with waits (seed %d)', (ppm, seed) => {
  const random = seededRandom(seed)
  const meter = new DriftMeter()
  for (let at = 0; at < 20_000; at += 10) {
    // Mostly a fraction of a millisecond, sometimes 20 ms.
    const wait = 0.2 * random() + (random() < 0.05 ? 20 * random() : 0)
    meter.add(at, 1e6 + at * (1 + ppm / 1e6) + wait)
  }
  const { driftPpm, uncertaintyPpm } = meter.drift!
  expect(Math.abs(driftPpm - ppm)).toBeLessThan(4 * uncertaintyPpm + 0.1)
  expect(uncertaintyPpm).toBeLessThan(1)
})

test('three quarters of a second are needed', () => {
  const meter = new DriftMeter()
  for (let at = 0; at < 750; at += 10) meter.add(at, at)
  expect(meter.drift).toBeNull()
  for (let at = 750; at < 1500; at += 10) meter.add(at, at)
  expect(meter.drift).toEqual({ driftPpm: 0, uncertaintyPpm: 0 })
})
