import { readFile } from 'node:fs/promises'
import type { Counts } from './Tally.ts'

/** What is read of the report that vitest's json reporter writes. */
interface Report {
  readonly testResults: readonly {
    readonly status: string
    readonly assertionResults: readonly { readonly status: string }[]
  }[]
}

/** Counts of a vitest report. A file that failed without a failed test (it could not be loaded) is one failure. */
export function countsOfReport({ testResults }: Report): Counts {
  const all = testResults.flatMap((file) => file.assertionResults.map(({ status }) => status))
  const count = (status: string) => all.filter((one) => one === status).length
  const broken = testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed')
  )
  const [passed, failed] = [count('passed'), count('failed')]
  return { passed, failed: failed + broken.length, skipped: all.length - passed - failed }
}

/**
 * Counts of `npm test`: its tests, and one more for everything else it does. That one failed when the exit code is not
 * 0 although no test failed: a check of the sources, something left behind, or no test ran at all.
 */
export async function countsOfNpmTest(reportFile: string, exitCode: number): Promise<Counts> {
  const text = await readFile(reportFile, 'utf8').catch(() => undefined)
  const tests = countsOfReport(text === undefined ? { testResults: [] } : (JSON.parse(text) as Report))
  const isRestFailed = exitCode !== 0 && tests.failed === 0
  return { ...tests, passed: tests.passed + (isRestFailed ? 0 : 1), failed: tests.failed + (isRestFailed ? 1 : 0) }
}
