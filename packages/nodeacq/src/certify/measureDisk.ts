import { open, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { randomFillSync } from 'node:crypto'

/** What a disk does for one writer. */
export interface DiskSpeed {
  /** Written and synced to the device. */
  readonly bytesPerSecond: number
  /** In the slowest half second. */
  readonly slowestBytesPerSecond: number
  readonly freeBytes: number
}

const PIECE = 4 * 1024 * 1024
/** s between two syncs, as the recorder does it. */
const SYNC = 0.5
/** Of the free space, the part that the measurement may fill for its time. */
const SHARE = 0.25

/**
 * Writes random bytes to a new file in `folder` as fast as they go, and brings them to the device twice a second, as a
 * recorder does; without the syncs the memory of the machine would be measured. The file is removed.
 * @throws Error of the system, when the folder cannot be written
 */
export async function measureDisk(
  folder: string,
  { seconds, signal }: { seconds: number; signal?: AbortSignal }
): Promise<DiskSpeed> {
  const path = join(folder, `.nodeacq-disk-${process.pid}`)
  const room = (await freeBytes(folder)) * SHARE
  const piece = randomFillSync(new Uint8Array(PIECE))
  const file = await open(path, 'wx')
  try {
    const start = performance.now()
    const elapsed = () => (performance.now() - start) / 1000
    let written = 0
    let slowest = Infinity
    for (let before = 0; before < seconds && written < room && !signal?.aborted;) {
      const from = written
      // At least one piece, so that a disk that takes longer than the interval has a speed too.
      do written += (await file.write(piece)).bytesWritten
      while (elapsed() - before < SYNC && written < room && !signal?.aborted)
      await file.datasync()
      const now = elapsed()
      slowest = Math.min(slowest, (written - from) / (now - before))
      before = now
    }
    const bytesPerSecond = written / elapsed()
    return {
      bytesPerSecond,
      slowestBytesPerSecond: Math.min(slowest, bytesPerSecond),
      freeBytes: (await freeBytes(folder)) + written
    }
  } finally {
    await file.close()
    await rm(path, { force: true })
  }
}

/** Bytes that this user may still write on the disk of a folder. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}
