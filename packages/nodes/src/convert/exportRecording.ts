import { readdir, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { addSeconds } from '../files/localTime.ts'
import type { RecordedEvent, RecordedStream, SampleFile } from '../files/SampleFile.ts'
import { RecorderError } from '../files/output/RecorderError.ts'
import { syncFolder } from '../files/output/replaceFile.ts'
import { streamConversion, type ConversionOptions, type ConversionReport, type StreamConversion } from './Conversion.ts'
import type { ChannelRange, ExportEvent, ExportResult, ExportStream, ExportTarget, GapMode } from './Exporter.ts'
import { besidePath, segmentPath, stemOf } from './exportPaths.ts'
import { pump } from './pump.ts'
import { rangesOf } from './rangesOf.ts'
import { sectionsAtGaps, wholeSection, type Section } from './sections.ts'

interface Job {
  readonly source: SampleFile
  readonly target: ExportTarget
  readonly gaps: GapMode
  readonly options: Readonly<Record<string, unknown>>
  readonly events: readonly RecordedEvent[]
  readonly ranges: ReadonlyMap<RecordedStream, readonly ChannelRange[]>
  readonly progress: (bytes: number) => void
  readonly force: boolean
  readonly files: string[]
}

/**
 * Writes a recording in a format: one file, or one for each stretch without a gap, or for each stream, as the format asks.
 * @throws RecorderError when nothing can be written, or writing fails; nothing of it is left then
 */
export async function exportRecording(
  source: SampleFile,
  path: string,
  { target, ...wanted }: ConversionOptions & { readonly target: ExportTarget }
): Promise<ConversionReport> {
  const gaps = gapModeOf(path, target, wanted.gaps)
  const options = checkOptions(path, target, wanted.set ?? {})
  const { streams, dropped } = selectStreams(source, path, { target, names: wanted.streams })
  const ranged = streams.filter((stream) => target.needsRange?.(describe(stream), options) === true)
  const bytes = [...streams, ...ranged].reduce((sum, stream) => sum + bytesOf(stream), 0)
  let done = 0
  const progress = (count: number): void => wanted.progress?.(Math.min(1, (done += count) / bytes))
  const ranges = new Map<RecordedStream, readonly ChannelRange[]>()
  for (const stream of ranged) ranges.set(stream, await rangesOf(stream, progress))
  const job: Job = {
    source,
    target,
    gaps,
    options,
    events: await source.events(),
    ranges,
    progress,
    force: wanted.force === true,
    files: []
  }
  try {
    if (job.force && target.isShared !== true) await removeSegments(path, target, options)
    const results: ExportResult[] = []
    for (const [k, group] of (target.holdsOneStream === true ? streams.map((each) => [each]) : [streams]).entries()) {
      results.push(...(await exportSections(job, group, k === 0 ? path : besidePath(path, target, group[0]!.name))))
    }
    await syncFolder(dirname(path))
    return {
      source: source.path,
      target: target.name,
      files: job.files,
      streams: mergeStreams(results.flatMap(({ streams: parts }) => parts)).map((each) =>
        gaps === 'split' ? { ...each, gaps: splitGaps(streams.find(({ name }) => name === each.stream)!) } : each
      ),
      events: job.events.length,
      dropped: [...dropped, ...new Set(results.flatMap(({ dropped: lost }) => lost))]
    }
  } catch (error) {
    // Half a file would pass for a whole one.
    for (const file of job.files) await rm(file, { force: true, recursive: true })
    throw RecorderError.from(path, 'write', error)
  }
}

async function exportSections(job: Job, streams: readonly RecordedStream[], path: string): Promise<ExportResult[]> {
  if (job.gaps !== 'split') {
    const whole = wholeSection(streams)
    return whole === undefined ? [] : [await exportSection(job, whole, { path, end: Infinity })]
  }
  const sections = sectionsAtGaps(streams)
  const results: ExportResult[] = []
  for (const [k, section] of sections.entries()) {
    const isAlone = sections.length === 1 || job.target.isShared === true
    const own = isAlone ? path : segmentPath(path, job.target, k + 1)
    results.push(await exportSection(job, section, { path: own, end: sections[k + 1]?.start ?? Infinity, part: k + 1 }))
  }
  return results
}

async function exportSection(
  job: Job,
  section: Section,
  { path, end, part = 1 }: { path: string; end: number; part?: number }
): Promise<ExportResult> {
  const { source, target, options, ranges } = job
  const events = eventsIn(job, section, [part === 1 ? -Infinity : section.start, end])
  const { startUtc, startTime } = source
  if (job.force) await removeTarget(target.filesOf?.(path, options, part) ?? [path], path, target)
  const exporter = await target.open(path, {
    source: source.path,
    streams: section.slices.map((slice) => slice.describe(section.start, ranges.get(slice.stream))),
    startUtc: startUtc === undefined ? undefined : startUtc + BigInt(Math.round(section.start * 1e9)),
    startTime: startTime === undefined ? undefined : addSeconds(startTime, section.start),
    gaps: job.gaps === 'native' ? 'native' : 'fill',
    part,
    options,
    provenance: {},
    details: source.details,
    events
  })
  try {
    await pump(exporter, section, { events, progress: job.progress })
    await exporter.sync()
    return await exporter.close()
  } finally {
    await exporter.abort()
    job.files.push(...exporter.files)
  }
}

/** Events of a span of time, counted in samples of the stream with the highest rate that is written. */
function eventsIn({ source, events }: Job, { slices }: Section, [from, end]: readonly [number, number]): ExportEvent[] {
  const [counted] = source.streams
  if (counted === undefined) return []
  const rate = counted.sampleRate > 0 ? counted.sampleRate : 1
  const place = slices.reduce((best, slice, k) => (slice.rate > slices[best]!.rate ? k : best), 0)
  const own = slices[place]!
  return events.flatMap((event) => {
    const time = counted.offset + (event.index - counted.startIndex) / rate
    if (time < from - 1e-9 || time >= end - 1e-9) return []
    if (own.stream === counted) return [{ ...event, stream: place }]
    const index = own.stream.startIndex + Math.round((time - own.stream.offset) * own.rate)
    return [{ ...event, stream: place, index, duration: Math.round((event.duration / rate) * own.rate) }]
  })
}

function gapModeOf(path: string, target: ExportTarget, wanted: GapMode | undefined): GapMode {
  const mode = wanted ?? target.gaps[0]!
  if (target.gaps.includes(mode)) return mode
  throw new RecorderError(path, `gaps of ${target.name}: expected one of ${target.gaps.join(', ')}, got '${mode}'`)
}

/** @throws RecorderError */
export function checkOptions(
  path: string,
  { name, optionsSchema }: ExportTarget,
  given: Readonly<Record<string, unknown>>
): Readonly<Record<string, unknown>> {
  if (optionsSchema === undefined) {
    const [first] = Object.keys(given)
    if (first !== undefined) throw new RecorderError(path, `${name} has no options, got '${first}'`)
    return {}
  }
  const result = optionsSchema.safeParse(given)
  if (result.success) return result.data
  const problems = result.error.issues.map((issue) => [issue.path.join('.'), issue.message].filter(Boolean).join(': '))
  throw new RecorderError(path, `options of ${name}: ${problems.join('; ')}`)
}

function selectStreams(
  source: SampleFile,
  path: string,
  { target, names }: { target: ExportTarget; names: readonly string[] | undefined }
): { streams: RecordedStream[]; dropped: string[] } {
  const dropped: string[] = []
  const streams = source.streams.filter((stream) => {
    if (names !== undefined && !names.includes(stream.name)) return false
    const reason = stream.sampleCount === 0 ? 'it is empty' : target.whyNot(describe(stream))
    if (reason !== undefined) dropped.push(`stream '${stream.name}': ${reason}`)
    return reason === undefined
  })
  if (streams.length === 0 || (names !== undefined && dropped.length > 0)) {
    throw new RecorderError(path, `not written: ${dropped.join('; ') || `${source.path} has no stream`}`)
  }
  return { streams, dropped }
}

function describe(stream: RecordedStream): ExportStream {
  return stream
}

function bytesOf({ sampleShape, dtype, sampleCount }: RecordedStream): number {
  return sampleShape.reduce((size, length) => size * length, dtype.itemSize) * sampleCount
}

function splitGaps({ gaps }: RecordedStream): StreamConversion['gaps'] {
  return { mode: 'split', count: gaps.length, samples: gaps.reduce((sum, { from, to }) => sum + to - from, 0) }
}

/** What an earlier conversion made. @throws RecorderError when it is something else */
async function removeTarget(files: readonly string[], path: string, target: ExportTarget): Promise<void> {
  for (const file of files) {
    const stats = await stat(file).catch(() => undefined)
    // A folder of any name may be anything.
    const isAny = stats?.isDirectory() === true && file === path && target.extension === ''
    if (isAny && target.isOurs?.(file) !== true) {
      throw new RecorderError(file, `it is a folder that ${target.name} did not make; it is not replaced`)
    }
    await rm(file, { force: true, recursive: true })
  }
}

/** Files of an earlier conversion, which may have been more. */
async function removeSegments(path: string, target: ExportTarget, options: Job['options']): Promise<void> {
  const [folder, stem] = [dirname(path), basename(stemOf(path, target.extension))]
  const names = await readdir(folder).catch(() => [])
  const segment = /^_seg-\d{3,}$/
  for (const name of names) {
    const isOne = name.startsWith(stem) && name.endsWith(target.extension)
    if (isOne && segment.test(stemOf(name.slice(stem.length), target.extension))) {
      const own = join(folder, name)
      await removeTarget(target.filesOf?.(own, options) ?? [own], own, target)
    }
  }
}

/** What became of each stream, over all files that it is in. */
function mergeStreams(parts: readonly StreamConversion[]): StreamConversion[] {
  return Map.groupBy(parts, ({ stream }) => stream)
    .values()
    .map((each) => each.reduce(merge))
    .toArray()
}

function merge(one: StreamConversion, other: StreamConversion): StreamConversion {
  return streamConversion(one.stream, {
    isExact: one.isExact && other.isExact,
    rounding: {
      step: Math.max(one.rounding.step, other.rounding.step),
      maxError: Math.max(one.rounding.maxError, other.rounding.maxError)
    },
    relativeGainError: Math.max(one.relativeGainError, other.relativeGainError),
    clipped: {
      count: one.clipped.count + other.clipped.count,
      firstIndex: one.clipped.firstIndex ?? other.clipped.firstIndex,
      maxExcess: Math.max(one.clipped.maxExcess, other.clipped.maxExcess)
    },
    notFinite: one.notFinite + other.notFinite,
    renamed: { ...one.renamed, ...other.renamed },
    unitsChanged: { ...one.unitsChanged, ...other.unitsChanged },
    gaps: {
      mode: one.gaps.mode,
      count: one.gaps.count + other.gaps.count,
      samples: one.gaps.samples + other.gaps.samples
    },
    dropped: [...new Set([...one.dropped, ...other.dropped])]
  })
}
