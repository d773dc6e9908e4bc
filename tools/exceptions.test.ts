import { expect, test } from 'vitest'
import { exceptionProblemsOf } from './exceptions.ts'

test('an exception names its rule and its reason', () => {
  expect(exceptionProblemsOf('// oxlint-disable-next-line no-console -- the last word of the process')).toEqual([])
  expect(exceptionProblemsOf('/* oxlint-disable max-lines -- one table */')).toEqual([])
  expect(exceptionProblemsOf('a\n// oxlint-disable-next-line no-console')).toMatchObject([{ line: 2 }])
  expect(exceptionProblemsOf('/* eslint-disable */')).toMatchObject([{ problem: 'an exception names its rule' }])
})
