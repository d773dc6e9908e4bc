import { existsSync } from 'node:fs'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { tempFolder } from 'testing'
import { expect, test } from 'vitest'
import { exportRecording } from '../../src/convert/exportRecording.ts'
import { exportTargets, openSampleFile } from '../../src/index.ts'
import { randomSource } from './randomSource.ts'

const SEED = Number(process.env['NODEACQ_SEED'] ?? 1)
const target = exportTargets['raw']!

test(`random recordings as raw folders come back to the bit, with their gaps (seed ${SEED})`, async () => {
  await using folder = await tempFolder()
  for (let k = 0; k < 10; k++) {
    const source = randomSource(SEED * 1000 + k)
    const path = join(folder.path, `case${k}`)
    const report = await exportRecording(source, path, { target })
    expect(report.streams.every(({ isExact }) => isExact)).toBe(true)
    await using read = await openSampleFile(path)
    for (const stream of source.streams) {
      const { name, dtype, sampleRate, startIndex, sampleCount, gaps, channelInfo } = stream
      const found = read.streams.find((each) => each.name === name)!
      expect(found).toMatchObject({ sampleRate, startIndex, sampleCount, gaps, channelInfo })
      const data = await found.read(0, sampleCount, 'digital')
      expect(data.dtype.name).toBe(dtype.name)
      expect(data.equals(await stream.read(0, sampleCount, 'digital'))).toBe(true)
    }
    const events = read.streams.find((each) => each.streamType === 'event')
    expect(events?.sampleCount ?? 0).toBe(report.events)
  }
})

test('a folder is replaced when it is such a recording and that is asked for, and no other folder ever is', async () => {
  await using folder = await tempFolder()
  const path = join(folder.path, 'session')
  const source = randomSource(SEED)
  await exportRecording(source, path, { target })
  await expect(exportRecording(source, path, { target })).rejects.toThrow(/EEXIST/)
  await writeFile(join(path, 'stale.raw'), '')
  await exportRecording(source, path, { target, force: true })
  expect(await readdir(path)).not.toContain('stale.raw')
  const other = join(folder.path, 'thesis')
  await mkdir(other)
  await writeFile(join(other, 'chapter'), '')
  await expect(exportRecording(source, other, { target, force: true })).rejects.toThrow(/raw did not make/)
  expect(existsSync(join(other, 'chapter'))).toBe(true)
})
