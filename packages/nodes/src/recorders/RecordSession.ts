import type { Annotation, RecordNote, RecordState } from '@nodeacq/core'
import { monotonicNow, type Chunk, type Gap, type InputStream } from '@nodeacq/stream'
import type { Recording } from './Recording.ts'
import { RecorderError } from '../files/output/RecorderError.ts'

/** A place in a stream: the start of its source, and the index of the next sample. */
export interface StreamPlace {
  readonly run: number
  readonly index: number
}

export interface SessionOptions {
  readonly inputs: Readonly<Record<string, InputStream>>
  /** It begins with the run of the node: what was lost before the first chunk is lost of it. */
  readonly isFromStart: boolean
  /** Told of each change of the state. */
  readonly onChange: () => void
  /** Told once, when it fails before it is ended. */
  readonly onFail: (error: Error) => void
}

/** One input of a recording. */
interface Track {
  /** Of the newest chunk, or of the one before the recording. */
  run: number
  /** Index of the next sample. */
  next: number
  hasChunk: boolean
  /** Where the recording ends; undefined while that is open. */
  end: StreamPlace | undefined
  isDone: boolean
}

/** ms by which the time of a sample may differ from the time that was looked for. */
const CLOCK_REACH = 100
/** ms to wait for samples that the source has sent and that have not come. */
const TAIL_TIME = 2000

/** One recording of a node: where it stands, and how far each of its streams is. */
export class RecordSession {
  readonly recording: Recording
  /** Resolves when all is over, whatever came of it. */
  readonly ended: Promise<void>
  readonly isFromStart: boolean
  readonly #options: SessionOptions
  readonly #tracks: ReadonlyMap<string, Track>
  readonly #finished = new AbortController()
  readonly #resolveEnded: () => void
  #duties: Promise<void> = Promise.resolve()
  #state: RecordState = 'prepared'
  #error: Error | undefined
  #failure: Error | undefined
  #beganAt = 0
  #endedAt = 0
  #busy = 0
  #isFinishing = false
  #lost = 0
  #timer: NodeJS.Timeout | undefined

  constructor(recording: Recording, options: SessionOptions) {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.recording = recording
    this.ended = promise
    this.isFromStart = options.isFromStart
    this.#resolveEnded = resolve
    this.#options = options
    this.#tracks = new Map(
      Object.keys(options.inputs).map((name) => [
        name,
        { run: -1, next: 0, hasChunk: false, end: undefined, isDone: false }
      ])
    )
  }

  get state(): RecordState {
    return this.#state
  }

  get error(): Error | undefined {
    return this.#error
  }

  get lostSamples(): number {
    return this.#lost
  }

  /** s that were recorded. */
  get seconds(): number {
    if (this.#beganAt === 0) return 0
    return ((this.#endedAt || performance.now()) - this.#beganAt) / 1000
  }

  get isOver(): boolean {
    return this.#state === 'closed' || this.#state === 'verified' || this.#state === 'failed'
  }

  /** @param places where each input is now, as far as anything came of it */
  begin(places: ReadonlyMap<string, StreamPlace>): void {
    for (const [name, { run, index }] of places) Object.assign(this.#tracks.get(name)!, { run, next: index })
    this.#beganAt = performance.now()
    this.#enter('recording')
    this.#duties = this.recording.keep(this.#finished.signal).catch((error: unknown) => this.#fail(error))
  }

  /** Whether the next chunk of an input belongs to this recording. */
  wants(name: string): boolean {
    return (this.#state === 'recording' || this.#state === 'closing') && !this.#tracks.get(name)!.isDone
  }

  /** Takes a chunk; resolves when there is room for the next. */
  async take(name: string, chunk: Chunk): Promise<void> {
    const track = this.#tracks.get(name)!
    // What was lost before the recording began is no loss of it.
    const isBefore = !track.hasChunk && !this.isFromStart
    track.hasChunk = true
    if (!isBefore) this.#count(chunk.gaps)
    const isTaken = await this.#write(() =>
      this.recording.take(name, isBefore && chunk.gaps.length > 0 ? { ...chunk, gaps: [] } : chunk)
    )
    if (!isTaken) return
    track.run = chunk.run
    track.next = chunk.index
    if (track.end !== undefined && isReached(track)) track.isDone = true
    this.#settle()
  }

  /** The recording is not ended while something is written into it. False when it could not be. */
  async #write(work: () => Promise<void>): Promise<boolean> {
    this.#busy += 1
    try {
      await work()
      return true
    } catch (error) {
      this.#fail(error)
      return false
    } finally {
      this.#busy -= 1
      this.#settle()
    }
  }

  /** A run of an input has ended: tells what is missing at its end. */
  runEnded(name: string): void {
    const track = this.#tracks.get(name)!
    if (this.#state !== 'recording' && this.#state !== 'closing') return
    if (!track.hasChunk && !this.isFromStart) return
    const { gaps } = this.#options.inputs[name]!.status()
    const behind = gaps.filter(({ to, cause }) => to > track.next && cause !== 'skipped')
    if (behind.length === 0) return
    this.#count(behind)
    track.next = Math.max(track.next, ...behind.map(({ to }) => to))
    void this.#write(() => this.recording.addTrailingGaps(name, behind))
  }

  /**
   * Ends the recording where each source is now; samples on their way are waited for. A source that cannot say where it is
   * ends here.
   * @param heads by input
   */
  end(heads: ReadonlyMap<string, StreamPlace | undefined>): void {
    if (this.#state !== 'recording') return
    this.#endedAt = performance.now()
    for (const [name, track] of this.#tracks) {
      track.end = heads.get(name)
      track.isDone ||= track.end === undefined || isReached(track)
    }
    this.#enter('closing')
    this.#timer = setTimeout(() => this.giveUpTails(), TAIL_TIME)
    this.#settle()
  }

  /** What has not come will not. */
  giveUpTails(): void {
    if (this.#state !== 'closing') return
    for (const name of this.#tracks.keys()) this.runEnded(name)
    for (const track of this.#tracks.values()) track.isDone = true
    this.#settle()
  }

  async annotate({ text, time }: Annotation): Promise<void> {
    const at = monotonicNow() - (Date.now() - time)
    const indexes: Record<string, number> = {}
    for (const [name, track] of this.#tracks) {
      if (track.hasChunk) indexes[name] = this.#sampleAt(name, at, track)
    }
    if (await this.#write(() => this.recording.annotate({ text, time, indexes }))) return
    throw this.#failure ?? new RecorderError(this.recording.paths[0] ?? '', 'it failed')
  }

  /** Takes what the graph says, until the recording is ended. */
  note(notes: readonly RecordNote[]): void {
    if (this.#isFinishing || (this.#state !== 'recording' && this.#state !== 'closing')) return
    this.recording.note?.(notes)
  }

  /** The sample that there was at a time, ms of the monotonic clock; the newest while the stream's clock does not know. */
  #sampleAt(name: string, at: number, { run, next }: Track): number {
    const { clock } = this.#options.inputs[name]!
    const index = Math.round(clock.indexAt(at, run)?.index ?? -1)
    // Where a stretch is not measured, the place is the end of what was.
    const time = index < 0 ? undefined : clock.timeOf(index, run)?.time
    return time !== undefined && Math.abs(time - at) <= CLOCK_REACH ? index : next
  }

  #count(gaps: readonly Gap[]): void {
    for (const { from, to, declared, cause } of gaps) if (!declared && cause !== 'skipped') this.#lost += to - from
  }

  #fail(thrown: unknown): void {
    if (this.#failure !== undefined || this.isOver) return
    const error = thrown instanceof Error ? thrown : new RecorderError(this.recording.paths[0] ?? '', String(thrown))
    this.#failure = error
    const wasOpen = this.#state === 'recording'
    if (this.#endedAt === 0) this.#endedAt = performance.now()
    for (const track of this.#tracks.values()) track.isDone = true
    this.#enter('closing')
    if (wasOpen) this.#options.onFail(error)
    this.#settle()
  }

  #settle(): void {
    if (this.#state !== 'closing' || this.#busy > 0 || this.#isFinishing) return
    for (const track of this.#tracks.values()) if (!track.isDone) return
    this.#isFinishing = true
    clearTimeout(this.#timer)
    void this.#finish()
  }

  async #finish(): Promise<void> {
    this.#finished.abort()
    await this.#duties
    try {
      const state = await this.recording.finish(this.#failure)
      this.#enter(state)
    } catch (error) {
      this.#error = error as Error
      this.#enter('failed')
    }
    this.#resolveEnded()
  }

  #enter(state: RecordState): void {
    if (this.#state === state) return
    this.#state = state
    this.#options.onChange()
  }
}

function isReached({ end, run, next }: Track): boolean {
  return end === undefined || end.index === 0 || run > end.run || (run === end.run && next >= end.index)
}
