import type { RecordedStream } from '../files/SampleFile.ts'
import { segmentsOf } from '../files/timeline.ts'
import { StreamSlice } from './StreamSlice.ts'

/** What goes into one file. */
export interface Section {
  /** s from the start of the recording */
  readonly start: number
  readonly slices: readonly StreamSlice[]
}

/** s: gaps of several streams that end so close together make one cut. */
const SAME_GAP = 1

/** All rows of all streams as one section, from the first sample of any of them. Streams without samples are left out. */
export function wholeSection(streams: readonly RecordedStream[]): Section | undefined {
  return sectionOf(allOf(streams))
}

/**
 * Cuts a recording where a gap ends, so that no file has a gap, and every sample is in one of them. What other streams recorded
 * during the gap is in the file before the cut.
 */
export function sectionsAtGaps(streams: readonly RecordedStream[]): Section[] {
  const slices = allOf(streams)
  const cuts = [-Infinity, ...cutsOf(slices), Infinity]
  return cuts.slice(0, -1).flatMap((from, k) => {
    const parts = slices.flatMap((slice) => {
      const [first, end] = [rowAt(slice, from), rowAt(slice, cuts[k + 1]!)]
      return first < end ? [new StreamSlice(slice.stream, slice.rate, [first, end])] : []
    })
    return sectionOf(parts) ?? []
  })
}

function allOf(streams: readonly RecordedStream[]): StreamSlice[] {
  const filled = streams.filter(({ sampleCount }) => sampleCount > 0)
  const regular = filled.filter(({ sampleRate }) => sampleRate > 0)
  const duration = Math.max(1, ...regular.map(({ sampleCount, sampleRate }) => sampleCount / sampleRate))
  return filled.map((stream) => {
    const { sampleRate, sampleCount } = stream
    // An irregular stream says nothing of time: it is spread over the recording.
    return new StreamSlice(stream, sampleRate > 0 ? sampleRate : sampleCount / duration, [0, sampleCount])
  })
}

function sectionOf(slices: readonly StreamSlice[]): Section | undefined {
  return slices.length === 0 ? undefined : { start: Math.min(...slices.map(({ time }) => time)), slices }
}

/** s from the start of the recording, ascending */
function cutsOf(slices: readonly StreamSlice[]): number[] {
  const gaps = slices.flatMap((slice) =>
    slice.gaps
      .filter(({ row }) => row < slice.stream.sampleCount)
      .map(({ from, to }) => ({ from: slice.timeOf(from), to: slice.timeOf(to) }))
  )
  const cuts: number[] = []
  for (const { from, to } of gaps.toSorted((a, b) => a.to - b.to)) {
    const last = cuts.at(-1)
    if (last === undefined || from > last || to - last > SAME_GAP) cuts.push(to)
  }
  return cuts
}

/** The first row that is not before a time. */
function rowAt(slice: StreamSlice, time: number): number {
  const { stream } = slice
  if (time === -Infinity) return 0
  if (time === Infinity) return stream.sampleCount
  const index = slice.indexAt(time)
  const segment = segmentsOf(stream).find((each) => index < each.index + each.count)
  return segment === undefined ? stream.sampleCount : segment.row + Math.max(0, index - segment.index)
}
