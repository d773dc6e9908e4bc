import { MissingPackageError } from '@nodeacq/core'
import type { LibraryHandle } from 'koffi'
import { loadKoffi } from '../../loadKoffi.ts'

export interface LibraryWanted {
  /** What a user knows it by. */
  readonly product: string
  /** File names to try, in order. */
  readonly files: readonly string[]
  readonly neededFor: string
  /** How to get it: what it is installed with. */
  readonly install: string
}

/** A vendor's library, loaded. @throws {MissingPackageError} that says what to install. */
export async function openLibrary(wanted: LibraryWanted): Promise<LibraryHandle> {
  const { product, files, neededFor, install } = wanted
  const koffi = await loadKoffi(neededFor)
  let cause: unknown
  for (const file of files) {
    try {
      return koffi.load(file)
    } catch (error) {
      cause = error
    }
  }
  throw new MissingPackageError(product, neededFor, { cause, install })
}

/** A function of a library that may take long: it is called on another thread. */
export type SlowCall = (...args: readonly unknown[]) => Promise<number>

/**
 * Functions of a library that wait for hardware, one call at a time: they run in libuv's pool of four threads, which files and
 * names of hosts need too.
 */
export class SlowCalls {
  readonly #library: LibraryHandle
  #turn: Promise<unknown> = Promise.resolve()

  constructor(library: LibraryHandle) {
    this.#library = library
  }

  /** @param declaration in C. What is passed for pointers is kept until the call has ended. */
  define(declaration: string): SlowCall {
    const call = this.#library.func(declaration).async as (...args: unknown[]) => void
    return (...args) => {
      const result = this.#turn.then(
        () =>
          new Promise<number>((resolve, reject) => {
            call(...args, (error: unknown, value: number) => (error ? reject(error as Error) : resolve(value)))
          })
      )
      this.#turn = result.catch(() => {})
      return result
    }
  }
}
