import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tempFolder } from 'testing'
import { freeBytes, measureDisk } from './measureDisk.ts'

test('the speed of a disk, of which nothing stays behind', async () => {
  await using folder = await tempFolder()
  const { bytesPerSecond, slowestBytesPerSecond, freeBytes: free } = await measureDisk(folder.path, { seconds: 0.2 })
  expect(bytesPerSecond).toBeGreaterThan(0)
  expect(slowestBytesPerSecond).toBeGreaterThan(0)
  expect(slowestBytesPerSecond).toBeLessThanOrEqual(bytesPerSecond)
  expect(free).toBeGreaterThan(0)
  expect(await freeBytes(folder.path)).toBeGreaterThan(0)
  expect(await readdir(folder.path)).toEqual([])
})

test('it can be stopped, and a folder that is not there is an error of the system', async () => {
  await using folder = await tempFolder()
  const stop = AbortSignal.timeout(50)
  await measureDisk(folder.path, { seconds: 1e6, signal: stop })
  expect(stop.aborted).toBe(true)
  expect(await readdir(folder.path)).toEqual([])
  await expect(measureDisk(join(folder.path, 'none'), { seconds: 1 })).rejects.toThrow('ENOENT')
})
