import { expect, test } from 'vitest'
import { DurationHistogram } from './DurationHistogram.ts'

test('percentiles are exact to 2.3 %, the maximum is exact', () => {
  const durations = new DurationHistogram()
  expect([durations.quantile(0.5), durations.max, durations.count]).toEqual([null, 0, 0])
  for (let k = 1; k <= 10_000; k++) durations.add(k / 100)
  expect([durations.count, durations.max]).toEqual([10_000, 100])
  for (const share of [0.001, 0.5, 0.99, 0.999]) {
    expect(Math.abs(durations.quantile(share)! / (share * 100) - 1)).toBeLessThan(0.024)
  }
  expect(durations.quantile(1)).toBe(100)
})

test('what is too short, too long or negative is counted at the ends', () => {
  const durations = new DurationHistogram()
  for (const duration of [-1, 0, 1e-9]) durations.add(duration)
  expect(durations.quantile(1)).toBe(1e-9)
  durations.add(1e9)
  expect([durations.quantile(0.5), durations.quantile(1)]).toEqual([0.001, 1e9])
})
