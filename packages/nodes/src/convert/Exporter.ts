import type { DType, NdArray } from '@nodeacq/ndarray'
import type { ZodType } from 'zod'
import type { RecordedChannel, RecordedEvent } from '../files/SampleFile.ts'
import type { StreamConversion } from './Conversion.ts'

/** How a format shows that samples are missing: filled and marked, in its own way, or by a file for each stretch without a gap. */
export type GapMode = 'fill' | 'native' | 'split'

/** What is known of a stream before its first sample is written. */
export interface ExportStream {
  readonly name: string
  readonly streamType: string
  /** Of the stored numbers. */
  readonly dtype: DType
  readonly sampleShape: readonly number[]
  readonly channelCount: number
  /** Hz; 0: irregular */
  readonly sampleRate: number
  /** One per channel. */
  readonly channelInfo: readonly RecordedChannel[]
  /** Index of the first sample. */
  readonly startIndex: number
  /** s from the start of the recording to sample `startIndex` */
  readonly offset: number
  /** Least and greatest finite stored number of each channel, where known before: formats with a fixed range need them. */
  readonly range?: readonly ChannelRange[] | undefined
  /** Samples that will come, and what is missing between them, where known before. */
  readonly sampleCount?: number | undefined
  readonly gaps?: readonly ExportGap[] | undefined
}

export interface ChannelRange {
  readonly min: number
  readonly max: number
}

/** `[from, to)` in samples of the stream. */
export interface ExportGap {
  readonly from: number
  readonly to: number
  readonly cause: string
}

export interface ClockMark {
  readonly index: number
  /** ns since 1970 */
  readonly utc: bigint
}

export interface ExportEvent extends RecordedEvent {
  /** Place in `ExportHead.streams` of the stream whose samples `index` and `duration` count. */
  readonly stream: number
}

/** What is known of a file before it is begun. */
export interface ExportHead {
  /** The recording this is made of, or the name of the live recorder. */
  readonly source: string
  /** At least one. */
  readonly streams: readonly ExportStream[]
  /** ns of UTC at the start of the recording, where known. */
  readonly startUtc: bigint | undefined
  /** The same moment in local time without zone, `2024-03-02T10:20:30.125000`; known also where the zone is not. */
  readonly startTime: string | undefined
  readonly gaps: 'fill' | 'native'
  /** Which of several files of one recording this is, from 1. */
  readonly part?: number | undefined
  /** Of the format, checked by `optionsSchema`. */
  readonly options: Readonly<Record<string, unknown>>
  /** Texts to keep where the format has room, such as graph, versions, host. */
  readonly provenance: Readonly<Record<string, string>>
  /** What else the source says of the recording, such as `patient`: `SampleFile.details`. */
  readonly details?: Readonly<Record<string, unknown>> | undefined
  /** All events by index, where known before: formats that reserve room for them need to know. They are told one by one too. */
  readonly events?: readonly ExportEvent[] | undefined
}

/** What became of what was given to an exporter. */
export interface ExportResult {
  readonly streams: readonly StreamConversion[]
  /** Events that are in the file. */
  readonly events: number
  /** What the format cannot hold and is not in the file, one sentence each. */
  readonly dropped: readonly string[]
}

/** A file (or folder) of one format that is being written. Calls come one after the other, each when the last has resolved. */
export interface Exporter {
  /** Files or folders made so far. */
  readonly files: readonly string[]
  /**
   * `block`: `(rows, ...sampleShape)`, contiguous, native byte order, the stored numbers of samples `index` on. It follows what
   * was given of the stream before, but for gaps that were told. Its memory may change once the call has resolved.
   * @throws RecorderError when it cannot be written
   */
  samples(stream: number, index: number, block: NdArray): Promise<void>
  /** Samples `[from, to)` will never come; those before `from` came. `fill`: written as the format's nothing, and marked. */
  gap(stream: number, gap: ExportGap): Promise<void>
  /** May come before or after the samples around it. */
  event(event: ExportEvent): Promise<void>
  /** When a sample was, as measured; only of formats that keep it beside the samples, whose times are nominal. */
  clockMark?(stream: number, mark: ClockMark): Promise<void>
  /** What was given so far is on the disk, and readable should the process die now. */
  sync(): Promise<void>
  /** The samples of a stream before this index are in the file; without it, all that were given are. */
  writtenUntil?(stream: number): number
  /** Ends the file. */
  close(): Promise<ExportResult>
  /** Closes files after a failure, without finishing. Safe to call twice, and after `close`. */
  abort(): Promise<void>
}

/** A format that recordings are written in. */
export interface ExportTarget {
  /** As in `--to edf`. */
  readonly name: string
  /** One sentence for lists. */
  readonly description: string
  /** Of the path that is given to `open`, with the dot; '' for a folder of any name. */
  readonly extension: string
  /** Ways to show gaps; the first is the default. */
  readonly gaps: readonly GapMode[]
  /** Of `ExportHead.options`, an object. */
  readonly optionsSchema?: ZodType<Readonly<Record<string, unknown>>>
  /** A file holds one stream; further ones get files of their own, `<name>_<stream><extension>`. */
  readonly holdsOneStream?: boolean
  /** Every file that `open` makes for a path; default the path alone. */
  filesOf?(path: string, options: Readonly<Record<string, unknown>>, part?: number): readonly string[]
  /** Of what the format cannot hold; default `<name>.<format>.nodeacq.json` beside the path. */
  sidecarOf?(path: string, options: Readonly<Record<string, unknown>>): string
  /** The path is a folder that recordings share: each adds to it, and so does each part of one. */
  readonly isShared?: boolean
  /** Whether a folder of any name was made by `open`, so that it may be replaced where that is asked for; without it, it is not. */
  isOurs?(path: string): boolean
  /** Why a stream cannot be held, or nothing. */
  whyNot(stream: ExportStream): string | undefined
  /** Whether `range` is wanted: costs a pass over the file. */
  needsRange?(stream: ExportStream, options: Readonly<Record<string, unknown>>): boolean
  /**
   * Begins a file, which must not be there.
   * @throws RecorderError when it cannot be made; nothing is left of it then
   */
  open(path: string, head: ExportHead): Promise<Exporter>
}
