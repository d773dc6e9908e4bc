import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startCommand, strayProcesses, tempFolder, waitFor } from 'testing'

const setup = new URL('../src/globalSetup.ts', import.meta.url).pathname
const vitest = join(import.meta.dirname, '../../../node_modules/vitest/vitest.mjs')

/** Runs vitest in a folder that holds one test of the given body, under our global setup. */
async function runTest(body: string) {
  await using folder = await tempFolder()
  await mkdir(join(folder.path, 'node_modules'))
  await writeFile(
    join(folder.path, 'one.test.ts'),
    `import { spawn } from 'node:child_process'\ntest('t', () => {${body}})`
  )
  const config = `export default { test: { globals: true, globalSetup: [${JSON.stringify(setup)}], pool: 'forks' } }`
  await writeFile(join(folder.path, 'vitest.config.mjs'), config)
  await using program = await startCommand(process.execPath, [vitest, 'run'], { cwd: folder.path })
  const { code } = await program.exited
  return { code, output: [...program.lines, ...program.errorLines].join('\n') }
}

test('a run that leaves nothing behind passes', async () => {
  const { code, output } = await runTest('')
  expect(output).toContain('1 passed')
  expect(code).toBe(0)
})

test('a run that leaves a process behind fails, and the process is ended', async () => {
  const leave = `spawn('sleep', ['1234'], { detached: true, stdio: 'ignore' }).unref()`
  const { code, output } = await runTest(leave)
  expect(output).toMatch(/left behind:\n\s+process \d+: sleep 1234/)
  expect(code).not.toBe(0)
  const pid = Number(/process (\d+): sleep/.exec(output)?.[1])
  expect(pid).toBeGreaterThan(0)
  await waitFor(async () => (await strayProcesses()).every((stray) => stray.pid !== pid), { what: 'sleep to end' })
})
