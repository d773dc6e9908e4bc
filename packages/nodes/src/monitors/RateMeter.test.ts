import { expect, test } from 'vitest'
import { RateMeter } from './RateMeter.ts'

test('samples per second over the last five seconds, from the second chunk on', () => {
  const meter = new RateMeter()
  expect(meter.perSecond).toBeNull()
  meter.add(10, 0)
  expect(meter.perSecond).toBeNull()
  for (let k = 1; k <= 1000; k++) meter.add(10, k * 10)
  expect(meter.perSecond).toBeCloseTo(1000, 6)
  // Half the rate from now on: the past is forgotten.
  for (let k = 1; k <= 1000; k++) meter.add(5, 10_000 + k * 10)
  expect(meter.perSecond).toBeCloseTo(500, 6)
})
