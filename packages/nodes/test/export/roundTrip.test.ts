import { join } from 'node:path'
import fc from 'fast-check'
import { tempFolder } from 'testing'
import { describe, expect, test } from 'vitest'
import type { ExportTarget } from '../../src/convert/Exporter.ts'
import { exportTargets } from '../../src/convert/exportTargets.ts'
import { segmentsOf } from '../../src/files/timeline.ts'
import { openSampleFile, type SampleFile } from '../../src/index.ts'
import { headOf, placesOf, randomRecordings, samplesOf, writeAll, type RandomRecording } from './randomRecording.ts'

/** What a format is given comes back: samples to the bit, indexes, gaps, channels. */
async function expectSame(file: SampleFile, { streams }: RandomRecording): Promise<void> {
  for (const each of streams) {
    const { stream } = each
    const places = placesOf(each)
    const found = file.streams.find(({ name }) => name === stream.name)
    expect(found).toBeDefined()
    expect(found).toMatchObject({
      dtype: stream.dtype,
      sampleShape: stream.sampleShape,
      sampleRate: stream.sampleRate,
      channelInfo: stream.channelInfo,
      offset: stream.offset,
      sampleCount: places.reduce((sum, { rows }) => sum + rows, 0)
    })
    expect(found!.gaps.map(({ from, to, cause }) => ({ from, to, cause }))).toEqual(
      places.flatMap(({ index, missing }, k) =>
        missing === 0 ? [] : [{ from: index - missing, to: index, cause: `overrun ${k}` }]
      )
    )
    const indexes = segmentsOf(found!).flatMap(({ index, count }) => [index, index + count])
    const ends = places.flatMap(({ index, rows }) => [index, index + rows])
    // Stretches without a gap between them may be one or several.
    expect(indexes).toEqual(ends.filter((at) => ends.filter((other) => other === at).length === 1))
    let row = 0
    for (const { index, rows } of places) {
      const block = await found!.read(row, row + rows, 'digital')
      expect(block.equals(samplesOf(each, index, rows))).toBe(true)
      row += rows
    }
  }
}

/** Formats that hold no stream without samples, and of events no more than time and label. */
const REDUCED = new Set(['nwb'])

const cases: { to: string; extension: string; options: readonly Record<string, unknown>[]; runs: number }[] = [
  { to: 'hdf5', extension: '.h5', options: [{ compression: 0 }, { compression: 3 }], runs: 15 },
  { to: 'zarr', extension: '.zarr', options: [{ compression: 0 }, { compression: 3 }], runs: 4 },
  { to: 'nwb', extension: '.nwb', options: [{}, { compression: 0 }, { timestamps: true }], runs: 8 }
]

describe.each(cases)('$to', ({ to, extension, options, runs }) => {
  const target: ExportTarget = exportTargets[to]!

  test('what is written is read back, to the bit', async () => {
    await using folder = await tempFolder()
    let count = 0
    const recordings = fc.tuple(randomRecordings(), fc.constantFrom(...options))
    const property = fc.asyncProperty(recordings, async ([recording, option]) => {
      const path = join(folder.path, `${count++}${extension}`)
      const exporter = await target.open(path, headOf(recording, target.optionsSchema!.parse(option)))
      const result = await writeAll(exporter, recording)
      expect(result.streams.every(({ isExact }) => isExact)).toBe(true)
      await using file = await openSampleFile(path)
      expect(file.warnings).toEqual([])
      expect(file).toMatchObject({ startUtc: 1_709_374_830_125_000_000n })
      const isReduced = REDUCED.has(to)
      const streams = recording.streams.filter(({ pieces }) => pieces.length > 0 || !isReduced)
      await expectSame(file, { ...recording, streams })
      const first = file.streams[0]
      if (first === undefined) return
      const own = recording.events.filter(({ stream }) => recording.streams[stream]!.stream.name === first.name)
      const events = await file.events()
      expect(events).toHaveLength(recording.events.length)
      for (const { index, duration, label, value } of own) {
        const known = isReduced ? { index, duration } : { index, duration, label, value }
        expect(events).toContainEqual(expect.objectContaining(known))
      }
    })
    await fc.assert(property, { numRuns: runs })
  }, 60_000)
})
