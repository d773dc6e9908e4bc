import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { tempFolder } from 'testing'
import { describe, expect, test } from 'vitest'
import { exportRecording } from '../../src/convert/exportRecording.ts'
import { exportTargets } from '../../src/convert/exportTargets.ts'
import { convertRecording, openSampleFile, RecorderError, type SampleFile } from '../../src/index.ts'
import { arbitraryStream } from './arbitraryStream.ts'
import { expectAsReported } from './expectAsReported.ts'
import { memoryRecording, type MemoryStream } from './memoryRecording.ts'

const target = exportTargets['openephys']!
const range = (count: number, value: (k: number) => number) => Array.from({ length: count }, (_, k) => value(k))
const MICROVOLTS = [
  { name: 'CH1', unit: 'uV', gain: 0.195 },
  { name: 'CH2', unit: 'uV', gain: 0.195 }
] as const
const pairs = (from: number, count: number) => range(count, (k) => from + k).flatMap((each) => [each, -each])

/** As the golden folder: samples 1000 to 1049 and 4400 to 4449, each its own number. */
const GOLDEN: MemoryStream = {
  name: 'amp',
  dtype: 'int16',
  sampleRate: 1000,
  channels: MICROVOLTS,
  segments: [
    { index: 1000, values: pairs(1000, 50) },
    { index: 4400, values: pairs(4400, 50) }
  ]
}

async function physical(file: SampleFile, k = 0): Promise<number[][]> {
  const stream = file.streams[k]!
  return (await stream.read(0, stream.sampleCount, 'physical')).toNested() as number[][]
}

describe('Open Ephys binary', () => {
  test('a gap is a new recording, byte for byte as in the golden folder', async () => {
    await using folder = await tempFolder()
    const source = memoryRecording(
      [GOLDEN],
      [{ index: 1010, duration: 10, label: 'go', value: 3 }],
      1_709_374_830_000_000_000n
    )
    const path = join(folder.path, 'session')
    const report = await exportRecording(source, path, { target })
    expect(report.streams).toMatchObject([
      { isExact: true, gaps: { mode: 'native', count: 1, samples: 3350 }, dropped: [] }
    ])
    const golden = new URL('../fixtures/openephys/Record%20Node%20101/', import.meta.url)
    for (const recording of ['recording1', 'recording2']) {
      for (const name of ['continuous.dat', 'sample_numbers.npy', 'timestamps.npy']) {
        const at = `experiment1/${recording}/continuous/nodeacq-100.amp/${name}`
        const [ours, theirs] = [await readFile(join(path, 'Record Node 101', at)), await readFile(new URL(at, golden))]
        expect([at, ours.toString('hex')]).toEqual([at, theirs.toString('hex')])
      }
      const at = `experiment1/${recording}/structure.oebin`
      const [ours, theirs] = [
        await readFile(join(path, 'Record Node 101', at), 'utf8'),
        await readFile(new URL(at, golden), 'utf8')
      ]
      const parsed = JSON.parse(ours) as { events: object[] }
      expect(parsed).toMatchObject({
        ...(JSON.parse(theirs) as object),
        events: [{ type: 'int16' }, { type: 'string' }]
      })
    }
    await using file = await openSampleFile(path)
    expect(file.warnings).toEqual([])
    expect(new Date(file.startTime!).getTime()).toBe(1_709_374_830_000)
    expect(file.streams[0]!.gaps).toMatchObject([{ from: 1050, to: 4400 }])
    expect(await file.events()).toEqual([
      { index: 1010, duration: 10, label: 'go', value: 3 },
      { index: 4400, duration: 0, label: 'lost 3350 samples: overrun', value: 0 }
    ])
  })

  test('all streams come to the next recording at the same time, and each keeps its own numbers', async () => {
    await using folder = await tempFolder()
    const slow: MemoryStream = {
      name: 'a/b: slow',
      dtype: 'int16',
      sampleRate: 100,
      channels: [{ name: 'ADC1', unit: 'V', gain: 0.001 }],
      offset: 0.5,
      segments: [{ index: 0, values: range(500, (k) => k) }]
    }
    const path = join(folder.path, 'session')
    const report = await exportRecording(memoryRecording([GOLDEN, slow]), path, { target })
    expect(report.streams.map(({ isExact }) => isExact)).toEqual([true, true])
    const rows = async (recording: number, name: string) => {
      const at = `Record Node 101/experiment1/recording${recording}/continuous/nodeacq-100.${name}/continuous.dat`
      return (await readFile(join(path, at))).length
    }
    // 3.4 s after sample 1000 is 2.9 s after the first of the other.
    expect([
      await rows(1, 'amp'),
      await rows(2, 'amp'),
      await rows(1, 'a_b_ slow'),
      await rows(2, 'a_b_ slow')
    ]).toEqual([200, 200, 580, 420])
    await using file = await openSampleFile(path)
    expect(file.streams).toMatchObject([
      { name: 'amp', offset: 0, gaps: [{ from: 1050, to: 4400 }] },
      { name: 'a/b: slow', offset: 0.5, gaps: [], sampleCount: 500, channelInfo: [{ unit: 'V', gain: 0.001 }] }
    ])
  })

  test('filled: one recording, zeros, and a mark', async () => {
    await using folder = await tempFolder()
    const path = join(folder.path, 'session')
    const report = await exportRecording(memoryRecording([GOLDEN]), path, { target, gaps: 'fill' })
    expect(report.streams).toMatchObject([{ isExact: true, gaps: { mode: 'fill', count: 1, samples: 3350 } }])
    await using file = await openSampleFile(path)
    expect(file.streams).toMatchObject([{ sampleCount: 3450, gaps: [] }])
    const values = (await file.streams[0]!.read(0, 3450, 'digital')).toNested() as number[][]
    expect(
      values
        .slice(50, 3400)
        .flat()
        .every((value) => value === 0)
    ).toBe(true)
    expect(values[3400]).toEqual([4400, -4400])
    expect(await file.events()).toEqual([
      { index: 1050, duration: 3350, label: 'BAD_gap', value: 0 },
      { index: 1050, duration: 0, label: 'lost 3350 samples: overrun', value: 0 }
    ])
  })

  test('concatenated: one file for sorters, a list of what each row is, and no word of continuous time', async () => {
    await using folder = await tempFolder()
    const path = join(folder.path, 'session')
    const report = await exportRecording(memoryRecording([GOLDEN]), path, { target, set: { concatenate: 'true' } })
    expect(report.streams[0]!.dropped).toEqual([expect.stringMatching(/time is not continuous/)])
    const experiment = join(path, 'Record Node 101/experiment1')
    expect(await readdir(experiment)).toEqual(['recording1'])
    const continuous = join(experiment, 'recording1/continuous/nodeacq-100.amp')
    expect((await readFile(join(continuous, 'continuous.dat'))).length).toBe(400)
    expect(await readFile(join(continuous, 'segments.csv'), 'utf8')).toBe('row,index,count\n0,1000,50\n50,4400,50\n')
    await using file = await openSampleFile(path)
    expect(file.streams[0]!.gaps).toMatchObject([{ from: 1050, to: 4400, row: 50 }])
  })

  test('numbers that do not fit are rounded, clipped at a limit that was given, and counted', async () => {
    await using folder = await tempFolder()
    const values = [0, 1, -2, 1e3, 5e3, NaN, -Infinity, 0.25]
    const stream: MemoryStream = {
      name: 'f',
      dtype: 'float64',
      sampleRate: 10,
      channels: [{ name: 'x', unit: 'mV' }],
      segments: [{ index: 0, values }]
    }
    const report = await exportRecording(memoryRecording([stream]), join(folder.path, 'a'), {
      target,
      set: { range: '1000' }
    })
    expect(report.streams).toMatchObject([
      {
        isExact: false,
        clipped: { count: 1, firstIndex: 4, maxExcess: expect.closeTo(4000, 9) as number },
        notFinite: 2,
        unitsChanged: { x: 'uV' },
        rounding: { step: 1000 / 32_767 }
      }
    ])
    await using file = await openSampleFile(join(folder.path, 'a'))
    const back = (await physical(file)).map(([value]) => value! / 1000)
    for (const [k, value] of [0, 1, -2, 1e3, 1e3, 0, 0, 0.25].entries()) {
      expect(Math.abs(back[k]! - value)).toBeLessThanOrEqual(report.streams[0]!.rounding.maxError * 1.000001)
    }
  })

  test.each([
    [{ range: 'wide' }, /range: .*expected number/i],
    [{ ranges: '5' }, /Unrecognized key: "ranges"/],
    [{ concatenate: 'perhaps' }, /concatenate/]
  ])('options %j are refused', async (set, message) => {
    await using folder = await tempFolder()
    const written = exportRecording(memoryRecording([GOLDEN]), join(folder.path, 'a'), { target, set })
    await expect(written).rejects.toThrow(message)
    expect(await readdir(folder.path)).toEqual([])
  })

  test('a recording is not replaced by what is made of it', async () => {
    await using folder = await tempFolder()
    const path = join(folder.path, 'session')
    await exportRecording(memoryRecording([GOLDEN]), path, { target })
    const recording = join(path, 'Record Node 101/experiment1')
    const again = convertRecording(recording, path, { to: 'openephys', force: true })
    await expect(again).rejects.toThrow(/it would be replaced itself/)
    await using file = await openSampleFile(recording)
    expect(file.streams[0]!.sampleCount).toBe(100)
  })

  test('what is there already is not touched', async () => {
    await using folder = await tempFolder()
    const path = join(folder.path, 'session')
    await exportRecording(memoryRecording([GOLDEN]), path, { target })
    await expect(exportRecording(memoryRecording([GOLDEN]), path, { target })).rejects.toThrow(RecorderError)
    await using file = await openSampleFile(path)
    expect(file.streams[0]!.sampleCount).toBe(100)
  })
})

test('whatever is written is read back as the report says', async () => {
  const modes = fc.constantFrom('native' as const, 'fill' as const)
  await fc.assert(
    fc.asyncProperty(fc.tuple(arbitraryStream('a'), arbitraryStream('b')), modes, async (made, gaps) => {
      await using folder = await tempFolder()
      const source = memoryRecording(made)
      const { streams } = await exportRecording(source, join(folder.path, 's'), { target, gaps })
      await using file = await openSampleFile(join(folder.path, 's'))
      expect(file.warnings).toEqual([])
      for (const stream of source.streams) {
        const back = file.streams.find(({ name }) => name === stream.name)!
        const microvolts = (unit = ''): number => ({ V: 1e6, mV: 1e3 })[unit] ?? 1
        const units = stream.channelInfo.map(({ unit }) => 1 / microvolts(unit))
        await expectAsReported({ stream, back, report: streams.find((each) => each.stream === stream.name)!, units })
      }
    }),
    { numRuns: 10 }
  )
})
