import { rmSync } from 'node:fs'
import type { BindAddresses } from './addresses.ts'

/** Files that this process has made and not removed: zeromq leaves them behind. */
const made = new Set<string>()
let isWatching = false

/** The files of ipc sockets that were bound; those still there when the process exits are removed then. */
export function socketFiles({ data, side }: BindAddresses): readonly string[] {
  const files = [data, side]
    .filter((address) => address.startsWith('ipc://') && !address.startsWith('ipc://@'))
    .map((address) => address.slice('ipc://'.length))
  for (const file of files) made.add(file)
  if (files.length > 0 && !isWatching) {
    isWatching = true
    process.once('exit', () => {
      for (const file of made) removeSocketFile(file)
    })
  }
  return files
}

/** Connections that stand already are not disturbed. */
export function removeSocketFile(path: string): void {
  made.delete(path)
  rmSync(path, { force: true })
}
