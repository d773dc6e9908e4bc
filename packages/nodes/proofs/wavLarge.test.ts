import { open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { NdArray } from '@nodeacq/ndarray'
import { missingPrograms, startCommand, tempFolder } from 'testing'
import { expect, test } from 'vitest'
import { wavTarget } from '../src/convert/wav/WavExporter.ts'
import { openSampleFile } from '../src/index.ts'
import { memoryRecording } from '../test/memoryRecording.ts'

const FRAMES = 2 ** 30 + 1000

/** What is missing is a hole in the file. */
test('a file beyond 4 GiB becomes RF64 in place, and is read to its last sample', async () => {
  await using folder = await tempFolder()
  const path = join(folder.path, 'large.wav')
  const data = NdArray.fromTyped(Int16Array.of(1, -1, 2, -2), [2, 2])
  const [stream] = memoryRecording([{ name: 'x', data, sampleRate: 48_000 }]).streams
  const head = {
    source: 'x',
    streams: [stream!],
    startUtc: undefined,
    startTime: undefined,
    options: {},
    provenance: {}
  }
  const exporter = await wavTarget.open(path, { ...head, gaps: 'fill' })
  await exporter.samples(0, 0, data)
  await exporter.sync()
  const kinds = [await kindOf(path)]
  await exporter.gap(0, { from: 2, to: FRAMES, cause: 'dropped' })
  await exporter.samples(0, FRAMES, data)
  await exporter.sync()
  kinds.push(await kindOf(path))
  await exporter.close()
  expect(kinds).toEqual(['RIFF', 'RF64'])
  expect((await stat(path)).size).toBeGreaterThan(2 ** 32)
  await using file = await openSampleFile(path)
  expect([file.format, file.warnings]).toEqual(['RF64', []])
  expect(file.streams[0]!.sampleCount).toBe(FRAMES + 2)
  expect((await file.streams[0]!.read(FRAMES - 1, FRAMES + 2, 'digital')).toNested()).toEqual([
    [0, 0],
    [1, -1],
    [2, -2]
  ])
  expect(await file.events()).toEqual([
    { index: 2, duration: FRAMES - 2, label: `gap: ${FRAMES - 2} samples lost (dropped)`, value: 0 }
  ])
  if ((await missingPrograms('ffprobe and a large file', 'ffprobe')) !== undefined) return
  await using ffprobe = await startCommand('ffprobe', [
    '-v',
    'error',
    '-show_entries',
    'stream=duration_ts',
    '-of',
    'csv=p=0',
    path
  ])
  await ffprobe.exited
  expect(ffprobe.lines).toEqual([String(FRAMES + 2)])
})

async function kindOf(path: string): Promise<string> {
  await using file = await open(path)
  const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0)
  return buffer.toString('latin1')
}
