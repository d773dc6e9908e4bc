import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { NdArray } from '@nodeacq/ndarray'
import fc from 'fast-check'
import { tempFolder } from 'testing'
import { describe, expect, test } from 'vitest'
import { exportRecording } from '../../src/convert/exportRecording.ts'
import { xdfTarget } from '../../src/convert/xdf/XdfExporter.ts'
import { FileWindow } from '../../src/files/mcap/FileWindow.ts'
import { scanXdf, type XdfItem } from '../../src/files/xdf/scanXdf.ts'
import type { RecordedEvent, RecordedGap, SampleFile } from '../../src/files/SampleFile.ts'
import { openSampleFile, RecorderError, repairXdf } from '../../src/index.ts'
import { memorySource } from '../memorySource.ts'
import { memoryRecording, type MemoryStream } from '../memoryRecording.ts'

const TYPES = ['int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'int64', 'float32', 'float64', 'bool'] as const

/** Rows of numbers that differ, over all of a type's bits. */
function numbers(dtype: string, rows: number, channels: number): NdArray {
  const array = NdArray.zeros([rows, channels], dtype)
  const bytes = array.bytes()
  for (let k = 0; k < bytes.length; k++) bytes[k] = dtype === 'bool' ? (k * 7) % 2 : (k * 31 + (k >> 8)) & 0x7f
  return array
}

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).filter((each) => each.trim() === each)

const stream = fc.record({
  dtype: fc.constantFrom(...TYPES),
  rows: fc.integer({ min: 1, max: 700 }),
  channels: fc.integer({ min: 1, max: 5 }),
  sampleRate: fc.constantFrom(1, 250, 512.5, 1000, 30_000),
  startIndex: fc.constantFrom(0, 7, 1_000_000),
  late: fc.constantFrom(0, 0.25, 3),
  unit: fc.constantFrom('uV', 'V', '', '°C'),
  label: text,
  cuts: fc.array(fc.record({ at: fc.integer({ min: 1, max: 699 }), missing: fc.integer({ min: 1, max: 5000 }) }), {
    maxLength: 4
  })
})

type Wanted = typeof stream extends fc.Arbitrary<infer T> ? T : never

function make(wanted: readonly Wanted[]): MemoryStream[] {
  const names = ['amp', 'Ünï-2', 'c']
  return wanted.map(({ dtype, rows, channels, sampleRate, startIndex, late, unit, label, cuts }, k) => {
    const gaps: RecordedGap[] = []
    let shift = startIndex
    for (const { at, missing } of cuts.filter(({ at: row }) => row < rows).toSorted((a, b) => a.at - b.at)) {
      if (gaps.at(-1)?.row === at) continue
      gaps.push({ from: at + shift, to: at + shift + missing, row: at, cause: k === 0 ? 'overrun' : 'device' })
      shift += missing
    }
    const channelInfo = Array.from({ length: channels }, (_, c) => ({
      name: `${label}${c}`,
      ...(unit !== '' && { unit }),
      ...(c === 0 && { gain: 0.195, offset: -3 })
    }))
    const data = numbers(dtype, rows, channels)
    return { name: names[k]!, data, sampleRate, channelInfo, startIndex, offset: k === 0 ? 0 : late, gaps }
  })
}

async function written(source: SampleFile, options = {}): Promise<AsyncDisposable & { path: string; report: Report }> {
  const folder = await tempFolder()
  const path = join(folder.path, 'out.xdf')
  try {
    const report = await exportRecording(source, path, { target: xdfTarget, ...options })
    return { path, report, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() }
  } catch (error) {
    await folder[Symbol.asyncDispose]()
    throw error
  }
}
type Report = Awaited<ReturnType<typeof exportRecording>>

async function scanFile(path: string): Promise<XdfItem[]> {
  const items: XdfItem[] = []
  for await (const item of scanXdf(new FileWindow(memorySource(await readFile(path))))) items.push(item)
  return items
}

async function expectSame(path: string, wanted: readonly MemoryStream[], names: readonly string[]): Promise<void> {
  await using file = await openSampleFile(path)
  expect(file.warnings).toEqual([])
  expect(file.streams.map(({ name }) => name).toSorted()).toEqual([...names].toSorted())
  const first = Math.min(...wanted.map(({ offset = 0 }) => offset))
  for (const { name, data, sampleRate, channelInfo, startIndex, offset = 0, gaps } of wanted) {
    const found = file.streams.find((each) => each.name === name)!
    expect(found).toMatchObject({ sampleRate, startIndex, gaps, sampleCount: data.length })
    expect(found.channelInfo).toMatchObject(channelInfo!)
    expect(found.dtype.name).toBe(data.dtype.name)
    expect(found.offset).toBeCloseTo(offset - first, 9)
    expect((await found.read(0, data.length, 'digital')).equals(data), `values of ${name}`).toBe(true)
  }
}

describe('XDF export', () => {
  test('any streams come back as they were: numbers, names, gaps with their causes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(stream, { minLength: 1, maxLength: 3 }), async (wanted) => {
        const streams = make(wanted)
        await using result = await written(memoryRecording(streams, { startUtc: 1_709_374_830_125_000_000n }))
        expect(result.report.streams.every(({ isExact }) => isExact)).toBe(true)
        await expectSame(
          result.path,
          streams,
          streams.map(({ name }) => name)
        )
      }),
      { numRuns: 40 }
    )
  })

  test('events keep duration and value, also between streams of several rates', async () => {
    const events: RecordedEvent[] = [
      { index: 100, duration: 0, label: 'Stimulus/S  7', value: 7 },
      { index: 250, duration: 40, label: 'µ "go" <b>\n', value: 3 },
      { index: 600, duration: 0, label: '', value: 9 }
    ]
    const streams = make([
      {
        dtype: 'int16',
        rows: 700,
        channels: 2,
        sampleRate: 1000,
        startIndex: 0,
        late: 0,
        unit: 'uV',
        label: 'a',
        cuts: []
      },
      {
        dtype: 'float32',
        rows: 100,
        channels: 1,
        sampleRate: 250,
        startIndex: 0,
        late: 0,
        unit: 'V',
        label: 'b',
        cuts: []
      }
    ])
    await using result = await written(memoryRecording(streams, { events, startUtc: 1_709_374_830_125_000_000n }))
    await using file = await openSampleFile(result.path)
    expect(await file.events()).toEqual(events)
    expect([file.startUtc, result.report.events]).toEqual([1_709_374_830_125_000_000n, 3])
  })

  test('filled gaps of floats are NaN with an event, integers stay native; the report says which', async () => {
    const cuts = [{ at: 100, missing: 50 }]
    const common = {
      rows: 200,
      channels: 2,
      sampleRate: 250 as const,
      startIndex: 0 as const,
      late: 0 as const,
      unit: 'uV' as const,
      label: 'a',
      cuts
    }
    const streams = make([
      { dtype: 'float32', ...common },
      { dtype: 'int16', ...common }
    ])
    await using result = await written(memoryRecording(streams), { gaps: 'fill' })
    expect(result.report.streams.map(({ gaps }) => gaps)).toEqual([
      { mode: 'fill', count: 1, samples: 50 },
      { mode: 'native', count: 1, samples: 50 }
    ])
    await using file = await openSampleFile(result.path)
    const [amp, second] = ['amp', 'Ünï-2'].map((name) => file.streams.find((each) => each.name === name)!)
    expect([amp!.sampleCount, amp!.gaps, second!.gaps.length]).toEqual([250, [], 1])
    expect((await amp!.read(100, 150, 'digital')).typed()).toEqual(new Float32Array(100).fill(NaN))
    expect(await file.events()).toEqual([{ index: 100, duration: 50, label: 'BAD_gap', value: 0 }])
  })

  test('physical units are float32, and the report tells what rounding costs', async () => {
    const data = numbers('int32', 300, 2)
    const channelInfo = [
      { name: 'a', unit: 'uV', gain: 0.1, offset: 1 },
      { name: 'b', unit: 'uV', gain: 0.2 }
    ]
    const streams = [{ name: 'amp', data, sampleRate: 100, channelInfo }]
    await using result = await written(memoryRecording(streams), { set: { units: 'physical' } })
    const [{ isExact, rounding }] = result.report.streams as [Report['streams'][number]]
    expect([isExact, rounding.maxError > 0]).toEqual([false, true])
    await using file = await openSampleFile(result.path)
    expect(file.streams[0]!.channelInfo.map(({ gain }) => gain)).toEqual([undefined, undefined])
    const values = (await file.streams[0]!.read(0, 300, 'physical')).toNested() as number[][]
    const stored = data.toNested() as number[][]
    for (const [k, [a, b]] of stored.entries()) {
      expect(Math.abs(values[k]![0]! - (a! * 0.1 + 1))).toBeLessThanOrEqual(rounding.maxError)
      expect(Math.abs(values[k]![1]! - b! * 0.2)).toBeLessThanOrEqual(rounding.maxError)
    }
  })

  test('what was measured of a clock is in clock offsets and the footer, and moves nothing', async () => {
    await using folder = await tempFolder()
    const path = join(folder.path, 'clock.xdf')
    const data = numbers('int16', 300, 1)
    const { streams } = memoryRecording([{ name: 'amp', data, sampleRate: 100 }])
    const startUtc = 1_709_374_830_000_000_000n
    const head = { source: 'x', streams, startUtc, startTime: undefined, options: {}, provenance: {} }
    const exporter = await xdfTarget.open(path, { ...head, gaps: 'native' })
    await exporter.samples(0, 0, data)
    await exporter.event({ stream: 0, index: 10, duration: 0, label: 'go', value: 0 })
    await exporter.clockMark!(0, { index: 100, utc: startUtc + 1_000_250_000n })
    await exporter.clockMark!(0, { index: 200, utc: startUtc + 2_000_500_000n })
    await exporter.close()
    const offsets = (await scanFile(path)).flatMap((item) =>
      item.kind === 'clockOffset' ? [[item.stream, item.time, Number(item.offset.toFixed(9))]] : []
    )
    // Of the stream, and of the labels at its times.
    expect(offsets).toEqual([1, 2].flatMap((k) => [1, 3].map((id) => [id, k, k * 0.00025])))
    expect((await readFile(path, 'latin1')).match(/<clock_offsets><offset><time>1</g)).toHaveLength(2)
    await using file = await openSampleFile(path)
    expect(file.streams[0]).toMatchObject({ startIndex: 0, gaps: [], sampleCount: 300 })
    expect((await file.events()).map(({ index }) => index)).toEqual([10])
  })

  test('what XDF has no type for is refused by name', async () => {
    const streams = [{ name: 'amp', data: NdArray.zeros([5, 1], 'uint64'), sampleRate: 100 }]
    await expect(written(memoryRecording(streams))).rejects.toThrow(/stream 'amp': XDF has no type for uint64/)
    await expect(written(memoryRecording(streams))).rejects.toThrow(RecorderError)
  })

  test('a file without its end is repaired into one with footers; a whole one is copied byte for byte', async () => {
    const cuts = [{ at: 100, missing: 50 }]
    const streams = make([
      { dtype: 'int16', rows: 600, channels: 2, sampleRate: 250, startIndex: 7, late: 0, unit: 'uV', label: 'a', cuts }
    ])
    await using result = await written(memoryRecording(streams))
    const whole = await readFile(result.path)
    const copy = await repairXdf(result.path, `${result.path}.copy.xdf`)
    expect([copy.damage, [...copy.samples]]).toEqual([
      [],
      [
        ['amp', 600],
        ['nodeacq-gaps', 1]
      ]
    ])
    expect(whole.equals(await readFile(`${result.path}.copy.xdf`))).toBe(true)
    const cut = `${result.path}.cut.xdf`
    await writeFile(cut, whole.subarray(0, whole.length - 900))
    const repaired = `${result.path}.repaired.xdf`
    const report = await repairXdf(cut, repaired)
    expect(report.damage).toEqual([
      { from: expect.any(Number) as number, to: whole.length - 900, reason: 'the file ends within a chunk' }
    ])
    await using file = await openSampleFile(repaired)
    expect(file.warnings).toEqual([])
    await expect(repairXdf(cut, repaired)).rejects.toThrow(RecorderError)
  })
})
