/**
 * How a recording stands. `prepared`: its file is there and waits for the word to begin; `closing`: it is being ended and
 * read again; `closed`: ended, not read again; `verified`: read again and found right; `failed`: see `error`.
 */
export type RecordState = (typeof RECORD_STATES)[number]

export const RECORD_STATES = [
  'idle',
  'preparing',
  'prepared',
  'recording',
  'closing',
  'closed',
  'verified',
  'failed'
] as const

/** The recording that a node makes, or made last. */
export interface RecordStatus {
  readonly state: RecordState
  /** First file, or folder; null before the first recording. */
  readonly file: string | null
  /** An absolute path on the disk that recordings of this node go to; null while it is not configured. */
  readonly target: string | null
  /** s of it so far. */
  readonly seconds: number
  /** In its files so far. */
  readonly bytes: number
  /** Samples that should have come while it ran, and did not. */
  readonly lostSamples: number
  /** s at most that a power cut may cost of it, as measured on its disk so far; not there where nothing is promised. */
  readonly powerCut?: number
  /** Why it failed, or could not be prepared. */
  readonly error: string | null
  /** Recordings that this node has begun. */
  readonly recordings: number
}

export interface PrepareOptions {
  /** What the recording shall say of itself, beside what the node was configured with. */
  readonly notes?: Readonly<Record<string, string>>
}

/** Something that happened while it was recorded. */
export interface Annotation {
  readonly text: string
  /** ms since 1970, UTC. */
  readonly time: number
}

/** What the graph says while it is recorded. `time`: ms since 1970, UTC. */
export type RecordNote =
  | {
      readonly kind: 'params'
      readonly node: string
      /** Names of those that changed; `old` and `new` have no others. */
      readonly params: readonly string[]
      readonly old: Readonly<Record<string, unknown>>
      readonly new: Readonly<Record<string, unknown>>
      readonly time: number
    }
  | {
      readonly kind: 'log'
      /** `warning` or `error`. */
      readonly level: string
      readonly logger: string
      readonly message: string
      /** Text of the error that caused it. */
      readonly error?: string
      readonly host: string
      readonly process: string
      readonly time: number
    }

/**
 * How recordings of a node are begun and ended while it runs. Everything goes in two steps, so that many nodes begin
 * together or not at all: `prepare` does what can fail, `begin` only says so.
 */
export interface RecordControl {
  readonly status: RecordStatus
  /** Makes the file, checks the disk and the inputs. @throws when there can be no recording; nothing is left then. */
  prepare(options?: PrepareOptions): Promise<void>
  /** What comes from now on is recorded. @throws unless it is prepared. */
  begin(): Promise<void>
  /** Takes a preparation back: the file is removed. Does nothing when there is none. */
  cancel(): Promise<void>
  /**
   * Ends the recording where its sources are now. Resolves when the end is settled; the status says what becomes of it.
   * @throws unless it records.
   */
  end(): Promise<void>
  /** Puts an event into the recording. @throws unless it records. */
  annotate(annotation: Annotation): Promise<void>
  /** Puts what the graph says into the recording; does nothing unless it records. Not there where the format has no place. */
  note?(notes: readonly RecordNote[]): Promise<void>
}

/** Bytes that a slow disk gives in a millisecond. */
const SLOW_DISK = 50_000

/** ms that a recorder may take to end its recording, which may mean to read all of it again. */
export function closingTime(recording: Pick<RecordStatus, 'state' | 'bytes'> | undefined): number {
  const isOpen = recording?.state === 'recording' || recording?.state === 'closing'
  return isOpen ? recording.bytes / SLOW_DISK : 0
}
