import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RecordNote } from '@nodeacq/core'
import type { Logger } from '@nodeacq/rpc'
import type { Chunk, Gap, InputStream } from '@nodeacq/stream'
import { verifyLog, verifyTail } from '../../files/mcap/verifyLog.ts'
import type { PlacedAnnotation, Recording } from '../Recording.ts'
import { RecorderError } from '../../files/output/RecorderError.ts'
import { replaceFile } from '../../files/output/replaceFile.ts'
import { certificateText, mediaType, provenance, version } from './origin.ts'
import { RecordingPart } from './RecordingPart.ts'
import { PROFILE_VERSION } from './topics.ts'

export interface LogRecordingOptions {
  /** Ends in `.mcap`; further parts have `_part-002` and so on in their names. */
  readonly path: string
  readonly inputs: Readonly<Record<string, InputStream>>
  /** s from one write to the disk to the next; 0: none of our own. */
  readonly sync: number
  readonly verify: 'full' | 'tail' | 'off'
  /** GiB and hours after which another file is begun. */
  readonly partSize: number
  readonly partDuration: number
  readonly notes: Readonly<Record<string, string>>
  readonly attachments: Readonly<Record<string, string>>
  readonly certificate: boolean
  readonly log: Logger
}

/** Bytes at which a chunk is written, whatever its age. */
const CHUNK_BYTES = 1 << 20
/** ms after which it is written, whatever its size. */
const CHUNK_TIME = 100
/** Bytes that may wait for the disk before the recorder stops taking more; what it does not take stays with its source. */
const QUEUE_BYTES = 64 << 20
/** Bytes at the end of a file that are read again with `verify: 'tail'`. */
const TAIL_BYTES = 2 ** 30
/** ms between two replacements of the file that says how the recording stands. */
const SIDECAR_INTERVAL = 10_000

/** A recording in one or more MCAP files, with the small file beside them that says how it stands. */
export class LogRecording implements Recording {
  readonly #options: LogRecordingOptions
  readonly #uuid = randomUUID()
  readonly #started = new Date().toISOString()
  readonly #parts: string[] = []
  /** Of the parts that are done. */
  readonly #partBytes: number[] = []
  #part!: RecordingPart
  #partStart = 0
  /** Bytes of the parts that are done. */
  #doneBytes = 0
  /** s that the slowest write of those to the disk took. */
  #doneSync = 0
  #turning: Promise<void> | undefined
  /** What may not be on the disk. */
  readonly #doubts: string[] = []
  /** Bytes that were read again when it was done. */
  #readBytes = 0
  #saving = Promise.resolve()

  private constructor(options: LogRecordingOptions) {
    this.#options = options
  }

  /** Makes the first file and puts its beginning on the disk. @throws RecorderError */
  static async open(options: LogRecordingOptions): Promise<LogRecording> {
    const recording = new LogRecording(options)
    await recording.#openPart()
    try {
      await recording.#saveSidecar('recording')
    } catch (error) {
      await recording.discard()
      throw error
    }
    return recording
  }

  get paths(): readonly string[] {
    return this.#parts
  }

  get bytes(): number {
    return this.#doneBytes + this.#part.file.length
  }

  /** Bytes of the newest file, and how many of them survive a power cut. */
  get newest(): { readonly bytes: number; readonly durable: number } {
    const { length, durable } = this.#part.file
    return { bytes: length, durable }
  }

  get powerCut(): number | undefined {
    const { sync } = this.#options
    return sync === 0 ? undefined : sync + this.#worstSync + CHUNK_TIME / 1000
  }

  /** s that the slowest write to the disk took. */
  get #worstSync(): number {
    return Math.max(this.#part.file.syncTime.worst, this.#doneSync)
  }

  async take(name: string, chunk: Chunk): Promise<void> {
    // Several streams may want the next part at the same time: they share one, and what comes meanwhile is of that one.
    while (this.#turning || this.#part.streams.get(name)!.beginsAnew(chunk) || this.#isPartFull()) {
      this.#turning ??= this.#nextPart().finally(() => (this.#turning = undefined))
      await this.#turning
    }
    const part = this.#part
    part.streams.get(name)!.add(chunk)
    if (part.openBytes >= QUEUE_BYTES) await part.flush()
    else if (part.openBytes >= CHUNK_BYTES) void part.flush().catch(() => {})
  }

  async addTrailingGaps(name: string, gaps: readonly Gap[]): Promise<void> {
    await this.#turning
    this.#part.streams.get(name)!.addTrailingGaps(gaps)
  }

  async annotate(annotation: PlacedAnnotation): Promise<void> {
    this.#part.annotate(annotation)
    await this.#part.flush()
  }

  note(notes: readonly RecordNote[]): void {
    for (const note of notes) this.#part.note(note)
  }

  async keep(signal: AbortSignal): Promise<void> {
    const { sync } = this.#options
    const stop = new AbortController()
    const working = AbortSignal.any([signal, stop.signal])
    const duties = [
      repeat(CHUNK_TIME, working, () => this.#part.flush()),
      repeat(SIDECAR_INTERVAL, working, () => this.#saveSidecar('recording')),
      ...(sync === 0 ? [] : [repeat(sync * 1000, working, () => this.#sync())])
    ]
    try {
      await Promise.all(duties)
    } catch (error) {
      stop.abort()
      await Promise.allSettled(duties)
      throw error
    }
  }

  /** A sync that failed is not tried again: the file counts as far as it was synced, and another part is begun. */
  async #sync(): Promise<void> {
    const { file } = this.#part
    try {
      await file.sync()
      await file.requirePresent()
    } catch (error) {
      if (file.syncError === undefined) throw error
      const problem = `${basename(file.path)}: bytes ${file.durable} to ${file.length} may not be on the disk: ${file.syncError.message}`
      this.#options.log.error(`${problem}; another part is begun`)
      this.#doubts.push(problem)
      this.#turning ??= this.#nextPart().finally(() => (this.#turning = undefined))
      await this.#turning
    }
  }

  async finish(failure: Error | undefined): Promise<'closed' | 'verified'> {
    const part = this.#part
    const isFull = failure instanceof RecorderError && failure.freeBytes !== undefined
    try {
      await part.end(failure === undefined ? 'stop' : isFull ? 'disk-full' : 'failure')
    } catch (error) {
      failure ??= error as Error
    }
    await part.close()
    const isRead = failure === undefined && this.#options.verify !== 'off'
    const problems = [...this.#doubts, ...(isRead ? await this.#verify() : [])]
    const isGood = failure === undefined && problems.length === 0
    const isChecked = isRead && this.#readBytes === this.bytes
    const state = isChecked ? 'verified' : 'closed'
    const saving = this.#saveSidecar(isGood ? state : 'damaged', failure ? [...problems, failure.message] : problems)
    // What ended the recording says more than what comes of it.
    if (failure !== undefined) return await saving.catch(() => undefined).then(() => Promise.reject(failure))
    await saving
    if (problems.length > 0) throw new RecorderError(this.#path, `the recording is not whole: ${problems.join('; ')}`)
    return state
  }

  async close(): Promise<void> {
    await this.#part.close()
  }

  async discard(): Promise<void> {
    await this.close()
    await this.#saving
    for (const path of [this.#path, this.#sidecar]) await rm(path, { force: true })
  }

  #isPartFull(): boolean {
    const { partSize, partDuration } = this.#options
    return this.#part.file.length > partSize * 2 ** 30 || performance.now() - this.#partStart > partDuration * 3_600_000
  }

  async #nextPart(): Promise<void> {
    const before = this.#part
    await this.#openPart(before)
    await before.end(before.file.syncError === undefined ? 'next part' : 'sync failed')
    await before.close()
    this.#doneBytes += before.file.length
    this.#partBytes.push(before.file.length)
    this.#doneSync = Math.max(this.#doneSync, before.file.syncTime.worst)
  }

  async #openPart(previous?: RecordingPart): Promise<void> {
    const { notes, attachments, certificate, inputs, log } = this.#options
    const number = this.#parts.length + 1
    const path =
      number === 1 ? this.#path : this.#path.replace(/\.mcap$/, `_part-${String(number).padStart(3, '0')}.mcap`)
    const texts = { ...attachments, ...(certificate && (await certificateText())) }
    this.#part = await RecordingPart.create(path, {
      inputs,
      uuid: this.#uuid,
      part: number,
      previous,
      notes,
      library: `nodeacq ${version()}`,
      attachments: Object.entries(texts).map(([name, text]) => ({
        name,
        mediaType: mediaType(name),
        data: Buffer.from(text)
      }))
    })
    this.#parts.push(path)
    this.#partStart = performance.now()
    const bound = this.powerCut === undefined ? 'what the system has not written yet' : `${this.powerCut.toFixed(2)} s`
    log.info(`${path}: nothing that was acknowledged is lost at a kill; at most ${bound} at a power cut`)
  }

  async #verify(): Promise<string[]> {
    const read = (path: string) => (this.#options.verify === 'tail' ? verifyTail(path, TAIL_BYTES) : verifyLog(path))
    const reports = await Promise.all(this.#parts.map(read))
    for (const { path, bytes, readFrom } of reports) {
      this.#readBytes += bytes - readFrom
      if (readFrom > 0)
        this.#options.log.info(`${path}: only its last ${bytes - readFrom} of ${bytes} bytes were read again`)
    }
    return reports.flatMap(({ path, problems }) => problems.map((problem) => `${basename(path)}: ${problem}`))
  }

  /** Says beside the file how the recording stands. One at a time. */
  async #saveSidecar(
    state: 'recording' | 'closed' | 'verified' | 'damaged',
    problems: readonly string[] = []
  ): Promise<void> {
    const part = this.#part
    const { sync } = this.#options
    const content = {
      version: 1,
      state,
      recording: this.#uuid,
      profileVersion: PROFILE_VERSION,
      files: this.#parts.map((path, k) => ({ name: basename(path), bytes: this.#partBytes[k] ?? part.file.length })),
      started: this.#started,
      ...(state !== 'recording' && { ended: new Date().toISOString() }),
      streams: part.describe(),
      clocks: part.clocks(),
      provenance: provenance(this.#options),
      sync: { seconds: sync, worstMs: this.#worstSync * 1000, boundSeconds: this.powerCut ?? null },
      ...(state !== 'recording' && { verdict: this.#verdict(problems) })
    }
    this.#saving = this.#saving.then(() => replaceFile(this.#sidecar, `${JSON.stringify(content, undefined, 2)}\n`))
    await this.#saving.catch((cause: unknown) => {
      this.#saving = Promise.resolve()
      throw RecorderError.from(this.#sidecar, 'write', cause)
    })
  }

  /** `checked`: all of it was read again; `readBytes`: how much was. */
  #verdict(problems: readonly string[]): object {
    const checked = this.#readBytes === this.bytes
    return { ok: problems.length === 0, checked, readBytes: this.#readBytes, bytes: this.bytes, problems }
  }

  get #path(): string {
    return this.#options.path
  }

  get #sidecar(): string {
    return join(dirname(this.#path), `${basename(this.#path, '.mcap')}.nodeacq.json`)
  }
}

async function repeat(interval: number, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await sleep(interval, undefined, { signal }).catch(() => undefined)
    if (!signal.aborted) await work()
  }
}
