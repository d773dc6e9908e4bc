import { mkdir, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { runCommand } from './command.ts'
import { closingLine } from './Tally.ts'
import { countsOfReport } from './testReport.ts'
import { ROOT } from './workspace.ts'

/**
 * Runs the tests of `tools/<name>/vitest.config.ts`, closes with their counts and ends with vitest's exit code. Arguments of
 * the command line go to vitest.
 */
export async function runSuite(name: string, env: Readonly<Record<string, string>> = {}): Promise<void> {
  const report = join(ROOT, '.cache', `${name}.json`)
  await mkdir(dirname(report), { recursive: true })
  await rm(report, { force: true })
  const args = ['run', '--config', `tools/${name}/vitest.config.ts`, ...process.argv.slice(2)]
  const { code } = await runCommand('vitest', args, { echo: true, env: { ...env, NODEACQ_TEST_REPORT: report } })
  const counts = countsOfReport(JSON.parse(await readFile(report, 'utf8')) as Parameters<typeof countsOfReport>[0])
  console.log(closingLine(counts))
  process.exitCode = code
}
