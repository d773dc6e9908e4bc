import { importFrom } from '@nodeacq/rpc'

let roots: readonly string[] = [process.cwd()]

/** The folders whose modules this process may load for others. */
export function setImportRoots(folders: readonly string[]): void {
  roots = folders
}

/** Loads a user's module, a file below the allowed folders. @throws {RequestError} ImportError */
export async function importUserModule(name: string): Promise<Record<string, unknown>> {
  return (await importFrom(roots, name)) as Record<string, unknown>
}
