import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { NdArray } from '@nodeacq/ndarray'
import { convertRecording, openSampleFile, repairXdf, XdfRecorder } from '@nodeacq/nodes'
import { OutputStream, type InputStream } from '@nodeacq/stream'
import { tempFolder } from 'testing'
import { expect, test } from 'vitest'
import { runPython } from './python.ts'
import { recordTestSession } from './recordTestSession.ts'

interface XdfRead {
  readonly info: Readonly<Record<string, string>>
  readonly labels: readonly string[]
  readonly series: readonly (readonly (number | string)[])[]
  readonly stamps: readonly number[]
  readonly offsets: readonly (readonly number[])[]
  readonly footer: Readonly<Record<string, string>> | null
}

/** What pyxdf makes of a file: `plain` without its corrections of times, `default` with them. */
interface Loaded {
  readonly plain: readonly XdfRead[]
  readonly default: readonly XdfRead[]
  readonly header: Readonly<Record<string, string>>
}

async function read<T>(...paths: readonly string[]): Promise<T[]> {
  return (await runPython('read_exchange.py', paths)).map((line) => JSON.parse(line) as T)
}

const named = (streams: readonly XdfRead[], name: string): XdfRead => streams.find(({ info }) => info['name'] === name)!
/** Index of each of the samples of the session. */
const indexes = Array.from({ length: 950 }, (_, k) => (k < 600 ? k : k + 50))

test('pyxdf reads a recording that was converted to XDF: values, times with and without its corrections, footers', async () => {
  await using folder = await tempFolder()
  const source = await recordTestSession(folder.path)
  const path = join(folder.path, 'session.xdf')
  await convertRecording(source, path, { to: 'xdf' })
  const [loaded] = await read<Loaded>(path)
  for (const streams of [loaded!.plain, loaded!.default]) {
    expect(streams.map(({ info }) => info['name'])).toEqual([
      'raw',
      'slow',
      'nodeacq-gaps',
      'raw-events',
      'nodeacq-events'
    ])
    const raw = named(streams, 'raw')
    expect(raw.info).toMatchObject({ type: 'EEG', nominal_srate: '500', channel_format: 'int16', channel_count: '3' })
    expect(raw.labels).toEqual(['C3', 'C4', 'Pz'])
    expect(raw.series).toEqual(indexes.map((index) => [index, 0 - index, index % 7]))
    // Seconds from the first sample: the gap is where it was, to what a float64 can say.
    const start = raw.stamps[0]!
    const worst = Math.max(...raw.stamps.map((time, k) => Math.abs(time - start - indexes[k]! / 500)))
    expect(worst).toBeLessThan(1e-10)
    expect(raw.footer).toMatchObject({ sample_count: '950' })
    expect(Number(raw.footer!['last_timestamp']) - Number(raw.footer!['first_timestamp'])).toBeCloseTo(999 / 500, 9)
    const slow = named(streams, 'slow')
    expect(slow.series).toEqual(Array.from({ length: 200 }, (_, k) => [Math.fround(36 + k / 100)]))
    const labels = named(streams, 'raw-events')
    expect([labels.info['type'], labels.series]).toEqual(['Markers', [['Stimulus/S  7']]])
    expect(labels.stamps[0]! - start).toBeCloseTo(0.5, 9)
    const [gap] = named(streams, 'nodeacq-gaps').series
    expect(JSON.parse(gap![0] as string)).toEqual({ stream: 'raw', from: 600, to: 650, cause: 'device' })
  }
  expect(loaded!.header['datetime']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000$/)
})

test('pyxdf reads what XdfRecorder wrote while it came, with clock offsets', async () => {
  await using folder = await tempFolder()
  const path = join(folder.path, 'live.xdf')
  await using amp = new OutputStream({
    dtype: 'int16',
    shape: [-1, 2],
    sampleRate: 500,
    channelInfo: [{ name: 'C3' }, { name: 'C4' }]
  })
  await amp.configure({ protocol: 'inproc' })
  await using recorder = new XdfRecorder({ name: 'disk' })
  await recorder.configure({ file: path, sync: 0.1 })
  await (recorder.stream('input', 'amp') as InputStream).connect(amp)
  await recorder.initialize()
  amp.startRun()
  await recorder.start()
  for (let from = 0; from < 500; from += 50) {
    const rows = Array.from({ length: 50 }, (_, k) => [from + k, 0 - from - k])
    if (from !== 200) await amp.send(NdArray.from(rows, 'int16'), from + 50)
    await sleep(100)
  }
  await amp.endRun()
  expect(await recorder.finished()).toBeUndefined()
  const [loaded] = await read<Loaded>(path)
  const indexes = Array.from({ length: 450 }, (_, k) => (k < 200 ? k : k + 50))
  const [plain, corrected] = [named(loaded!.plain, 'amp'), named(loaded!.default, 'amp')]
  expect(plain.series).toEqual(indexes.map((index) => [index, 0 - index]))
  expect(plain.stamps.every((time, k) => Math.abs(time - indexes[k]! / 500) < 1e-9)).toBe(true)
  expect(plain.offsets.length).toBeGreaterThanOrEqual(1)
  // One mark is an offset, more are a line: never far from when the samples were.
  const moved = Math.max(...corrected.stamps.map((time, k) => Math.abs(time - plain.stamps[k]!)))
  expect(moved).toBeLessThan(1)
  expect(moved).toBeCloseTo(Math.abs(plain.offsets[0]![1]!), 6)
})

test('pyxdf reads what was repaired of a cut file', async () => {
  await using folder = await tempFolder()
  const source = await recordTestSession(folder.path)
  const path = join(folder.path, 'session.xdf')
  await convertRecording(source, path, { to: 'xdf' })
  const whole = await readFile(path)
  const cut = join(folder.path, 'cut.xdf')
  const targets: string[] = []
  const samples: ReadonlyMap<string, number>[] = []
  for (let length = 4; length <= whole.length; length += 173) {
    await writeFile(cut, whole.subarray(0, length))
    targets.push(join(folder.path, `repaired-${length}.xdf`))
    samples.push((await repairXdf(cut, targets.at(-1)!)).samples)
  }
  for (const [k, loaded] of (await read<Loaded>(...targets)).entries()) {
    expect(loaded.plain.map(({ info, series }) => [info['name'], series.length])).toEqual([...samples[k]!])
    for (const { series, footer } of loaded.plain) expect(footer!['sample_count']).toBe(String(series.length))
    const rows = loaded.plain.find(({ info }) => info['name'] === 'raw')?.series ?? []
    expect(rows).toEqual(indexes.slice(0, rows.length).map((index) => [index, 0 - index, index % 7]))
  }
})

test('libsndfile and scipy read a recording that was converted to WAV', async () => {
  await using folder = await tempFolder()
  const source = await recordTestSession(folder.path)
  const kinds = [
    ['int16', 'PCM_16'],
    ['int24', 'PCM_24'],
    ['int32', 'PCM_32'],
    ['float32', 'FLOAT'],
    ['float64', 'DOUBLE']
  ] as const
  const paths: string[] = []
  for (const [samples] of kinds) {
    const path = join(folder.path, `${samples}.wav`)
    await convertRecording(source, path, { to: 'wav', streams: ['raw'], set: { samples } })
    paths.push(path)
  }
  const wavs = await read<Record<string, unknown>>(...paths)
  for (const [k, [samples, subtype]] of kinds.entries()) {
    const facts = { rate: 500, channels: 3, frames: 1000, format: 'WAVEX', subtype }
    expect(wavs[k], `stored as ${samples}`).toMatchObject({ ...facts, first: [0, 0, 0], last: [999, -999, 5] })
    // scipy knows no marks.
    expect(wavs[k]!['warnings']).toEqual(['Chunk (non-data) not understood, skipping it.'])
    expect(wavs[k]!['scipy']).toEqual({ rate: 500, shape: [1000, 3], same: true })
  }
  await using own = await openSampleFile(paths[0]!)
  expect((await own.events()).map(({ index, duration, label }) => [index, duration, label])).toEqual([
    [250, 50, 'Stimulus/S  7'],
    [600, 50, 'gap: 50 samples lost (device)']
  ])
})
