import {
  RecordError,
  type Annotation,
  type PrepareOptions,
  type RecordControl,
  type RecordNote,
  type RecordStatus
} from '@nodeacq/core'
import type { Chunk, InputStream } from '@nodeacq/stream'
import type { Recording } from './Recording.ts'
import { RecordSession, type StreamPlace } from './RecordSession.ts'

/** What the control needs of its node. */
export interface RecorderHost {
  readonly inputs: Readonly<Record<string, InputStream>>
  isRunning(): boolean
  /** Path of its recordings, as configured. */
  target(): string | null
  /** Makes the file of the next recording. @param done recordings before it @throws when it cannot be */
  open(done: number, options: PrepareOptions): Promise<Recording>
  /** The state is another. */
  changed(): void
  /** A recording has failed before anybody ended it. @param isFromStart it began with the node */
  failed(error: Error, isFromStart: boolean): void
}

/** How far an input is while nothing is recorded. */
interface Passed {
  run: number
  index: number
  toldAt: number
}

/** ms between two words to a source about samples that nobody wants. */
const PASS_INTERVAL = 250

/** The recordings of one node: makes, begins and ends them, and gives chunks to the one that is open. */
export class RecorderControl implements RecordControl {
  readonly #host: RecorderHost
  readonly #passed = new Map<string, Passed>()
  #recordings: Recording[] = []
  #session: RecordSession | undefined
  #preparing: Promise<void> | undefined
  #error: Error | undefined

  constructor(host: RecorderHost) {
    this.#host = host
  }

  get status(): RecordStatus {
    const session = this.#session
    const error = session?.error ?? this.#error
    const count = this.#recordings.length
    const powerCut = session?.recording.powerCut
    const state = this.#preparing ? 'preparing' : (session?.state ?? (error ? 'failed' : 'idle'))
    return {
      state,
      file: session?.recording.paths[0] ?? null,
      target: this.#host.target(),
      seconds: session?.seconds ?? 0,
      bytes: session?.recording.bytes ?? 0,
      lostSamples: session?.lostSamples ?? 0,
      ...(powerCut !== undefined && { powerCut }),
      error: error?.message ?? null,
      recordings: count
    }
  }

  /** Of all recordings. */
  get paths(): string[] {
    return this.#recordings.flatMap(({ paths }) => paths)
  }

  /** The newest recording. */
  get recording(): Recording | undefined {
    return this.#session?.recording
  }

  async prepare(options: PrepareOptions = {}): Promise<void> {
    if (!this.#host.isRunning()) throw new RecordError('the node does not run')
    await this.prepareNow(options, { isFromStart: false })
    // The graph was stopped meanwhile.
    if (!this.#host.isRunning()) {
      await this.cancel()
      throw new RecordError('the node was stopped')
    }
  }

  /** As `prepare`, also before the node runs. */
  async prepareNow(options: PrepareOptions, { isFromStart }: { isFromStart: boolean }): Promise<void> {
    this.#requireIdle()
    this.#preparing = this.#open(options, isFromStart)
    this.#host.changed()
    try {
      await this.#preparing
      this.#error = undefined
    } catch (error) {
      this.#session = undefined
      this.#error = error as Error
      throw error
    } finally {
      this.#preparing = undefined
      this.#host.changed()
    }
  }

  async #open(options: PrepareOptions, isFromStart: boolean): Promise<void> {
    const recording = await this.#host.open(this.#recordings.length, options)
    this.#session = new RecordSession(recording, {
      inputs: this.#host.inputs,
      isFromStart,
      onChange: () => this.#host.changed(),
      onFail: (error) => this.#host.failed(error, isFromStart)
    })
  }

  begin(): Promise<void> {
    this.beginNow()
    return Promise.resolve()
  }

  /** Not a moment later: no chunk comes in between. */
  beginNow(): void {
    const session = this.#require('prepared', 'begin')
    this.#recordings.push(session.recording)
    session.begin(this.#passed)
  }

  async cancel(): Promise<void> {
    await this.#preparing?.catch(() => undefined)
    const session = this.#session
    if (session?.state !== 'prepared') return
    this.#session = undefined
    await session.recording.discard()
    this.#host.changed()
  }

  async end(): Promise<void> {
    const session = this.#require('recording', 'end')
    const heads = Object.entries(this.#host.inputs).map(
      async ([name, input]): Promise<[string, StreamPlace | undefined]> => [
        name,
        await input.sourceHead().catch(() => undefined)
      ]
    )
    session.end(new Map(await Promise.all(heads)))
  }

  annotate(annotation: Annotation): Promise<void> {
    return this.#require('recording', 'annotate').annotate(annotation)
  }

  note(notes: readonly RecordNote[]): Promise<void> {
    this.#session?.note(notes)
    return Promise.resolve()
  }

  /** A chunk of an input: into the recording, or past it. */
  async take(name: string, chunk: Chunk): Promise<void> {
    if (this.#session?.wants(name)) await this.#session.take(name, chunk)
    else this.#pass(name, chunk)
  }

  /** What nobody wants, its source need not keep. */
  #pass(name: string, { run, index }: Chunk): void {
    let passed = this.#passed.get(name)
    if (passed === undefined) this.#passed.set(name, (passed = { run, index, toldAt: 0 }))
    passed.run = run
    passed.index = index
    const now = performance.now()
    if (now - passed.toldAt < PASS_INTERVAL) return
    passed.toldAt = now
    this.#host.inputs[name]!.acknowledge(index, run)
  }

  /** A run of an input is over. */
  runEnded(name: string): void {
    this.#session?.runEnded(name)
  }

  /** The run of the node is over: all that came was taken. @returns what is wrong with the recording that it ends */
  async finish(): Promise<Error | undefined> {
    await this.cancel()
    const session = this.#session
    this.#passed.clear()
    if (session === undefined || session.isOver) return undefined
    session.end(new Map())
    session.giveUpTails()
    await session.ended
    return session.error
  }

  /** Forgets all recordings; one that never began is removed. */
  async reset(): Promise<void> {
    await this.cancel()
    await this.#session?.recording.close()
    this.#session = undefined
    this.#recordings = []
    this.#error = undefined
  }

  #requireIdle(): void {
    const { state, file } = this.status
    if (state === 'preparing' || state === 'prepared' || state === 'recording' || state === 'closing') {
      throw new RecordError(`a recording is ${state} already${file === null ? '' : `, ${file}`}`)
    }
  }

  #require(state: 'prepared' | 'recording', what: string): RecordSession {
    const session = this.#session
    if (session?.state === state) return session
    throw new RecordError(`cannot ${what}: the recording is ${this.status.state}, expected ${state}`)
  }
}
