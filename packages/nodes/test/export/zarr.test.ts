import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { NdArray, parseDType } from '@nodeacq/ndarray'
import { tempFolder } from 'testing'
import { expect, test } from 'vitest'
import type { ExportStream } from '../../src/convert/Exporter.ts'
import { zarrTarget } from '../../src/convert/zarr/ZarrExporter.ts'
import { openSampleFile, RecordingFileError, RecorderError } from '../../src/index.ts'

const amp: ExportStream = {
  name: 'amp',
  streamType: 'analogsignal',
  dtype: parseDType('int16'),
  sampleShape: [2],
  channelCount: 2,
  sampleRate: 1000,
  channelInfo: [{ name: 'C3' }, { name: 'C4' }],
  startIndex: 0,
  offset: 0,
  // Three chunks.
  sampleCount: 100
}

const block = (from: number, to: number): NdArray =>
  NdArray.from(
    Array.from({ length: to - from }, (_, k) => [from + k, -from - k]),
    'int16'
  )

function head(streams: readonly ExportStream[] = [amp]) {
  return {
    source: 'test',
    streams,
    startUtc: undefined,
    startTime: undefined,
    gaps: 'native',
    options: { compression: 0 },
    provenance: {}
  } as const
}

test('what was synced is there and whole while more is written, and what was not does not show', async () => {
  await using folder = await tempFolder()
  const path = join(folder.path, 'live.zarr')
  const exporter = await zarrTarget.open(path, head())
  let next = 0
  for (const rows of [30, 70, 110, 1, 350]) {
    await exporter.samples(0, next, block(next, next + rows))
    await exporter.sync()
    const synced = next + rows
    // Rows of the same chunk, and whole chunks, beyond what is counted.
    await exporter.samples(0, synced, block(synced, synced + 130))
    await using file = await openSampleFile(path)
    expect(file.streams[0]).toMatchObject({ sampleCount: synced, startIndex: 0 })
    expect((await file.streams[0]!.read(0, synced, 'digital')).equals(block(0, synced))).toBe(true)
    next = synced + 130
  }
  await exporter.close()
  await using file = await openSampleFile(path)
  expect((await file.streams[0]!.read(0, next, 'digital')).equals(block(0, next))).toBe(true)
})

test('a bit that changed, a chunk that is cut and one that is missing are errors, not other data', async () => {
  await using folder = await tempFolder()
  const path = join(folder.path, 'session.zarr')
  const exporter = await zarrTarget.open(path, head())
  await exporter.samples(0, 0, block(0, 300))
  await exporter.close()
  const chunk = join(path, 'amp', 'data', 'c', '1', '0')
  const content = await readFile(chunk)
  const read = async (from: number, to: number): Promise<NdArray> => {
    await using file = await openSampleFile(path)
    return await file.streams[0]!.read(from, to, 'digital')
  }
  for (let at = 0; at < content.length; at += 7) {
    const damaged = Buffer.from(content)
    damaged[at]! ^= 1 << (at % 8)
    await writeFile(chunk, damaged)
    await expect(read(150, 160)).rejects.toThrow(RecordingFileError)
  }
  await writeFile(chunk, content.subarray(0, 100))
  await expect(read(150, 160)).rejects.toThrow(/chunk/)
  await rm(chunk)
  await expect(read(150, 160)).rejects.toThrow(/expected a file/)
  expect((await read(200, 300)).equals(block(200, 300))).toBe(true)
})

test('what is there is not replaced, and what Zarr has no type for is refused', async () => {
  await using folder = await tempFolder()
  const path = join(folder.path, 'session.zarr')
  await (await zarrTarget.open(path, head())).close()
  await expect(zarrTarget.open(path, head())).rejects.toThrow(RecorderError)
  const dtypes = ['S12', 'U4', "[('a', '<i4'), ('b', '<f8')]"]
  for (const dtype of dtypes) expect(zarrTarget.whyNot({ ...amp, dtype: parseDType(dtype) })).toMatch(/no type/)
  expect(zarrTarget.whyNot({ ...amp, sampleShape: [4, 0] })).toMatch(/holds nothing/)
})
