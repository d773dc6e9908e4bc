import { expect, test } from 'vitest'
import { addCounts, closingLine, countsOf } from './Tally.ts'

test('the last closing line of an output counts', () => {
  const output = `passed  a\n1 passed, 0 failed, 0 skipped\nmore\n${closingLine({ passed: 3, failed: 1, skipped: 2 })}\n`
  expect(countsOf(output)).toEqual({ passed: 3, failed: 1, skipped: 2 })
  expect(countsOf('it says 3 passed, 0 failed, 0 skipped here')).toBeUndefined()
  expect(countsOf('')).toBeUndefined()
})

test('counts add up', () => {
  const one = { passed: 3, failed: 1, skipped: 2 }
  expect(addCounts(one, one, { passed: 1, failed: 0, skipped: 0 })).toEqual({ passed: 7, failed: 2, skipped: 4 })
})
