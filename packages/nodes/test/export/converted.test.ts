import assert from 'node:assert/strict'
import { join } from 'node:path'
import { tempFolder } from 'testing'
import { describe, expect, test } from 'vitest'
import { exportRecording } from '../../src/convert/exportRecording.ts'
import { sectionsAtGaps, wholeSection, type Section } from '../../src/convert/sections.ts'
import {
  exportTargets,
  openSampleFile,
  type ConversionReport,
  type GapMode,
  type RecordedStream,
  type SampleFile
} from '../../src/index.ts'
import { segmentsOf } from '../../src/files/timeline.ts'
import { randomSource } from './randomSource.ts'

const SEED = Number(process.env['NODEACQ_SEED'] ?? 1)
const CASES = Number(process.env['NODEACQ_CASES'] ?? 5)

const modes: readonly GapMode[] = ['fill', 'native', 'split']

describe.each(['edf', 'bdf', 'brainvision'])(`random recordings as %s (seed ${SEED})`, (to) => {
  test.each(modes)('gaps %s: what is read is what was recorded, within what the report says', async (gaps) => {
    await using folder = await tempFolder()
    for (let k = 0; k < CASES; k++) {
      const seed = SEED * 1000 + k
      const source = randomSource(seed)
      const target = exportTargets[to]!
      const path = join(folder.path, `case${k}${target.extension}`)
      const report = await exportRecording(source, path, { target, gaps }).catch((error: unknown) => {
        throw new Error(`seed ${seed}`, { cause: error })
      })
      expect(report.streams, `seed ${seed}`).toHaveLength(source.streams.length)
      const files: SampleFile[] = []
      for (const file of report.files) if (file.endsWith(target.extension)) files.push(await openSampleFile(file))
      try {
        for (const stream of source.streams) await checkStream({ seed, source, stream, report, files, gaps })
        await checkEvents({ seed, source, files })
        for (const file of files) expect(file.warnings, `seed ${seed}`).toEqual([])
      } finally {
        for (const file of files) await file.close()
      }
    }
  })
})

interface Case {
  readonly seed: number
  readonly source: SampleFile
  readonly stream: RecordedStream
  readonly report: ConversionReport
  readonly files: readonly SampleFile[]
  readonly gaps: GapMode
}

async function checkStream({ seed, source, stream, report, files, gaps }: Case): Promise<void> {
  const conversion = report.streams.find((each) => each.stream === stream.name)!
  const place = `seed ${seed}, ${stream.name}, ${stream.dtype.name}`
  assert.equal(conversion.clipped.count, 0, place)
  assert.equal(conversion.gaps.count, stream.gaps.length, place)
  const values = (await stream.read(0, stream.sampleCount, 'digital')).toNested() as number[][]
  let checked = 0
  let notFinite = 0
  for (const file of files) {
    const { start, slices: held } = heldBy(source, file, gaps)
    assert.ok(Math.abs(secondsBetween(source.startTime!, file.startTime!) - start) < 2e-6, place)
    const slice = held.find((each) => each.stream === stream)
    if (slice === undefined) continue
    const [target, columns] = channelsOf(
      file,
      stream,
      held.map((each) => each.stream)
    )
    const digital = (await target.read(0, target.sampleCount, 'digital')).toNested() as number[][]
    const rowAt = rowsByIndex(target)
    for (const { row, index, count } of slice.segments) {
      for (let k = 0; k < count; k++) {
        const at = rowAt(Math.round((slice.time - start) * target.sampleRate) + index + k - slice.startIndex)
        if (at === undefined) continue
        checked += 1
        for (const [c, channel] of stream.channelInfo.entries()) {
          const stored = values[row + k]![c]!
          const { gain = 1, offset = 0 } = channel
          const { gain: scale = 1, offset: shift = 0, unit } = target.channelInfo[columns[c]!]!
          const got: number = digital[at]![columns[c]!]!
          if (!Number.isFinite(stored)) {
            if (Object.is(got, stored)) continue
            notFinite += 1
            continue
          }
          const value: number = got * scale + shift
          const wanted = stored * gain + offset
          const factor = unitFactor(channel.unit ?? '', unit ?? '')
          const bound =
            (conversion.rounding.maxError + 1e-9 * (1 + Math.abs(wanted))) * factor +
            conversion.relativeGainError * 32_768 * 256 * gain
          if (Math.abs(value * factor - wanted) > bound) {
            assert.fail(`${place}, sample ${index + k}, channel ${c}: got ${value} ${unit}, expected ${wanted}`)
          }
        }
      }
    }
  }
  assert.equal(checked, stream.sampleCount, `${place}: samples found`)
  assert.equal(notFinite, conversion.notFinite, `${place}: no numbers`)
}

/** Where the channels of a stream are in a file. */
function channelsOf(
  file: SampleFile,
  stream: RecordedStream,
  held: readonly RecordedStream[]
): [RecordedStream, number[]] {
  if (file.format === 'BrainVision') return [file.streams[0]!, [...stream.channelInfo.keys()]]
  // Signals of one rate are read as one stream, in the order of the file.
  const rates = [...new Set(held.map(({ sampleRate }) => sampleRate))].toSorted((x, y) => y - x)
  const same = held.filter(({ sampleRate }) => sampleRate === stream.sampleRate)
  const before = same.slice(0, same.indexOf(stream)).reduce((sum, { channelCount }) => sum + channelCount, 0)
  return [file.streams[rates.indexOf(stream.sampleRate)]!, stream.channelInfo.map((_, c) => before + c)]
}

/** What is in a file. */
function heldBy(source: SampleFile, file: SampleFile, gaps: GapMode): Section {
  const number = Number(/_seg-(\d+)/.exec(file.path)?.[1] ?? 1)
  const name = /_(stream\d)/.exec(file.path)?.[1] ?? source.streams[0]!.name
  const streams = source.streams.filter((each) => file.format !== 'BrainVision' || each.name === name)
  return gaps === 'split' ? sectionsAtGaps(streams)[number - 1]! : wholeSection(streams)!
}

function rowsByIndex(stream: RecordedStream): (index: number) => number | undefined {
  const segments = segmentsOf(stream)
  return (index) => {
    const segment = segments.find((each) => index >= each.index && index < each.index + each.count)
    return segment && segment.row + index - segment.index
  }
}

/** How many of the unit of a channel are one of the unit in the file. */
function unitFactor(from: string, to: string): number {
  const power = /^1e(\d+)/.exec(to)?.[1]
  if (power !== undefined) return 10 ** Number(power)
  if (from === '' || from === to) return 1
  const factors: Readonly<Record<string, number>> = { nV: 1e-9, uV: 1e-6, mV: 1e-3, V: 1, kV: 1e3 }
  const [one, other] = [from, to].map((unit) => factors[unit.replace('µ', 'u')] ?? 1)
  return other! / one!
}

async function checkEvents({
  seed,
  source,
  files
}: {
  seed: number
  source: SampleFile
  files: readonly SampleFile[]
}): Promise<void> {
  const labels: string[] = []
  for (const file of files) labels.push(...(await file.events()).map(({ label }) => label))
  for (const { label, value } of await source.events()) {
    const text = label === '' ? String(value) : label
    const isThere = labels.some((each) => each === text || each === `Comment/${text}` || each.endsWith(text))
    assert.ok(isThere, `seed ${seed}: event '${text}'`)
  }
}

function secondsBetween(from: string, to: string): number {
  const micros = (text: string): number => {
    const [whole, fraction = ''] = text.split('.')
    return Date.parse(`${whole}Z`) * 1000 + Number(fraction.padEnd(6, '0'))
  }
  return (micros(to) - micros(from)) / 1e6
}
