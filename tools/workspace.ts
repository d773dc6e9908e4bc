import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Absolute path of the repository. */
export const ROOT: string = fileURLToPath(new URL('..', import.meta.url))

/**
 * Folders of `packages/` from left to right: a package may import those in earlier layers, never its own layer.
 * `testing` stands outside: it may import all of them, and only tests and tools may import it.
 */
const LAYERS: readonly (readonly string[])[] = [
  ['zmq', 'ndarray'],
  ['rpc', 'stream'],
  ['core'],
  ['nodes'],
  ['viewers'],
  ['nodeacq']
]

/** What the tools read of a `package.json`. */
export interface Manifest {
  readonly name: string
  readonly version: string
  readonly private?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

export interface Package {
  /** Name of the folder in `packages/`. */
  readonly folder: string
  /** Absolute path. */
  readonly path: string
  readonly manifest: Manifest
}

/** Position of a package in `LAYERS`; -1 for `testing` and for a package that nobody gave a place. */
export function layerOf(folder: string): number {
  return LAYERS.findIndex((layer) => layer.includes(folder))
}

/** The folder that holds the workspace package of that name, whether it exists or not; undefined for other packages. */
export function folderOf(packageName: string): string | undefined {
  if (packageName === 'nodeacq' || packageName === 'testing') return packageName
  return packageName.startsWith('@nodeacq/') ? packageName.slice('@nodeacq/'.length) : undefined
}

async function readManifest(folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest
}

/** The packages of the workspace, each after those that it may import. */
export async function packages(): Promise<Package[]> {
  const entries = await readdir(join(ROOT, 'packages'), { withFileTypes: true })
  const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
  const found = await Promise.all(
    folders.map(async (folder): Promise<Package> => {
      const path = join(ROOT, 'packages', folder)
      return { folder, path, manifest: await readManifest(path) }
    })
  )
  return found.toSorted((a, b) => layerOf(a.folder) - layerOf(b.folder) || a.folder.localeCompare(b.folder))
}
