/** Runs the tests with Python peers, with an interpreter that has their packages; closes with the counts. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand } from '../command.ts'
import { ensurePython } from '../python.ts'
import { closingLine } from '../Tally.ts'
import { countsOfReport } from '../testReport.ts'
import { ROOT } from '../workspace.ts'

const report = join(ROOT, '.cache', 'interop.json')
const { code } = await runCommand(
  'vitest',
  ['run', '--config', 'tools/interop/vitest.config.ts', ...process.argv.slice(2)],
  {
    echo: true,
    env: { NODEACQ_PYTHON: await ensurePython(), NODEACQ_TEST_REPORT: report }
  }
)
const counts = countsOfReport(JSON.parse(await readFile(report, 'utf8')) as Parameters<typeof countsOfReport>[0])
console.log(closingLine(counts))
process.exitCode = code
