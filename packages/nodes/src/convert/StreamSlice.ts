import type { RecordedGap, RecordedStream } from '../files/SampleFile.ts'
import { segmentsOf, type Segment } from '../files/timeline.ts'
import type { ChannelRange, ExportStream } from './Exporter.ts'

/** Some rows of a stream that go into one file, with the gaps between them. */
export class StreamSlice {
  readonly stream: RecordedStream
  /** Without gaps, in the order of rows; at least one. */
  readonly segments: readonly Segment[]
  readonly gaps: readonly RecordedGap[]
  readonly startIndex: number
  /** s from the start of the recording to `startIndex` */
  readonly time: number
  /** Hz, of an irregular stream the mean. */
  readonly rate: number

  /** @param rows from row, to row; there is at least one row between them */
  constructor(stream: RecordedStream, rate: number, [from, to]: readonly [number, number]) {
    this.stream = stream
    this.rate = rate
    this.segments = segmentsOf(stream).flatMap(({ row, index, count }) => {
      const [first, end] = [Math.max(row, from), Math.min(row + count, to)]
      return first < end ? [{ row: first, index: index + first - row, count: end - first }] : []
    })
    const isLast = to === stream.sampleCount
    this.gaps = stream.gaps.filter(({ row }) => row > from && (row < to || isLast))
    this.startIndex = this.segments[0]!.index
    this.time = this.timeOf(this.startIndex)
  }

  get rowCount(): number {
    return this.segments.reduce((sum, { count }) => sum + count, 0)
  }

  /** s from the start of the recording to a sample */
  timeOf(index: number): number {
    return this.stream.offset + (index - this.stream.startIndex) / this.rate
  }

  /** The first sample that is not before a time. */
  indexAt(time: number): number {
    // A sample at this very time, but for what division leaves.
    return this.stream.startIndex + Math.ceil((time - this.stream.offset) * this.rate - 1e-6)
  }

  /** What an exporter is told. @param start s from the start of the recording to the start of the file */
  describe(start: number, range: readonly ChannelRange[] | undefined): ExportStream {
    const { name, streamType, dtype, sampleShape, channelCount, sampleRate } = this.stream
    const channelInfo = Array.from(
      { length: channelCount },
      (_, k) => this.stream.channelInfo[k] ?? { name: channelCount === 1 ? name : `ch${k}` }
    )
    return {
      name,
      streamType,
      dtype: dtype.toNative(),
      sampleShape,
      channelCount,
      sampleRate,
      channelInfo,
      startIndex: this.startIndex,
      offset: this.time - start,
      sampleCount: this.rowCount,
      gaps: this.gaps,
      range
    }
  }
}
