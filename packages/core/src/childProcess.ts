import { fileURLToPath } from 'node:url'

const modules = new Set<string>()

/**
 * Has every process that this one starts import a module first, so that the node types it registers exist there.
 * A package with node types calls it with its own `import.meta.url`.
 */
export function addChildModule(url: string): void {
  modules.add(url)
}

/** What a child needs to know before it hears from its parent. */
export interface ChildSettings {
  /** Folders whose modules may be imported in the child. */
  importRoots?: readonly string[]
  /** The child may bind beyond loopback. */
  insecure?: boolean
  /** Interface that the child's streams listen on by default. */
  interface?: string
  /** Name or address that the child gives to peers instead of a wildcard. */
  advertise?: string
}

/** Command line of a child process that serves node groups or a manager. */
export function childEntry(settings: ChildSettings = {}): {
  command: string
  args: string[]
} {
  const { importRoots = [], insecure, interface: networkInterface, advertise } = settings
  const fromSource = import.meta.url.endsWith('.ts')
  const main = fileURLToPath(new URL(fromSource ? './childMain.ts' : './childMain.js', import.meta.url))
  return {
    command: process.execPath,
    args: [
      ...(fromSource ? ['--conditions=nodeacq-source'] : []),
      main,
      ...[...modules].flatMap((url) => ['--import-module', url]),
      ...importRoots.flatMap((root) => ['--import-root', root]),
      ...(insecure ? ['--insecure'] : []),
      ...(networkInterface ? ['--interface', networkInterface] : []),
      ...(advertise ? ['--advertise', advertise] : [])
    ]
  }
}
