import { expect, test } from 'vitest'
import { fillTestSignal, testSignal } from './testSignal.ts'

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

test('blocks hold the same numbers', () => {
  const of = { rate: 30_000, count: 5, amplitude: 100 }
  for (let k = 0; k < of.count; k++) {
    const block = new Float32Array(2000)
    fillTestSignal(block, 1_234_567, k, of)
    const wrong = [...block].filter((value, n) => Math.abs(value - 100 * testSignal(1_234_567 + n, k, of)) > 1e-4)
    expect(wrong).toEqual([])
  }
})
