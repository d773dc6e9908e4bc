import { expect, test } from 'vitest'
import { seededRandom } from './seededRandom.ts'

test('the same seed gives the same numbers, another seed others', () => {
  const take = (seed: number) => Array.from({ length: 5 }, seededRandom(seed))
  expect(take(7)).toEqual(take(7))
  expect(take(7)).not.toEqual(take(8))
})

test('the numbers fill [0, 1) evenly', () => {
  const random = seededRandom(1)
  const bins = new Array<number>(10).fill(0)
  for (let i = 0; i < 100_000; i++) {
    const bin = Math.floor(random() * 10)
    bins[bin] = (bins[bin] ?? 0) + 1
  }
  expect(bins).toHaveLength(10)
  for (const count of bins) expect(Math.abs(count - 10_000)).toBeLessThan(500)
})
