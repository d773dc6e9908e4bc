import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { tempFolder } from 'testing'
import { expect, test } from 'vitest'
import { countsOfNpmTest, countsOfReport } from './testReport.ts'

const file = (status: string, ...tests: string[]) => ({
  status,
  assertionResults: tests.map((one) => ({ status: one }))
})

test('tests count one by one, and a file that could not be loaded is a failure', () => {
  const testResults = [file('passed', 'passed', 'pending', 'todo'), file('failed', 'passed', 'failed'), file('failed')]
  expect(countsOfReport({ testResults })).toEqual({ passed: 2, failed: 2, skipped: 2 })
})

test('what npm test does beside the tests is one more', async () => {
  await using folder = await tempFolder()
  const report = join(folder.path, 'report.json')
  await writeFile(report, JSON.stringify({ testResults: [file('passed', 'passed', 'skipped')] }))
  expect(await countsOfNpmTest(report, 0)).toEqual({ passed: 2, failed: 0, skipped: 1 })
  expect(await countsOfNpmTest(report, 1)).toEqual({ passed: 1, failed: 1, skipped: 1 })
  expect(await countsOfNpmTest(join(folder.path, 'none'), 1)).toEqual({ passed: 0, failed: 1, skipped: 0 })
})
