import { existsSync, readdirSync, readFileSync, readlinkSync, unlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'

/** Base name of the files of shared rings, pyacq's. */
const PREFIX = 'pyacq_SharedMem_'
/** In memory where the system has such a folder. */
const FOLDER = '/dev/shm'

/** Where the files of shared rings are. */
export function sharedMemoryFolder(): string {
  return existsSync(FOLDER) ? FOLDER : tmpdir()
}

/** The name of a file of this process's, up to what tells its files apart. */
export function ownName(): string {
  return `${PREFIX}${process.pid}-${startOf('self') ?? 0}-${space()}`
}

/** Whether a path has the name of a file that a process of ours has made. */
export function isOwnersName(path: string): boolean {
  return makerOf(basename(path)) !== null
}

/** Process, its start, its space. */
function makerOf(name: string): RegExpExecArray | null {
  return name.startsWith(PREFIX) ? /^(\d+)-(\d+)-(\d+)-/.exec(name.slice(PREFIX.length)) : null
}

/**
 * Removes the shared memory that killed processes left behind. The name of a file says who made it: process, its start
 * (numbers of processes come again), and process space (another container's numbers mean nothing here). Runs before
 * every new ring, and when a host starts.
 */
export function removeAbandonedSharedMemory(): void {
  const folder = sharedMemoryFolder()
  for (const name of namesIn(folder)) if (isAbandoned(name)) removeIfOurs(join(folder, name))
}

/** Whether the process that has made a file, as its name says, is gone for sure. */
export function isAbandoned(path: string): boolean {
  const maker = makerOf(basename(path))
  if (maker === null) return false
  const [, pid, start, itsSpace] = maker
  return itsSpace === space() && !isAlive(Number(pid), Number(start))
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    // Whoever may not look may not remove either; making a file there says what is wrong.
    return []
  }
}

function removeIfOurs(path: string): void {
  try {
    unlinkSync(path)
  } catch {
    // Gone meanwhile, or another user's, who will remove it.
  }
}

function isAlive(pid: number, start: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: it is there, and somebody else's.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
  const itsStart = startOf(pid)
  return itsStart === undefined || start === 0 || itsStart === start
}

/** When a process began, in ticks since the machine did; undefined where the system does not say. */
function startOf(pid: number | 'self'): number | undefined {
  try {
    // proc(5): field 22, counted after the name, which is in brackets and may hold anything.
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19])
  } catch {
    return undefined
  }
}

/** Number of the space that process numbers belong to; 0 where there is but one. */
function space(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0'
  } catch {
    return '0'
  }
}
