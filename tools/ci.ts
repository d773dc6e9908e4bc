/**
 * The second half of `.ci/run`, after `npm test`: what needs Python, or the packages as they are published.
 * Arguments: the report of vitest, the exit code of `npm test`. The last line adds up everything.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand } from './command.ts'
import { addCounts, closingLine, countsOf } from './Tally.ts'
import type { Counts } from './Tally.ts'
import { countsOfNpmTest } from './testReport.ts'
import { ROOT } from './workspace.ts'

const RUNNERS = {
  proofs: 'tools/proofs/run.ts',
  interop: 'tools/interop/run.ts',
  examples: 'tools/runExamples.ts',
  packages: 'tools/packCheck.ts'
}
/** ms a runner may take. */
const WATCHDOG = 20 * 60_000

/** Runs one of the runners. A bad end that its counts do not show is a failure of its own. */
async function countsOfRunner(file: string): Promise<Counts> {
  const args = ['--conditions=nodeacq-source', file]
  const { code, output, timedOut } = await runCommand('node', args, { echo: true, timeout: WATCHDOG })
  const counts = countsOf(output) ?? { passed: 0, failed: 1, skipped: 0 }
  if (timedOut) console.log(`no end after ${WATCHDOG / 60_000} min`)
  return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts
}

const [report = '', exitCode = '1'] = process.argv.slice(2)
const results: [name: string, counts: Counts][] = [['npm test', await countsOfNpmTest(report, Number(exitCode))]]
for (const [name, file] of Object.entries(RUNNERS)) {
  if (!existsSync(join(ROOT, file))) continue
  console.log(`\n== ${name}`)
  results.push([name, await countsOfRunner(file)])
}

console.log()
for (const [name, counts] of results) console.log(`${name.padEnd(10)} ${closingLine(counts)}`)
const total = addCounts(...results.map(([, counts]) => counts))
console.log(closingLine(total))
process.exitCode = total.failed === 0 ? 0 : 1
