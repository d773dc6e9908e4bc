import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Puts a small file in place as a whole: after a crash at any moment there is either the old content or the new one.
 * The folder is synced too, so that the new name survives a power cut.
 */
export async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.tmp`
  try {
    const handle = await open(temporary, 'w')
    try {
      await handle.writeFile(content)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined)
    throw error
  }
  await syncFolder(dirname(path))
}

/** Writes a folder's list of names to the disk; where a folder cannot be opened (Windows), the system does it by itself. */
export async function syncFolder(path: string): Promise<void> {
  let handle
  try {
    handle = await open(path, 'r')
  } catch (error) {
    if (isCode(error, 'EPERM', 'EISDIR', 'EACCES')) return
    throw error
  }
  try {
    await handle.sync()
  } catch (error) {
    if (!isCode(error, 'EPERM', 'EISDIR', 'EINVAL')) throw error
  } finally {
    await handle.close()
  }
}

function isCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code))
}
