import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { NdArray, parseDType } from '@nodeacq/ndarray'
import { seededRandom, smallDisk, tempFolder } from 'testing'
import { expect, test } from 'vitest'
import type { ExportHead, ExportStream } from '../../src/convert/Exporter.ts'
import { hdf5Target } from '../../src/convert/hdf5/Hdf5Exporter.ts'
import { HdfWriter } from '../../src/convert/hdf5/HdfWriter.ts'
import { nwbTarget } from '../../src/convert/nwb/NwbExporter.ts'
import { openSampleFile, RecorderError, RecordingFileError } from '../../src/index.ts'

const SEED = Number(process.env['NODEACQ_SEED'] ?? 1)

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
  sampleCount: 100
}

function head(
  streams: readonly ExportStream[] = [amp],
  options: Readonly<Record<string, unknown>> = { compression: 0 }
): ExportHead {
  return { source: 'test', streams, startUtc: undefined, startTime: undefined, gaps: 'native', options, provenance: {} }
}

const block = NdArray.fromTyped(
  Int16Array.from({ length: 200 }, (_, k) => k),
  [100, 2]
)

async function readAll(path: string): Promise<void> {
  await using recording = await openSampleFile(path)
  for (const stream of recording.streams) await stream.read(0, stream.sampleCount, 'physical')
}

test('a file with a changed byte, or that is cut, is an error or reads as some recording; nothing worse', async () => {
  await using folder = await tempFolder()
  const path = join(folder.path, 'whole.h5')
  const exporter = await hdf5Target.open(path, head())
  await exporter.samples(0, 0, block)
  await exporter.close()
  const content = await readFile(path)
  const random = seededRandom(SEED)
  const errors: unknown[] = []
  for (let k = 0; k < 60; k++) {
    const damaged = Buffer.from(content)
    // Not the mark of a file that is being written.
    const at = 12 + Math.floor(random() * (content.length - 12))
    damaged[at]! ^= 1 << (k % 8)
    const file = join(folder.path, `${k}.h5`)
    await writeFile(file, k % 5 === 0 ? content.subarray(0, at) : damaged)
    const problem = await readAll(file).catch((error: unknown) => error)
    if (problem !== undefined) errors.push(problem)
  }
  expect(errors.length).toBeGreaterThan(0)
  expect(errors.filter((error) => !(error instanceof RecordingFileError))).toEqual([])
  await using whole = await openSampleFile(path)
  expect((await whole.streams[0]!.read(0, 100, 'digital')).equals(block)).toBe(true)
})

test('an HDF5 file of another layout is refused with what was expected', async () => {
  await using folder = await tempFolder()
  const path = join(folder.path, 'other.h5')
  const writer = await HdfWriter.create(path)
  writer.value('/x', 1)
  await writer.close()
  await expect(openSampleFile(path)).rejects.toThrow(/expected those of NWB, or nodeacq_layout/)
  await expect(hdf5Target.open(path, head())).rejects.toThrow(RecorderError)
})

test('what a format cannot hold is told before anything is written', () => {
  const of = (dtype: string, change: Partial<ExportStream> = {}): ExportStream => ({
    ...amp,
    dtype: parseDType(dtype),
    ...change
  })
  expect(hdf5Target.whyNot(of("[('a', '<i4'), ('b', 'S8')]"))).toBeUndefined()
  expect(hdf5Target.whyNot(of('complex64'))).toBeUndefined()
  expect(hdf5Target.whyNot(of('U4'))).toBe('HDF5 has no type for <U4')
  expect(hdf5Target.whyNot(of("[('a', '<i4', (2,))]"))).toMatch(/no type/)
  expect(hdf5Target.whyNot(of('int16', { sampleShape: [0] }))).toMatch(/holds nothing/)
  expect(nwbTarget.whyNot(of('complex64'))).toMatch(/numbers only/)
  expect(nwbTarget.whyNot(of("[('a', '<i4'), ('b', 'S8')]"))).toMatch(/numbers only/)
  expect(nwbTarget.whyNot(of('int16', { sampleRate: 0 }))).toMatch(/no sample rate/)
  expect(nwbTarget.whyNot(of('int16', { sampleShape: [2, 2, 2, 2] }))).toMatch(/at most 4 axes/)
})

test('NWB asks when the session began, and leaves nothing where it is not told', async () => {
  await using folder = await tempFolder()
  const path = join(folder.path, 'session.nwb')
  const options = nwbTarget.optionsSchema!
  await expect(nwbTarget.open(path, head([amp], options.parse({})))).rejects.toThrow(/set session_start_time/)
  const told = options.parse({ session_start_time: '2024-03-02T10:20:30+01:00', subject: { subject_id: 7 } })
  const exporter = await nwbTarget.open(path, head([amp], told))
  await exporter.samples(0, 0, block)
  expect(await exporter.close()).toMatchObject({ dropped: [] })
  await using file = await openSampleFile(path)
  expect(file).toMatchObject({ startTime: '2024-03-02T10:20:30', details: { subject: { subject_id: '7' } } })
  expect(options.safeParse({ session_start_time: 'yesterday' }).success).toBe(false)
  expect(options.safeParse({ subject: { subject_id: '1', age: '30' } }).success).toBe(false)
  expect(options.safeParse({ subjects: {} }).success).toBe(false)
})

test('structured and complex samples come back', async () => {
  await using folder = await tempFolder()
  const path = join(folder.path, 'session.h5')
  const pairs = NdArray.from([[{ a: 1, b: 'é' }], [{ a: -5, b: 'x' }]], "[('a', '<i4'), ('b', 'S8')]")
  const waves = NdArray.from([[{ re: 1, im: 2 }], [{ re: 3, im: -4 }]], 'complex64')
  const arrays = { pairs, waves }
  const streams = Object.entries(arrays).map(([name, { dtype }]) => ({
    ...amp,
    name,
    dtype,
    sampleShape: [1],
    channelCount: 1
  }))
  const exporter = await hdf5Target.open(path, head(streams))
  await exporter.samples(0, 0, pairs)
  await exporter.samples(1, 0, waves)
  await exporter.close()
  await using file = await openSampleFile(path)
  for (const [name, array] of Object.entries(arrays)) {
    const stream = file.streams.find((each) => each.name === name)!
    expect((await stream.read(0, 2, 'digital')).equals(array)).toBe(true)
  }
})

test('a full disk is an error that names the file', async () => {
  await using disk = await smallDisk(2048)
  if (disk === undefined) {
    process.stdout.write('no small disk can be mounted: it takes root\n')
    return
  }
  const path = join(disk.path, 'session.h5')
  const exporter = await hdf5Target.open(path, head())
  await expect(
    (async () => {
      for (let k = 0; k < 1e5; k++) await exporter.samples(0, k * 100, block)
      await exporter.sync()
    })()
  ).rejects.toThrow(/session\.h5: cannot write/)
  await exporter.abort()
})
