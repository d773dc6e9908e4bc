import { unlinkSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { ownName, sharedMemoryFolder } from './owner.ts'

/** Files of this process that are still there; they go when it does. */
const mine = new Set<string>()

/** An absolute path that nobody uses, whose name says who made it. */
export function newPath(): string {
  return join(sharedMemoryFolder(), `${ownName()}-${randomBytes(4).toString('hex')}`)
}

/** The file at `path` is this process's to remove. */
export function own(path: string): void {
  if (mine.size === 0) process.on('exit', removeMine)
  mine.add(path)
}

/** False when it was removed before. */
export function removeOwn(path: string): boolean {
  if (!mine.delete(path)) return false
  if (mine.size === 0) process.off('exit', removeMine)
  try {
    unlinkSync(path)
  } catch {
    // Already gone, or not ours to remove: nothing is left to do.
  }
  return true
}

function removeMine(): void {
  for (const path of mine) removeOwn(path)
}
