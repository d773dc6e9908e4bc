import { SharedMemError } from '../errors.ts'
import { getSystem, type System } from './system.ts'

/**
 * The one file that knows how memory is mapped here. koffi calls the C library (`system.ts`); where it is absent, or the
 * system is none of those below, there are no mappings, and shared rings are read and written as files.
 *
 *   Linux, up to 4 GiB - 64 KiB   the pages of a shared WebAssembly.Memory are replaced by those of the file, so that
 *                                 the file is a real SharedArrayBuffer, which workers can be given
 *   Linux above that, macOS       an ArrayBuffer over the mapping, detached before the mapping goes
 *   Windows, Node before 22       none
 */
export interface Mapping {
  /** The bytes of the file and what is left of the last page; a SharedArrayBuffer where the system lets us have one. */
  readonly buffer: ArrayBuffer | SharedArrayBuffer
  /**
   * Nothing reaches the file through `buffer` any more: it is detached, or shared and reads as zeros. Access after this
   * is therefore safe, also from other threads. Safe to call twice.
   */
  close(): void
}

/** What is used of it; the compiler's types of WebAssembly come with those of browsers only. */
declare const WebAssembly: {
  Memory: new (limits: { initial: number; maximum: number; shared: true }) => { readonly buffer: SharedArrayBuffer }
}

/** `views`: no SharedArrayBuffer. `files`: no mapping at all. For tests, and for systems where mapping goes wrong. */
const SWITCH = 'NODEACQ_SHARED_MEMORY'
const WASM_PAGE = 65_536
/** A WebAssembly.Memory has at most 65,536 pages, and V8 gives out one less in one piece. */
export const MAX_SHARED = 65_535 * WASM_PAGE

const PROT_READ = 1
const PROT_READ_WRITE = 3
const MAP_SHARED = 0x01
const MAP_PRIVATE = 0x02
const MAP_FIXED = 0x10
/** Linux; only used there. */
const MAP_ANONYMOUS = 0x20
const MAP_FAILED = 2n ** 64n - 1n

/**
 * Maps the first `size` bytes of an open file, shared with all who map it; undefined where that cannot be done. The
 * descriptor may be closed afterwards. What is mapped without `writable` ends the process when it is written to.
 */
export function mapFile(fd: number, size: number, { writable }: { writable: boolean }): Mapping | undefined {
  const wanted = process.env[SWITCH]
  const sys = wanted === 'files' ? null : getSystem()
  if (sys === null) return undefined
  const shared = process.platform === 'linux' && wanted !== 'views' && size <= MAX_SHARED
  return (shared ? mapShared(sys, fd, size, writable) : undefined) ?? mapView(sys, fd, size, writable)
}

function mapShared({ koffi, mmap }: System, fd: number, size: number, writable: boolean): Mapping | undefined {
  const pages = Math.ceil(size / WASM_PAGE)
  let buffer: SharedArrayBuffer
  try {
    buffer = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }).buffer
  } catch {
    // No address space left for its guard regions: there may be some for a plain mapping.
    return undefined
  }
  // Whole pages, aligned as WebAssembly's are; the engine never moves them, and gives back the address range only
  // when the last reference to the buffer is gone.
  const at = koffi.address(new Uint8Array(buffer))
  const putBack = (): void => {
    mmap(at, pages * WASM_PAGE, PROT_READ_WRITE, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
  }
  const protection = writable ? PROT_READ_WRITE : PROT_READ
  if (mmap(at, size, protection, MAP_FIXED | MAP_SHARED, fd, 0) !== at) {
    putBack()
    return undefined
  }
  let isOpen = true
  const close = (): void => {
    if (isOpen) putBack()
    isOpen = false
  }
  return { buffer, close }
}

function mapView({ koffi, mmap, munmap }: System, fd: number, size: number, writable: boolean): Mapping | undefined {
  const at = mmap(0n, size, writable ? PROT_READ_WRITE : PROT_READ, MAP_SHARED, fd, 0)
  if (at === MAP_FAILED) return undefined
  let buffer: ArrayBuffer
  try {
    buffer = koffi.view(at, size)
  } catch {
    munmap(at, size)
    return undefined
  }
  const close = (): void => {
    if (buffer.detached) return
    buffer.transfer()
    munmap(at, size)
  }
  return { buffer, close }
}

const EINTR = 4
const ENOSPC = 28

/**
 * Gives a file bytes `[from, from + size)`, zeros where it had none, that are really there: what is only promised kills the process that writes to it
 * when the disk, or the memory, is full. False where the system cannot do that; the caller then writes them.
 * @throws {SharedMemError}
 */
export function allocate(fd: number, size: number, path: string, from = 0): boolean {
  const call = getSystem()?.allocate
  if (call === undefined) return false
  let problem: number
  do problem = call(fd, from, size)
  while (problem === EINTR)
  if (problem === ENOSPC) throw new SharedMemError(path, `no room for ${size} bytes`)
  return problem === 0
}
