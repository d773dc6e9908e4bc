import { execFileSync } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { tempFolder } from './tempFolder.ts'

/** A file system of so many KiB of its own; undefined where none can be mounted (it takes root). */
export async function smallDisk(kib: number): Promise<({ readonly path: string } & AsyncDisposable) | undefined> {
  const folder = await tempFolder()
  const path = join(folder.path, 'disk')
  await mkdir(path)
  try {
    execFileSync('sh', ['-c', `mount -t tmpfs -o size=${kib}k tmpfs ${path}`], { stdio: 'ignore' })
  } catch {
    await folder[Symbol.asyncDispose]()
    return undefined
  }
  const unmount = async () => {
    execFileSync('sh', ['-c', `umount ${path}`])
    await folder[Symbol.asyncDispose]()
  }
  return { path, [Symbol.asyncDispose]: unmount }
}
