import { realpath, stat } from 'node:fs/promises'
import { isAbsolute, join, relative, resolve, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { RequestError } from '../errors.ts'

const EXTENSIONS = ['.ts', '.mts', '.js', '.mjs', '.cjs', '.cts']
const DOTTED = /^[A-Za-z0-9][\w-]*(?:\.[A-Za-z0-9][\w-]*)*$/

/**
 * Loads a module of the allowed folders: `signals.filters`, `signals/filters`, `./signals/filters.ts`, or an absolute
 * path. Never a URL, a module of Node, a package, something in `node_modules` or a hidden folder, or a file that a
 * link leads to outside.
 * @throws {RequestError} ImportError
 */
export async function importFrom(roots: readonly string[], name: string): Promise<object> {
  const file = await locate(roots, name)
  if (file === undefined)
    throw new RequestError(
      'ImportError',
      `No module named '${name}' in the allowed folders (${roots.join(', ')}); expected a path or dotted name of a file below one of them`
    )
  return (await import(pathToFileURL(file).href)) as object
}

async function locate(roots: readonly string[], name: string): Promise<string | undefined> {
  if (name === '' || name.includes('\0') || name.includes(':') || name.includes('\\')) return undefined
  const spellings =
    DOTTED.test(name) && !EXTENSIONS.some((end) => name.endsWith(end)) ? [name.replaceAll('.', '/'), name] : [name]
  for (const root of roots) {
    const base = await realpath(root).catch(() => undefined)
    if (base === undefined) continue
    for (const spelling of spellings) {
      const path = isAbsolute(spelling) ? spelling : resolve(base, spelling)
      const file = await fileOf(path, base)
      if (file !== undefined) return file
    }
  }
  return undefined
}

async function fileOf(path: string, base: string): Promise<string | undefined> {
  const candidates = EXTENSIONS.some((end) => path.endsWith(end))
    ? [path]
    : [...EXTENSIONS.map((end) => path + end), ...EXTENSIONS.map((end) => join(path, `index${end}`))]
  for (const candidate of candidates) {
    const real = await realpath(candidate).catch(() => undefined)
    if (real === undefined || !isBelow(base, real) || !EXTENSIONS.some((end) => real.endsWith(end))) continue
    if ((await stat(real)).isFile()) return real
  }
  return undefined
}

function isBelow(base: string, file: string): boolean {
  const parts = relative(base, file).split(sep)
  return !isAbsolute(relative(base, file)) && parts.every((part) => part !== 'node_modules' && !part.startsWith('.'))
}
