import { NdArray, parseDType, type DTypeLike } from '@nodeacq/ndarray'
import type { RecordedChannel, RecordedEvent, RecordedGap, RecordedStream, SampleFile } from '../../src/index.ts'

export interface MemoryStream {
  readonly name: string
  readonly dtype: DTypeLike
  /** Hz */
  readonly sampleRate: number
  readonly channels: readonly RecordedChannel[]
  /** s */
  readonly offset?: number
  readonly streamType?: string
  /** Stretches without a gap: the index of the first sample, and the numbers, sample by sample. */
  readonly segments: readonly { readonly index: number; readonly values: readonly number[] }[]
  readonly cause?: string
}

export interface MemoryRecording extends SampleFile {
  readonly streams: readonly (RecordedStream & { readonly values: NdArray })[]
}

/** A recording that was never in a file: what random tests write in a format and read back. */
export function memoryRecording(
  streams: readonly MemoryStream[],
  events: readonly RecordedEvent[] = [],
  startUtc?: bigint
): MemoryRecording {
  const made = streams.map((each) => {
    const width = each.channels.length
    const values = each.segments.flatMap((segment) => segment.values)
    const array = NdArray.from(Float64Array.from(values), 'float64').reshape([values.length / width, width])
    const stored = array.astype(each.dtype)
    const gaps: RecordedGap[] = []
    let row = 0
    let next = each.segments[0]?.index ?? 0
    for (const segment of each.segments) {
      if (segment.index > next) gaps.push({ from: next, to: segment.index, row, cause: each.cause ?? 'overrun' })
      row += segment.values.length / width
      next = segment.index + segment.values.length / width
    }
    return {
      name: each.name,
      streamType: each.streamType ?? 'analogsignal',
      dtype: parseDType(each.dtype),
      physicalDType: parseDType('float64'),
      sampleShape: [width],
      channelCount: width,
      sampleRate: each.sampleRate,
      channelInfo: each.channels,
      sampleCount: row,
      startIndex: each.segments[0]?.index ?? 0,
      offset: each.offset ?? 0,
      gaps,
      values: stored,
      read: async (from: number, to: number) => await Promise.resolve(stored.slice(from, to).copy())
    }
  })
  const startTime =
    startUtc === undefined ? undefined : new Date(Number(startUtc / 1_000_000n)).toISOString().slice(0, -1)
  return {
    path: 'memory',
    format: 'memory',
    streams: made,
    startTime,
    startUtc,
    warnings: [],
    details: {},
    events: async () => await Promise.resolve(events),
    close: async () => await Promise.resolve(),
    [Symbol.asyncDispose]: async () => await Promise.resolve()
  }
}
