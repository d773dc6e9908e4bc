import type { DType, NdArray } from '@nodeacq/ndarray'
import type { RecordingFacts } from './RecordingFacts.ts'

/** `physical`: in the unit of the channel, `gain × stored + offset`; `digital`: exactly the stored numbers. */
export type Units = 'physical' | 'digital'

/** What a file says about one channel; further keys of the file are kept as they are. */
export interface RecordedChannel {
  readonly name: string
  /** As written in the file, such as `uV`. */
  readonly unit?: string
  /** physical = gain × stored + offset */
  readonly gain?: number
  readonly offset?: number
  readonly transducer?: string
  readonly prefilter?: string
  readonly [key: string]: unknown
}

/** Samples `[from, to)` were never recorded; `row` is the row of the data that holds sample `to`. */
export interface RecordedGap {
  readonly from: number
  readonly to: number
  readonly row: number
  readonly cause: string
}

/** An annotation, marker or trigger. `index` counts samples of the first stream, `duration` too (0: a moment). */
export interface RecordedEvent {
  readonly index: number
  readonly duration: number
  readonly label: string
  /** The number in the label (`S  5` → 5), the trigger code, or 0. */
  readonly value: number
  /** Name of the stream of events that it belongs to, where the file has several. */
  readonly streamName?: string
}

/** Channels of one file that share rate and dtype. Rows count what is stored, indexes count time: they differ by gaps. */
export interface RecordedStream {
  readonly name: string
  readonly streamType: string
  /** Of the stored values. */
  readonly dtype: DType
  /** Of what `read(…, 'physical')` gives: `float64`, or `dtype` where no gain or offset is known. */
  readonly physicalDType: DType
  /** Shape of one sample: `[channels]`, `[]` for a list of events, `[height, width, 3]` for video. */
  readonly sampleShape: readonly number[]
  readonly channelCount: number
  /** Hz */
  readonly sampleRate: number
  readonly channelInfo: readonly RecordedChannel[]
  /** Rows in the file. */
  readonly sampleCount: number
  /** Index of row 0. */
  readonly startIndex: number
  /** s from the start of the recording to row 0; streams of several devices need not begin together. */
  readonly offset: number
  /** In the order of `row`. */
  readonly gaps: readonly RecordedGap[]

  /**
   * Reads rows `[from, to)` as a fresh array `(rows, ...sampleShape)`, C order. Holds no more than the range and one block.
   * @throws RangeError when the range is not within `[0, sampleCount]`
   * @throws RecordingFileError when the file became shorter since it was opened
   */
  read(from: number, to: number, units: Units): Promise<NdArray>
}

/** A recording on disk, open for positional reads. The first stream has the highest rate. */
export interface SampleFile {
  readonly path: string
  /** Name of the format, such as `EDF+C`. */
  readonly format: string
  readonly streams: readonly RecordedStream[]
  /** Start of the recording as the file says it, local time without zone: `2024-03-02T10:20:30.125`. */
  readonly startTime: string | undefined
  /** ns of UTC at the start of the recording, where the file says it; most formats know no zone. */
  readonly startUtc?: bigint | undefined
  /** What was odd and how it was understood, one sentence each. */
  readonly warnings: readonly string[]
  /** Anything else the header holds, such as `patient`. */
  readonly details: Readonly<Record<string, unknown>>
  /** All events by index. The first call may read the whole file (trigger channels); later ones are free. */
  events(): Promise<readonly RecordedEvent[]>
  /** What it knows of its own making; not there where the format does not say. */
  facts?(): Promise<RecordingFacts>
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
