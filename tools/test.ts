/** `npm test`: the checks of the sources, then the tests. Arguments go to vitest, and then only the tests run. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { ROOT } from './workspace.ts'

const VITEST = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs')

function run(...args: string[]): boolean {
  return spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit' }).status === 0
}

const filters = process.argv.slice(2)
// Both always run: whoever broke a rule still wants to know about the tests.
const results = [filters.length > 0 || run(join(ROOT, 'tools', 'check.ts')), run(VITEST, 'run', ...filters)]
process.exitCode = results.every(Boolean) ? 0 : 1
