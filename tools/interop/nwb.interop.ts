import { join } from 'node:path'
import { convertRecording, openSampleFile } from '@nodeacq/nodes'
import { tempFolder } from 'testing'
import { expect, test } from 'vitest'
import { runPython } from './python.ts'
import { recordTestSession } from './recordTestSession.ts'

const SUBJECT = { subject_id: '001', species: 'Homo sapiens', sex: 'F', age: 'P30Y' }

async function readNwb(path: string): Promise<object> {
  const lines = await runPython('read_nwb.py', [path])
  return JSON.parse(lines.at(-1)!) as object
}

test('pynwb validates and reads a recording that was converted to NWB, and nwbinspector finds nothing wrong', async () => {
  await using folder = await tempFolder()
  const file = await recordTestSession(folder.path)
  const path = join(folder.path, 'session.nwb')
  const report = await convertRecording(file, path, { to: 'nwb', set: { subject: SUBJECT, experimenter: 'Doe, Jane' } })
  expect(report.streams.map(({ stream, isExact }) => [stream, isExact])).toEqual([
    ['raw', true],
    ['slow', true]
  ])
  const start = expect.closeTo(0, 1) as number
  const raw = { type: 'ElectricalSeries', dtype: 'int16', rate: 500, unit: 'volts', times: null }
  const read = await readNwb(path)
  expect(read).toMatchObject({
    errors: [],
    findings: [],
    subject: { id: '001', species: 'Homo sapiens' },
    electrodes: ['C3', 'C4', 'Pz'],
    series: {
      raw: { ...raw, shape: [600, 3], head: [0, 0, 0], tail: [599, -599, 4] },
      raw_1: { ...raw, shape: [350, 3], head: [650, -650, 6], tail: [999, -999, 5] },
      slow: { type: 'TimeSeries', dtype: 'float32', rate: 100, unit: 'degC', shape: [200, 1], head: [36], start }
    }
  })
  const { series, events, intervals } = read as {
    series: Record<string, { start: number; physical: number[] }>
    events: [number, string][]
    intervals: Record<string, Record<string, unknown>[]>
  }
  const begin = series['raw']!.start
  expect(series['raw_1']!.start - begin).toBeCloseTo(650 / 500, 12)
  expect(series['raw_1']!.physical[0]).toBeCloseTo(999 * 0.5e-6, 15)
  expect(events).toEqual([[expect.closeTo(begin + 0.5, 9), 'Stimulus/S  7']])
  expect(intervals).toEqual({
    events: [
      { start_time: expect.closeTo(begin + 0.5, 9), stop_time: expect.closeTo(begin + 0.6, 9), label: 'Stimulus/S  7' }
    ],
    invalid_times: [
      {
        start_time: expect.closeTo(begin + 1.2, 9),
        stop_time: expect.closeTo(begin + 1.3, 9),
        cause: 'device',
        stream: 'raw'
      }
    ]
  })
}, 120_000)

test('with timestamps there is one series per stream', async () => {
  await using folder = await tempFolder()
  const file = await recordTestSession(folder.path)
  const path = join(folder.path, 'session.nwb')
  await convertRecording(file, path, {
    to: 'nwb',
    streams: ['raw'],
    set: { subject: SUBJECT, timestamps: true, compression: 0 }
  })
  const read = await readNwb(path)
  expect(read).toMatchObject({
    errors: [],
    findings: [],
    series: {
      raw: { shape: [950, 3], rate: null, times: [expect.any(Number), expect.any(Number), true], tail: [999, -999, 5] }
    }
  })
  const [first, last] = (read as { series: { raw: { times: number[] } } }).series.raw.times
  expect(last! - first!).toBeCloseTo(999 / 500, 9)
}, 120_000)

test('a file that pynwb wrote is read: rates and time stamps, gaps, electrodes, annotations and trials', async () => {
  await using folder = await tempFolder()
  const path = join(folder.path, 'other.nwb')
  await runPython('write_nwb.py', [path])
  await using file = await openSampleFile(path)
  expect(file).toMatchObject({
    startTime: '2024-03-02T10:20:30.125000',
    startUtc: BigInt(Date.UTC(2024, 2, 2, 9, 20, 30, 125)) * 1_000_000n,
    details: { lab: 'lab', subject: { subject_id: 'm1', species: 'Mus musculus' } }
  })
  expect(file.streams.map(({ name }) => name)).toEqual(['raw', 'lfp', 'position', 'licks'])
  const [raw, lfp, position, licks] = file.streams
  expect(raw).toMatchObject({ sampleRate: 30_000, sampleCount: 1000, offset: 1.5, gaps: [], dtype: { name: 'int16' } })
  expect(raw!.channelInfo).toEqual([
    { name: 'A', unit: 'V', gain: 2e-6, offset: 0.5 },
    { name: 'C', unit: 'V', gain: 4e-6, offset: 0.5 }
  ])
  expect((await raw!.read(998, 1000, 'digital')).toNested()).toEqual([
    [1996, 1997],
    [1998, 1999]
  ])
  expect(lfp).toMatchObject({ sampleRate: 1000, sampleCount: 300, offset: 0, dtype: { name: 'float32' } })
  expect(position).toMatchObject({
    sampleRate: 100,
    sampleCount: 200,
    offset: 3,
    gaps: [{ from: 100, to: 150, row: 100, cause: 'unknown' }]
  })
  expect((await position!.read(99, 101, 'digital')).toNested()).toEqual([99, 100])
  expect(licks).toMatchObject({ sampleRate: 0, sampleCount: 50, gaps: [] })
  expect(file.warnings).toEqual([expect.stringMatching(/'licks' follow no rate/)])
  // Counted in samples of the first stream, which begins at 1.5 s.
  expect(await file.events()).toEqual([
    { index: 15_000, duration: 0, label: 'start', value: 0 },
    { index: 15_000, duration: 22_500, label: 'trials', value: 0 },
    { index: 30_000, duration: 0, label: 'reward 7', value: 7 }
  ])
}, 60_000)
