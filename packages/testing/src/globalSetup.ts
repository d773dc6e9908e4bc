import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RUN_VARIABLE, canFindStrays, sharedMemoryFiles, strayFiles, strayMemory, strayProcesses } from './strays.ts'
import { waitFor } from './waitFor.ts'

/** ms that processes get to notice that the tests are over. */
const GRACE = 5_000

/**
 * Around a whole test run: marks it, gives it a folder for temporary files of its own, and afterwards fails it when it
 * left a process, a socket file, a temporary file of ours or shared memory behind. Stray processes are then killed.
 */
export async function setup(): Promise<() => Promise<void>> {
  const outer = process.env[RUN_VARIABLE]
  const run = `${outer === undefined ? '' : `${outer}/`}${process.pid}-${Date.now()}`
  const folder = await mkdtemp(join(tmpdir(), 'nodeacq-run-'))
  const before = await sharedMemoryFiles()
  process.env[RUN_VARIABLE] = run
  process.env['TMPDIR'] = folder
  // Recordings of tests hold nothing that depends on the user.
  process.env['NODEACQ_CERTIFICATE'] = ''
  if (!canFindStrays) process.stderr.write('stray processes are not looked for: this system has no /proc\n')

  return async () => {
    try {
      await requireNothingLeft(run, folder, before)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }
}

async function requireNothingLeft(run: string, folder: string, before: ReadonlySet<string>): Promise<void> {
  const look = async () => ({
    processes: await strayProcesses(run),
    files: [...(await strayFiles(folder)), ...(await strayMemory(before, run))]
  })
  const isClean = async () => {
    const { processes, files } = await look()
    return processes.length + files.length === 0
  }
  await waitFor(isClean, { timeout: GRACE }).catch(async () => {
    const { processes, files } = await look()
    const list = [...processes.map(({ pid, command }) => `process ${pid}: ${command}`), ...files]
    for (const { pid } of processes) process.kill(pid, 'SIGKILL')
    if (list.length > 0) throw new Error(`the tests left behind:\n  ${list.join('\n  ')}`)
  })
}
