import { expect, test } from 'vitest'
import { testSignal } from './testSignal.ts'

test('each channel has a frequency of its own, and the last one shows order', () => {
  const shape = { rate: 250, count: 4 }
  const crossings = (k: number): number => {
    let count = 0
    for (let n = 1; n < 10_000; n++) if (testSignal(n - 1, k, shape) < 0 && testSignal(n, k, shape) >= 0) count += 1
    return count
  }
  expect([0, 1, 2].map(crossings)).toEqual([319, 329, 339])
  expect([0, 1, 999, 1000].map((n) => testSignal(n, 3, shape))).toEqual([-1, -0.998, 0.998, -1])
})
