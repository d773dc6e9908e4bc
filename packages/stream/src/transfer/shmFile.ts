import { closeSync, constants, existsSync, fstatSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { readlinkSync, statfsSync, unlinkSync, writeSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { SharedMemError } from '../errors.ts'

/** Base name of the files of shared rings, pyacq's. */
const PREFIX = 'pyacq_SharedMem_'
/** In memory where the system has such a folder. */
const FOLDER = '/dev/shm'
const ZEROS_AT_ONCE = 1 << 20

/** Files of this process that are still there. */
const mine = new Set<string>()

/** A file of zeros, open for reading and writing, that is gone when this process is. */
export interface ShmFile {
  /** Absolute. */
  readonly path: string
  readonly fd: number
  /** Closes and removes the file. Readers that have it open keep what they have. */
  close(): void
}

/**
 * Makes the file of a shared ring. All of it is written, so that a full disk is an error now and not a crash of the
 * process that writes to it later.
 * @throws {SharedMemError}
 */
export function createShmFile(size: number): ShmFile {
  const folder = existsSync(FOLDER) ? FOLDER : tmpdir()
  removeAbandonedFiles(folder)
  requireRoom(folder, size)
  const path = join(
    folder,
    `${PREFIX}${process.pid}-${startOf('self') ?? 0}-${space()}-${randomBytes(4).toString('hex')}`
  )
  let fd: number
  try {
    fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600)
  } catch (error) {
    throw new SharedMemError(path, `cannot be made: ${textOf(error)}`, error)
  }
  if (mine.size === 0) process.on('exit', removeMine)
  mine.add(path)
  const close = (): void => {
    if (!mine.has(path)) return
    closeSync(fd)
    remove(path)
  }
  try {
    writeZeros(fd, size)
  } catch (error) {
    close()
    throw new SharedMemError(path, `no room for ${size} bytes: ${textOf(error)}`, error)
  }
  return { path, fd, close }
}

/**
 * Opens the file of somebody else's ring for reading. The caller closes the descriptor.
 * @throws {SharedMemError} when there is no such file or its size is another.
 */
export function openShmFile(path: string, size: number): number {
  if (!isAbsolute(path)) throw new SharedMemError(path, 'expected an absolute path')
  let fd: number
  try {
    // A pipe would block without O_NONBLOCK until somebody writes to it.
    fd = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  } catch (error) {
    throw new SharedMemError(path, `cannot be opened: ${textOf(error)}`, error)
  }
  const found = fstatSync(fd)
  if (found.isFile() && found.size === size) return fd
  closeSync(fd)
  throw new SharedMemError(path, `expected a file of ${size} bytes, got ${found.isFile() ? found.size : 'no file'}`)
}

/** A hopeless size is refused before the disk, or the memory, is full of zeros. */
function requireRoom(folder: string, size: number): void {
  const { bavail, bsize } = statfsSync(folder)
  if (size <= bavail * bsize) return
  throw new SharedMemError(folder, `expected at most the ${bavail * bsize} bytes that are free, got a ring of ${size}`)
}

function writeZeros(fd: number, size: number): void {
  const zeros = new Uint8Array(Math.min(size, ZEROS_AT_ONCE))
  for (let done = 0; done < size;) {
    done += writeSync(fd, zeros, 0, Math.min(zeros.length, size - done), done)
  }
}

/**
 * Removes what killed processes left behind. The name of a file says who made it: process, its start (numbers of
 * processes come again), and process space (another container's numbers mean nothing here).
 */
function removeAbandonedFiles(folder: string): void {
  for (const name of readdirSync(folder)) {
    const maker = name.startsWith(PREFIX) ? /^(\d+)-(\d+)-(\d+)-/.exec(name.slice(PREFIX.length)) : null
    if (!maker) continue
    const [, pid, start, itsSpace] = maker
    if (itsSpace === space() && !isAlive(Number(pid), Number(start))) remove(join(folder, name))
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

function remove(path: string): void {
  mine.delete(path)
  if (mine.size === 0) process.off('exit', removeMine)
  try {
    unlinkSync(path)
  } catch {
    // Already gone, or not ours to remove: nothing is left to do.
  }
}

function removeMine(): void {
  for (const path of mine) remove(path)
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
