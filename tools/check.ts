/**
 * `pnpm check`: everything about the sources that can be said without running them.
 * `--fix` first lets prettier and oxlint repair what they can.
 */
import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { runCommand } from './command.ts'
import { exceptionProblems } from './exceptions.ts'
import { importProblems } from './imports.ts'
import { ROOT } from './workspace.ts'

interface Step {
  readonly name: string
  /** Text to show when the step failed; undefined when it passed. */
  readonly run: () => Promise<string | undefined>
}

const command =
  (program: string, ...args: string[]) =>
  async () => {
    const { code, output } = await runCommand(program, args)
    return code === 0 ? undefined : output
  }

const scan = (problemsOf: () => Promise<string[]>) => async () => {
  const problems = await problemsOf()
  return problems.length === 0 ? undefined : `${problems.join('\n')}\n`
}

const FIXES: readonly Step[] = [
  { name: 'lint --fix', run: command('oxlint', '--fix', '--silent') },
  { name: 'format --write', run: command('prettier', '--write', '--cache', '--log-level', 'warn', '.') }
]

// The slowest first, so that two cores end at about the same time.
const STEPS: readonly Step[] = [
  { name: 'types', run: command('tsc', '-p', '.') },
  { name: 'types of pages', run: command('tsc', '-p', 'packages/viewers/client') },
  { name: 'format', run: command('prettier', '--check', '--cache', '--log-level', 'warn', '.') },
  { name: 'unused', run: command('knip', '--no-progress', '--no-config-hints') },
  { name: 'lint', run: command('oxlint') },
  { name: 'imports', run: scan(importProblems) },
  { name: 'exceptions', run: scan(exceptionProblems) }
]

async function runStep({ name, run }: Step): Promise<boolean> {
  const started = performance.now()
  const failure = await run().catch((error: unknown) => String(error))
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  console.log(`${failure === undefined ? 'ok    ' : 'FAILED'} ${name.padEnd(14)} ${seconds} s`)
  if (failure !== undefined) console.log(failure.trimEnd())
  return failure === undefined
}

/** Runs the steps, as many at a time as there are cores, and returns how many failed. */
async function runSteps(steps: readonly Step[]): Promise<number> {
  const waiting = [...steps]
  let failed = 0
  const worker = async () => {
    for (let step = waiting.shift(); step; step = waiting.shift()) if (!(await runStep(step))) failed++
  }
  await Promise.all(Array.from({ length: availableParallelism() }, worker))
  return failed
}

if (!existsSync(join(ROOT, 'node_modules', '.bin', 'tsc'))) {
  console.error('check: nothing is installed yet; `npm test` installs and checks')
  process.exit(1)
}
// One after the other: they write the same files. What they could not repair, the steps below report.
if (process.argv.includes('--fix')) for (const fix of FIXES) await fix.run()
const failed = await runSteps(STEPS)
if (failed > 0) console.log(`check: ${failed} of ${STEPS.length} steps failed`)
process.exitCode = failed === 0 ? 0 : 1
