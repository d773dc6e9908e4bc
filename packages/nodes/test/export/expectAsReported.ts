import { expect } from 'vitest'
import type { RecordedStream, StreamConversion } from '../../src/index.ts'
import type { MemoryRecording } from './memoryRecording.ts'

/**
 * What was read back is what was written but for what the report says: every number within its rounding, all others counted as
 * clipped or no number, every sample in its place.
 *
 * @param units what numbers that were read are multiplied by, for each channel, to be in the unit of the source
 */
export async function expectAsReported({
  stream,
  back,
  report,
  units
}: {
  stream: MemoryRecording['streams'][number]
  back: RecordedStream
  report: StreamConversion
  units: readonly number[]
}): Promise<void> {
  const isFilled = report.gaps.mode === 'fill'
  const gaps = stream.gaps.map(({ from, to }) => [from, to])
  expect(back.gaps.map(({ from, to }) => [from, to])).toEqual(isFilled ? [] : gaps)
  expect([report.gaps.count, back.startIndex]).toEqual([gaps.length, stream.startIndex])
  const read = (await back.read(0, back.sampleCount, 'physical')).toNested() as number[][]
  const wanted = (stream.values.astype('float64').toNested() as number[][]).map((row) =>
    row.map((value, k) => value * (stream.channelInfo[k]!.gain ?? 1) + (stream.channelInfo[k]!.offset ?? 0))
  )
  let changed = 0
  for (const [k, values] of wanted.entries()) {
    const filled = stream.gaps.filter(({ row }) => row <= k).reduce((sum, { from, to }) => sum + to - from, 0)
    const row = k + (isFilled ? filled : 0)
    for (const [channel, value] of values.entries()) {
      const got = read[row]![channel]! * units[channel]!
      const isHeld = Number.isFinite(value)
        ? Math.abs(got - value) <= report.rounding.maxError * (1 + 1e-9) + Math.abs(value) * 1e-12
        : got !== 0
      if (!isHeld) changed += 1
    }
  }
  expect(changed).toBe(report.notFinite + report.clipped.count)
}
