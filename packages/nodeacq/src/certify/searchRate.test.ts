import { expect, test } from 'vitest'
import { searchLength, searchRate } from './searchRate.ts'

/** A machine that holds up to a factor, and what was asked of it. */
function machine(capacity: number) {
  const asked: number[] = []
  const holds = (factor: number) => {
    asked.push(Math.round(factor * 100) / 100)
    return Promise.resolve(factor <= capacity)
  }
  return { asked, holds }
}

test('up from the wanted rate, then between what held and what failed', async () => {
  const { asked, holds } = machine(2.9)
  expect(await searchRate(holds, { wantedIsSafe: true, limit: 8 })).toBeCloseTo(2.756, 2)
  expect(asked).toEqual([1.5, 2.25, 3.38, 2.76, 3.05])
})

test('down when the wanted rate fails', async () => {
  const { asked, holds } = machine(0.5)
  expect(await searchRate(holds, { wantedIsSafe: false, limit: 8 })).toBeCloseTo(0.49, 2)
  expect(asked.slice(0, 2)).toEqual([0.67, 0.44])
})

test.each([1.1, 1.5, 3, 7.9, 0.9, 0.1, 0.03])(
  'the answer for %d is within the precision, in as many trials as were told',
  async (capacity) => {
    const { asked, holds } = machine(capacity)
    const found = await searchRate(holds, { wantedIsSafe: capacity >= 1, limit: 8, precision: 1.1 })
    expect(found).toBeLessThanOrEqual(capacity)
    expect(capacity / found).toBeLessThanOrEqual(1.1)
    // Downwards the way may be longer: the limit counts twice there.
    expect(asked.length).toBeLessThanOrEqual(searchLength({ limit: capacity >= 1 ? 8 : 64, precision: 1.1 }))
  }
)

test('nothing above the limit is tried, and nothing below its inverse squared', async () => {
  const strong = machine(1e9)
  expect(await searchRate(strong.holds, { wantedIsSafe: true, limit: 4 })).toBe(4)
  expect(strong.asked).toEqual([1.5, 2.25, 3.38, 4])
  const weak = machine(0)
  expect(await searchRate(weak.holds, { wantedIsSafe: false, limit: 2 })).toBe(0)
  expect(weak.asked.at(-1)).toBeCloseTo(0.2)
})

test('with limit 1 only the wanted rate counts', async () => {
  const { asked, holds } = machine(9)
  expect(await searchRate(holds, { wantedIsSafe: true, limit: 1 })).toBe(1)
  expect(asked).toEqual([])
})

test('a trial that throws ends the search', async () => {
  await expect(
    searchRate(() => Promise.reject(new Error('stopped')), { wantedIsSafe: true, limit: 8 })
  ).rejects.toThrow('stopped')
})
