import type { File, H5Module } from './h5wasmTypes.ts'

/** The HDF5 library, compiled to WebAssembly; its calls are synchronous and go straight to the disk. */
export interface H5wasm {
  readonly module: H5Module
  readonly File: typeof File
}

let loaded: Promise<H5wasm> | undefined

/** Loads the library when it is first needed: 4 MB that a process without HDF5 files does without. */
export function loadH5wasm(): Promise<H5wasm> {
  loaded ??= import('h5wasm/node').then(async (h5wasm) => {
    const module = await h5wasm.ready
    // Without it a failed write is a number that nobody sees.
    module.activate_throwing_error_handler()
    return { module, File: h5wasm.File }
  })
  return loaded
}

/** The sentence of an error of the library that tells most: the innermost one, without its trace. */
export function hdfReason(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  const reasons = [...text.matchAll(/in \w+\(\): (.+)/g)].map(([, reason]) => reason!)
  return reasons.at(-1) ?? text
}
