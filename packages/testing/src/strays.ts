import { lstat, readFile, readdir, readlink } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Environment variable that every process of a test run inherits; its value names the run. A test that wants to look at
 * its own processes alone starts them with a longer value, `${run}/${name}`: they still belong to the run.
 */
export const RUN_VARIABLE = 'NODEACQ_TEST_RUN'

export interface StrayProcess {
  readonly pid: number
  readonly command: string
}

/** Files that nodeacq and pyacq make outside any folder of the user. */
const OWN_NAME = /^(nodeacq|pyacq)/
const SHARED_MEMORY = '/dev/shm'
/** The test runner's own processes: its workers, and the one that ends them with it (it renames itself). */
const RUNNER = /\/node_modules\/vitest\/|^vitest-watchdog$/

/** Whether strays can be looked for: it takes `/proc`. */
export const canFindStrays: boolean = process.platform === 'linux'

/**
 * Processes that carry the mark of `run` (default: the run this process belongs to), whoever their parent is by now.
 * Not listed: this process, those it descends from, and the test runner's workers.
 */
export async function strayProcesses(run = process.env[RUN_VARIABLE]): Promise<StrayProcess[]> {
  if (!canFindStrays || run === undefined || run === '') return []
  const ancestors = await ancestorsOf(process.pid)
  const found = await Promise.all(
    (await pids()).map(async (pid): Promise<StrayProcess[]> => {
      if (ancestors.has(pid)) return []
      const marks = valuesOf(await readProc(pid, 'environ'), RUN_VARIABLE)
      if (!marks.some((mark) => mark === run || mark.startsWith(`${run}/`))) return []
      const command = (await readProc(pid, 'cmdline')).split('\0').join(' ').trim()
      // An empty command line is a process that has ended and waits for its parent to notice.
      return command === '' || RUNNER.test(command) ? [] : [{ pid, command }]
    })
  )
  return found.flat()
}

/** Whether a file is a leftover: made by nodeacq or pyacq, or a socket, which nobody should leave. */
async function isOwn(folder: string, name: string): Promise<boolean> {
  if (OWN_NAME.test(name)) return true
  const stats = await lstat(join(folder, name)).catch(() => undefined)
  return stats?.isSocket() ?? false
}

/** Sockets, and files or folders with names of nodeacq or pyacq, that lie directly in `folder`. */
export async function strayFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder)
  const own = await Promise.all(names.map((name) => isOwn(folder, name)))
  return names.filter((_, i) => own[i]).map((name) => join(folder, name))
}

/** Names of nodeacq's and pyacq's files in shared memory, whoever made them. */
export async function sharedMemoryFiles(): Promise<Set<string>> {
  const names = await readdir(SHARED_MEMORY).catch(() => [])
  return new Set(names.filter((name) => OWN_NAME.test(name)).map((name) => join(SHARED_MEMORY, name)))
}

/**
 * Shared-memory files that are not in `before`, belong to this user, and are in no use by a process outside `run`:
 * another run on this machine may be working beside this one.
 */
export async function strayMemory(before: ReadonlySet<string>, run: string): Promise<string[]> {
  const candidates = await ownedByMe([...(await sharedMemoryFiles()).difference(before)])
  if (candidates.length === 0) return []
  const inUse = new Set<string>()
  for (const pid of await pids()) {
    if (valuesOf(await readProc(pid, 'environ'), RUN_VARIABLE).some((mark) => mark.startsWith(run))) continue
    const used = (await readProc(pid, 'maps')) + (await openFiles(pid)).join('\n')
    for (const path of candidates) if (used.includes(path)) inUse.add(path)
  }
  return candidates.filter((path) => !inUse.has(path))
}

async function ownedByMe(paths: string[]): Promise<string[]> {
  const owned = await Promise.all(
    paths.map(async (path) => (await lstat(path).catch(() => undefined))?.uid === process.getuid?.())
  )
  return paths.filter((_, i) => owned[i])
}

async function pids(): Promise<number[]> {
  return (await readdir('/proc')).map(Number).filter((pid) => pid > 0)
}

/** A file of `/proc`; empty when the process is gone or another user's. */
function readProc(pid: number, file: string): Promise<string> {
  return readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')
}

async function openFiles(pid: number): Promise<string[]> {
  const folder = `/proc/${pid}/fd`
  const names = await readdir(folder).catch(() => [])
  return Promise.all(names.map((name) => readlink(join(folder, name)).catch(() => '')))
}

function valuesOf(environ: string, variable: string): string[] {
  const prefix = `${variable}=`
  return environ
    .split('\0')
    .filter((entry) => entry.startsWith(prefix))
    .map((entry) => entry.slice(prefix.length))
}

async function ancestorsOf(pid: number): Promise<Set<number>> {
  const found = new Set<number>()
  for (let next = pid; next > 0 && !found.has(next);) {
    found.add(next)
    next = Number(/^PPid:\s*(\d+)/m.exec(await readProc(next, 'status'))?.[1] ?? 0)
  }
  return found
}
