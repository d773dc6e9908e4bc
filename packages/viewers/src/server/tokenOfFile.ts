import { readFile, stat, writeFile } from 'node:fs/promises'
import { ViewerError } from '../errors.ts'
import { newToken } from './Access.ts'

/** Letters of the shortest token that is taken. */
const SHORTEST = 16
/** What others than the owner may do with a file. */
const OTHERS = 0o077

/**
 * The token in a file, which is made when there is none. With one, links stay valid over restarts.
 * @throws {ViewerError} when others can read it, or what is in it is too short.
 */
export async function tokenOfFile(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw new ViewerError(`token file ${path}: ${error.message}`, { cause: error })
  })
  if (text === undefined) {
    const token = newToken()
    await writeFile(path, `${token}\n`, { mode: 0o600, flag: 'wx' })
    return token
  }
  const { mode } = await stat(path)
  if (process.platform !== 'win32' && (mode & OTHERS) !== 0) {
    throw new ViewerError(`token file ${path}: expected that only its owner can read it (mode 600)`)
  }
  const token = text.trim()
  if (!/^[\w-]+$/.test(token) || token.length < SHORTEST) {
    throw new ViewerError(`token file ${path}: expected at least ${SHORTEST} letters, digits, - and _`)
  }
  return token
}
