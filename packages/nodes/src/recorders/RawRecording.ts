import { rmdir } from 'node:fs/promises'
import { basename } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '@nodeacq/rpc'
import type { Chunk, Gap, InputStream } from '@nodeacq/stream'
import { addCertificate } from './addCertificate.ts'
import { RawFolder } from './RawFolder.ts'
import type { PlacedAnnotation, Recording } from './Recording.ts'

export interface RawRecordingOptions {
  /** Folder, which holds no recording. */
  readonly path: string
  readonly inputs: Readonly<Record<string, InputStream>>
  /** s from one write to the disk to the next; 0: none of our own. */
  readonly sync: number
  readonly certificate: boolean
  readonly notes: Readonly<Record<string, string>>
  readonly log: Logger
  /** Makes a folder for a recording, and says whether it was not there yet. @throws RecorderError */
  readonly makeFolder: (path: string) => Promise<boolean>
}

/** A raw recording: a folder, and another one for each time that a source starts anew. */
export class RawRecording implements Recording {
  readonly #options: RawRecordingOptions
  readonly #paths: string[] = []
  readonly #annotations: PlacedAnnotation[] = []
  /** The run that each input of this folder has. */
  readonly #runs = new Map<string, number>()
  #folder!: RawFolder
  #doneBytes = 0
  #isMade = false
  #turning: Promise<void> | undefined

  private constructor(options: RawRecordingOptions) {
    this.#options = options
  }

  /** Makes the folder and its files. @throws RecorderError */
  static async open(options: RawRecordingOptions): Promise<RawRecording> {
    const recording = new RawRecording(options)
    await recording.#open()
    return recording
  }

  get paths(): readonly string[] {
    return this.#paths
  }

  get bytes(): number {
    return this.#doneBytes + this.#folder.bytes
  }

  async take(name: string, chunk: Chunk): Promise<void> {
    // Several streams may want the next folder at the same time: they share one, and what comes meanwhile is of that one.
    while (this.#turning || (this.#runs.get(name) ?? chunk.run) !== chunk.run) {
      this.#turning ??= this.#nextFolder().finally(() => (this.#turning = undefined))
      await this.#turning
    }
    if (!this.#runs.has(name)) this.#runs.set(name, chunk.run)
    await this.#folder.append(name, chunk)
  }

  async addTrailingGaps(name: string, gaps: readonly Gap[]): Promise<void> {
    await this.#turning
    this.#folder.noteTrailingGaps(name, gaps)
  }

  async annotate(annotation: PlacedAnnotation): Promise<void> {
    this.#annotations.push(annotation)
    await this.addAnnotations({ annotations: this.#annotations })
  }

  /** Merges notes into the newest folder's. @throws RecorderError */
  async addAnnotations(annotations: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#folder.addAnnotations(annotations)
  }

  async keep(signal: AbortSignal): Promise<void> {
    const { sync } = this.#options
    if (sync === 0) return
    while (!signal.aborted) {
      await sleep(sync * 1000, undefined, { signal }).catch(() => undefined)
      if (!signal.aborted) await this.#folder.sync()
    }
  }

  async finish(failure: Error | undefined): Promise<'closed'> {
    try {
      await this.#folder.finish()
    } catch (error) {
      throw failure ?? error
    }
    if (failure !== undefined) throw failure
    return 'closed'
  }

  async close(): Promise<void> {
    await this.#folder.close()
  }

  async discard(): Promise<void> {
    await this.#folder.remove()
    if (this.#isMade) await rmdir(this.#folder.path).catch(() => undefined)
  }

  async #nextFolder(): Promise<void> {
    const before = this.#folder
    this.#runs.clear()
    await this.#open()
    await before.finish()
    this.#doneBytes += before.bytes
  }

  async #open(): Promise<void> {
    const { path: first, inputs, certificate, notes, log, makeFolder } = this.#options
    const number = this.#paths.length + 1
    const path = number === 1 ? first : `${first}_part-${String(number).padStart(3, '0')}`
    this.#isMade = await makeFolder(path)
    this.#folder = await RawFolder.create(path, inputs)
    this.#paths.push(path)
    if (certificate) await addCertificate(path, inputs, log)
    const previous = number === 1 ? {} : { previous: basename(this.#paths[number - 2]!) }
    const all = { ...notes, ...previous }
    if (Object.keys(all).length > 0) await this.#folder.addAnnotations(all)
  }
}
