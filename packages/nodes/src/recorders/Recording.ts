import type { Annotation, RecordNote } from '@nodeacq/core'
import type { Chunk, Gap } from '@nodeacq/stream'

/** An annotation on its way into a recording. */
export interface PlacedAnnotation extends Annotation {
  /** Index of the sample that there was at its time, by input; an input whose clock is not known has its newest. */
  readonly indexes: Readonly<Record<string, number>>
}

/** What one recording is written into, from the making of its file to its end. */
export interface Recording {
  /** Files or folders made so far; the first one names the recording. */
  readonly paths: readonly string[]
  /** Written so far. */
  readonly bytes: number
  /** s at most that a power cut may cost, as measured so far; undefined where nothing is promised. */
  readonly powerCut?: number | undefined
  /** Takes a chunk, whose memory it may keep; resolves when there is room for the next. One call at a time for each input. */
  take(input: string, chunk: Chunk): Promise<void>
  /** Samples that are missing behind the last chunk of a run. */
  addTrailingGaps(input: string, gaps: readonly Gap[]): Promise<void>
  annotate(annotation: PlacedAnnotation): Promise<void>
  /** Takes what the graph says; not there where the format has no place for it. */
  note?(notes: readonly RecordNote[]): void
  /** Brings what was taken to the disk again and again until `signal` aborts. */
  keep(signal: AbortSignal): Promise<void>
  /**
   * Ends the recording, because of `failure` or because it is done, and says whether it was read again and found right.
   * @throws the failure, or what is wrong with the recording
   */
  finish(failure: Error | undefined): Promise<'closed' | 'verified'>
  /** Closes the files as they are. Safe to call twice. */
  close(): Promise<void>
  /** Removes what was made, as long as nothing was recorded. */
  discard(): Promise<void>
}
