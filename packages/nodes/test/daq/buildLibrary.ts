import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import koffi from 'koffi'
import { tempFolder, type TempFolder } from 'testing'

const COMPILERS = ['cc', 'clang', 'gcc']

const compiler = COMPILERS.find((name) => spawnSync(name, ['--version']).status === 0)

/** Whether libraries can be built here; a line says so where they cannot. */
export const canBuild = compiler !== undefined && process.platform !== 'win32'
if (!canBuild) process.stderr.write(`skipped: drivers that tests build: none of ${COMPILERS.join(', ')} runs here\n`)

/** A vendor's library that stands in for the real one: `path` for nodes, `set` and `get` for tests. */
export interface StandIn extends AsyncDisposable {
  readonly path: string
  set(name: string, value: number): void
  get(name: string, k?: number): number
}

/** Compiles a file of this folder. Nodes of this process share its state. @throws {Error} with what the compiler says. */
export async function buildLibrary(source: string): Promise<StandIn> {
  const folder: TempFolder = await tempFolder()
  const path = join(folder.path, 'driver.so')
  const file = fileURLToPath(new URL(source, import.meta.url))
  const args = [
    '-shared',
    '-fPIC',
    '-O1',
    '-std=c11',
    '-D_POSIX_C_SOURCE=200809L',
    '-Wall',
    '-Werror',
    '-pthread',
    '-o',
    path,
    file
  ]
  const { status, stderr } = spawnSync(compiler!, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${compiler} ${source}: ${stderr}`)
  const library = koffi.load(path)
  return {
    path,
    set: library.func('void standin_set(const char *, double)') as StandIn['set'],
    get: (name, k = 0) => library.func('double standin_get(const char *, int)')(name, k) as number,
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]()
  }
}
