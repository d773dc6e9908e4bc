import { readdir, readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { NdArray } from '@nodeacq/ndarray'
import { makeEvents, OutputStream, type InputStream } from '@nodeacq/stream'
import { seededRandom, tempFolder } from 'testing'
import { describe, expect, test } from 'vitest'
import { convertRecording, exportTargets, openSampleFile, Recorder, RecorderError } from '../src/index.ts'

const SEED = Number(process.env['NODEACQ_SEED'] ?? 1)

/** 3 s of two streams and events, with 40 samples lost in the first. */
async function record(file: string, dtype: 'int16' | 'int32' | 'float32'): Promise<Float64Array> {
  const random = seededRandom(SEED)
  const limit = dtype === 'int32' ? 2 ** 23 : 2 ** 15
  const values = Float64Array.from({ length: 1500 * 3 }, () => Math.floor((random() * 2 - 1) * limit))
  const channelInfo = ['C3', 'C4', 'A very long name of a channel'].map((name) => ({ name, unit: 'µV', gain: 0.195 }))
  await using raw = new OutputStream({ dtype, shape: [-1, 3], sampleRate: 500, channelInfo })
  await using slow = new OutputStream({
    dtype: 'float32',
    shape: [-1, 1],
    sampleRate: 100,
    channelInfo: [{ name: 'C3', unit: 'degC' }]
  })
  await using marks = new OutputStream({
    streamType: 'event',
    dtype: makeEvents([]).dtype,
    shape: [-1],
    eventsOf: 'raw'
  })
  const recorder = new Recorder({ name: 'disk' })
  await recorder.configure({ file, certificate: false })
  for (const [name, output] of Object.entries({ raw, slow, marks })) {
    await output.configure({ protocol: 'inproc' })
    await (recorder.stream('input', name) as InputStream).connect(output)
  }
  await recorder.initialize()
  for (const output of [raw, slow, marks]) output.startRun()
  await recorder.start()
  const array = NdArray.fromTyped(values, [1500, 3]).astype(dtype)
  await raw.send(array.slice(0, 700).copy(), 700)
  await raw.send(array.slice(740, 1500).copy(), 1500)
  await slow.send(
    Float32Array.from({ length: 300 }, (_, k) => 36 + k / 100),
    300
  )
  await marks.send(
    makeEvents([
      { index: 250, label: 'Stimulus/S  7', value: 7 },
      { index: 1000, label: 'µ go', duration: 50 }
    ])
  )
  for (const output of [raw, slow, marks]) await output.endRun()
  expect(await recorder.finished()).toBeUndefined()
  await recorder.close()
  return values
}

const row = (values: Float64Array, k: number) => [...values.subarray(3 * k, 3 * k + 3)]

describe('convertRecording', () => {
  test.each([
    ['edf', 'int16'],
    ['bdf', 'int32']
  ] as const)('%s keeps %s as they are, fills what is missing, and marks it', async (to, dtype) => {
    await using folder = await tempFolder()
    const source = join(folder.path, 'session.mcap')
    const values = await record(source, dtype)
    const target = join(folder.path, `session.${to}`)
    const report = await convertRecording(source, target, { to })
    expect(report.streams).toMatchObject([
      { stream: 'raw', isExact: true, gaps: { mode: 'fill', count: 1, samples: 40 } },
      { stream: 'slow', isExact: false, gaps: { count: 0 } }
    ])
    expect(report.streams[0]).toMatchObject({
      clipped: { count: 0 },
      renamed: { 'A very long name of a channel': 'A very long name' }
    })
    expect(report.streams[1]).toMatchObject({ clipped: { count: 0 }, renamed: { C3: 'C3-2' } })
    await using file = await openSampleFile(target)
    expect(file.warnings).toEqual([])
    expect(file.format).toBe(`${to.toUpperCase()}+C`)
    const [raw, slow] = file.streams
    const digital = (await raw!.read(0, 1500, 'digital')).toNested() as number[][]
    const isThere = (k: number) => k < 700 || k >= 740
    const rows = digital.keys().toArray()
    expect(digital.filter((_, k) => isThere(k))).toEqual(rows.filter(isThere).map((k) => row(values, k)))
    // As near to 0 as the limits of the header allow.
    expect(
      digital
        .filter((_, k) => !isThere(k))
        .flat()
        .every((value) => Math.abs(value) <= 2)
    ).toBe(true)
    expect(raw!.channelInfo[0]).toMatchObject({ name: 'C3', unit: 'uV' })
    expect(raw!.channelInfo[0]!.gain).toBeCloseTo(0.195, to === 'edf' ? 12 : 7)
    const physical = ((await slow!.read(0, 300, 'physical')).toNested() as number[][]).flat()
    for (const [k, value] of physical.entries())
      expect(Math.abs(value - Math.fround(36 + k / 100))).toBeLessThanOrEqual(report.streams[1]!.rounding.step)
    const events = await file.events()
    expect(events.map(({ index, duration, label }) => [index, duration, label])).toEqual([
      [250, 0, 'Stimulus/S  7'],
      [700, 40, 'BAD_gap'],
      [700, 0, 'lost 40 samples: device'],
      [1000, 50, 'µ go']
    ])
    expect((await readdir(folder.path)).toSorted()).toContain(`session.${to}.nodeacq.json`)
    const sidecar = JSON.parse(await readFile(join(folder.path, `session.${to}.nodeacq.json`), 'utf8')) as object
    expect(sidecar).toMatchObject({ streams: { raw: { gaps: [{ from: 700, to: 740, cause: 'device' }] } } })
  })

  test('integers that are too wide, and floats, are rounded to steps that the report tells', async () => {
    await using folder = await tempFolder()
    const source = join(folder.path, 'session.mcap')
    const values = await record(source, 'int32')
    const target = join(folder.path, 'session.edf')
    const { streams } = await convertRecording(source, target, { to: 'edf', streams: ['raw'] })
    expect(streams).toMatchObject([{ isExact: false, clipped: { count: 0 }, notFinite: 0 }])
    await using file = await openSampleFile(target)
    const physical = (await file.streams[0]!.read(0, 700, 'physical')).toNested() as number[][]
    const unit = file.streams[0]!.channelInfo[0]!.unit === 'mV' ? 1000 : 1
    for (let k = 0; k < 700; k++) {
      for (const [c, value] of physical[k]!.entries()) {
        expect(Math.abs(value * unit - row(values, k)[c]! * 0.195)).toBeLessThanOrEqual(
          streams[0]!.rounding.step * unit * 0.51
        )
      }
    }
  })

  test('brainvision keeps the gap as a new segment', async () => {
    await using folder = await tempFolder()
    const source = join(folder.path, 'session.mcap')
    const values = await record(source, 'int16')
    const target = join(folder.path, 'session.vhdr')
    const report = await convertRecording(source, target, { to: 'brainvision', gaps: 'native' })
    expect(report.dropped).toEqual([])
    expect(report.files.map((path) => basename(path))).toContain('session_slow.vhdr')
    await using file = await openSampleFile(target)
    const [stream] = file.streams
    expect(stream).toMatchObject({ sampleRate: 500, sampleCount: 1460, gaps: [{ from: 700, to: 740, row: 700 }] })
    const digital = (await stream!.read(0, 1460, 'digital')).toNested() as number[][]
    for (let k = 0; k < 1460; k++) expect(digital[k], `row ${k}`).toEqual(row(values, k < 700 ? k : k + 40))
    expect(stream!.channelInfo[2]).toMatchObject({ name: 'A very long name of a channel', unit: 'µV', gain: 0.195 })
    const labels = (await file.events()).map(({ index, label }) => [index, label])
    expect(labels).toEqual(expect.arrayContaining([[250, 'Stimulus/S  7']]))
  })

  test('nothing is replaced unasked, and nothing is left of what failed', async () => {
    await using folder = await tempFolder()
    const source = join(folder.path, 'session.mcap')
    await record(source, 'float32')
    const target = join(folder.path, 'session.edf')
    await writeFile(target, 'precious')
    await expect(convertRecording(source, target, { to: 'edf' })).rejects.toThrow(/exists already/)
    await expect(convertRecording(source, target, { to: 'edff' })).rejects.toThrow(RecorderError)
    await expect(convertRecording(source, target, { to: 'edf', streams: ['rw'] })).rejects.toThrow(/exists already/)
    expect(await readFile(target, 'utf8')).toBe('precious')
    expect((await convertRecording(source, target, { to: 'edf', force: true })).streams).toHaveLength(2)
    await expect(convertRecording(source, join(folder.path, 'x.edf'), { to: 'edf', streams: ['rw'] })).rejects.toThrow(
      /no stream 'rw'/
    )
    expect(Object.keys(exportTargets)).toEqual(
      expect.arrayContaining(['edf', 'bdf', 'brainvision', 'nwb', 'hdf5', 'zarr', 'xdf', 'wav'])
    )
    expect((await readdir(folder.path)).filter((name) => name.startsWith('x'))).toEqual([])
  })
})
