import { expect, test } from 'vitest'
import { LineFit } from './LineFit.ts'

test('slope and its error, also far from zero', () => {
  const fit = new LineFit()
  expect(fit.line).toBeNull()
  for (let k = 0; k < 1000; k++) fit.add(1e9 + k, 5e9 + 3 * k + (k % 2 === 0 ? 0.5 : -0.5))
  expect(fit.line!.slope).toBeCloseTo(3, 4)
  // sigma / sqrt(sum of (x - mean)²), with sigma 0.5 and x of 0 … 999.
  expect(fit.line!.slopeError / (0.5 / Math.sqrt((1000 * (1000 ** 2 - 1)) / 12))).toBeCloseTo(1, 2)
})

test('one place is no line', () => {
  const fit = new LineFit()
  for (let k = 0; k < 5; k++) fit.add(1, k)
  expect(fit.line).toBeNull()
})
