import { closeSync, constants, fstatSync, openSync, statfsSync, unlinkSync, writeSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { isAbsolute, join } from 'node:path'
import { SharedMemError } from '../errors.ts'
import { allocate } from './mapFile.ts'
import { ownName, removeAbandonedSharedMemory, sharedMemoryFolder } from './owner.ts'

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
 * Makes the file of a shared ring. All of it is there, so that a full disk is an error now and not a crash of the
 * process that writes to it later.
 * @throws {SharedMemError}
 */
export function createShmFile(size: number): ShmFile {
  const folder = sharedMemoryFolder()
  removeAbandonedSharedMemory()
  requireRoom(folder, size)
  const path = join(folder, `${ownName()}-${randomBytes(4).toString('hex')}`)
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
    if (!allocate(fd, size, path)) writeZeros(fd, size)
  } catch (error) {
    close()
    throw error instanceof SharedMemError
      ? error
      : new SharedMemError(path, `no room for ${size} bytes: ${textOf(error)}`, error)
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
