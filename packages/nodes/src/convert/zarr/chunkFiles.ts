import { mkdir, open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { crc32c } from '../../files/zarr/crc32c.ts'
import { RecorderError } from '../../files/output/RecorderError.ts'
import { syncFolder } from '../../files/output/replaceFile.ts'
import { writePieces } from '../../files/output/writePieces.ts'

const compress = promisify(gzip)
/** Files that are brought to the disk at the same time. */
const SYNCS = 8

/** A chunk as its file holds it: packed, and its checksum behind it. */
async function encode(bytes: Uint8Array, compression: number): Promise<readonly Uint8Array[]> {
  const body = compression > 0 ? await compress(bytes, { level: compression }) : bytes
  const sum = Buffer.alloc(4)
  sum.writeUInt32LE(crc32c(body))
  return [body, sum]
}

/** Writes a chunk that nothing counts yet; `syncChunkFiles` brings it to the disk. @throws RecorderError */
export async function writeNewChunk(path: string, bytes: Uint8Array, compression: number): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true })
    await using file = await open(path, 'w')
    await writePieces(file, await encode(bytes, compression), 0, () => {})
  } catch (cause) {
    throw RecorderError.from(path, 'write', cause)
  }
}

/** Replaces a chunk that is read already: at any moment it is as it was, or as it is to be. @throws RecorderError */
export async function replaceChunk(path: string, bytes: Uint8Array, compression: number): Promise<void> {
  const temporary = `${path}.tmp`
  try {
    {
      await using file = await open(temporary, 'w')
      await writePieces(file, await encode(bytes, compression), 0, () => {})
      await file.datasync()
    }
    await rename(temporary, path)
    await syncFolder(dirname(path))
  } catch (cause) {
    throw RecorderError.from(path, 'write', cause)
  }
}

/** Brings chunks that were written to the disk, with the folders that hold them. @throws RecorderError */
export async function syncChunkFiles(paths: readonly string[]): Promise<void> {
  const folders = new Set(paths.map((path) => dirname(path)))
  const parents = new Set(folders.values().map((path) => dirname(path)))
  const tasks = paths.values().map((path) => ({ path, sync: syncFile }))
  await runAll(tasks)
  await runAll([...folders, ...parents].values().map((path) => ({ path, sync: syncFolder })))
}

async function runAll(
  tasks: Iterator<{ readonly path: string; readonly sync: (path: string) => Promise<void> }>
): Promise<void> {
  const work = async (): Promise<void> => {
    for (let task = tasks.next(); task.done !== true; task = tasks.next()) {
      const { path, sync } = task.value
      await sync(path).catch((cause: unknown) => {
        throw RecorderError.from(path, 'write to the disk', cause)
      })
    }
  }
  await Promise.all(Array.from({ length: SYNCS }, work))
}

async function syncFile(path: string): Promise<void> {
  await using file = await open(path, 'r+')
  await file.datasync()
}
