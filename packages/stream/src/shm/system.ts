import { createRequire } from 'node:module'
import type * as Koffi from 'koffi'
import { report } from '../log.ts'

/** What is called of koffi and of the C library. */
export interface System {
  readonly koffi: typeof Koffi
  readonly mmap: (at: bigint, size: number, protection: number, flags: number, fd: number, offset: number) => bigint
  readonly munmap: (at: bigint, size: number) => number
  /** posix_fallocate; Linux only. */
  readonly allocate: ((fd: number, offset: number, size: number) => number) | undefined
  readonly mkfifo: (path: string, mode: number) => number
}

let system: System | null | undefined

/** koffi and the C library, loaded when they are first asked for; null where there are none. */
export function getSystem(): System | null {
  if (system === undefined) system = loadSystem()
  return system
}

function loadSystem(): System | null {
  const isLinux = process.platform === 'linux'
  const is64 = ['x64', 'arm64', 'riscv64', 'loong64', 'ppc64'].includes(process.arch)
  if (!is64 || !(isLinux || process.platform === 'darwin')) return null
  // Without it, views could not be taken from their users before the memory goes.
  if (typeof ArrayBuffer.prototype.transfer !== 'function') return null
  try {
    const koffi = createRequire(import.meta.url)('koffi') as typeof Koffi
    const libc = koffi.load(null)
    return {
      koffi,
      mmap: libc.func('void *mmap(uintptr_t, size_t, int, int, int, int64_t)') as unknown as System['mmap'],
      munmap: libc.func('int munmap(uintptr_t, size_t)') as unknown as System['munmap'],
      allocate: isLinux ? (libc.func('int posix_fallocate(int, int64_t, int64_t)') as System['allocate']) : undefined,
      mkfifo: libc.func('int mkfifo(const char *, uint32_t)') as unknown as System['mkfifo']
    }
  } catch (error) {
    report('warning', 'shared memory is read and written as files, which is slow: koffi cannot be loaded', error)
    return null
  }
}
