type Library = typeof import('h5wasm/node')

/** The HDF5 library, compiled to WebAssembly; its calls are synchronous and go straight to the disk. */
export interface H5wasm {
  readonly module: Awaited<Library['ready']>
  readonly File: Library['File']
}

let loaded: Promise<H5wasm> | undefined

/** Loads the library when it is first needed: 4 MB that a process without HDF5 files does without. */
export function loadH5wasm(): Promise<H5wasm> {
  loaded ??= import('h5wasm/node').then(async ({ ready, File }) => {
    const module = await ready
    // Without it a failed write is a number that nobody sees.
    module.activate_throwing_error_handler()
    return { module, File }
  })
  return loaded
}

/** What the library says of a failure, without its trace: the innermost reason. */
export function hdfReason(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  const reasons = [...text.matchAll(/in \w+\(\): (.+)/g)].map(([, reason]) => reason!)
  return reasons.at(-1) ?? text
}
