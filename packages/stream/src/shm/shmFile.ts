import { closeSync, constants, fstatSync, openSync, statfsSync, writeSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import { SharedMemError } from '../errors.ts'
import { allocate } from './mapFile.ts'
import { newPath, own, removeOwn } from './ownFiles.ts'
import { removeAbandonedSharedMemory, sharedMemoryFolder } from './owner.ts'

const ZEROS_AT_ONCE = 1 << 20

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
  removeAbandonedSharedMemory()
  requireRoom(sharedMemoryFolder(), size)
  const path = newPath()
  let fd: number
  try {
    fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600)
  } catch (error) {
    throw new SharedMemError(path, `cannot be made: ${textOf(error)}`, error)
  }
  own(path)
  const close = (): void => {
    if (removeOwn(path)) closeSync(fd)
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
 * Opens somebody else's file, for reading unless `writable`. The caller closes the descriptor.
 * @param size undefined for a file of any size
 * @throws {SharedMemError} when there is no such file or its size is another.
 */
export function openShmFile(path: string, size: number | undefined, { writable = false } = {}): number {
  if (!isAbsolute(path)) throw new SharedMemError(path, 'expected an absolute path')
  let fd: number
  try {
    // A pipe would block without O_NONBLOCK until somebody writes to it.
    fd = openSync(path, (writable ? constants.O_RDWR : constants.O_RDONLY) | (constants.O_NONBLOCK ?? 0))
  } catch (error) {
    throw new SharedMemError(path, `cannot be opened: ${textOf(error)}`, error)
  }
  const found = fstatSync(fd)
  if (found.isFile() && (size === undefined || found.size === size)) return fd
  closeSync(fd)
  throw new SharedMemError(
    path,
    `expected a file${size === undefined ? '' : ` of ${size} bytes`}, got ${found.isFile() ? found.size : 'no file'}`
  )
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

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
