import { readdir, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '@nodeacq/rpc'
import type { Chunk, Gap, InputStream } from '@nodeacq/stream'
import type { ConversionReport } from '../../convert/Conversion.ts'
import type { ExportStream, ExportTarget } from '../../convert/Exporter.ts'
import { partPath, sidecarPath, stemOf } from '../../convert/exportPaths.ts'
import { isEventStream } from '../log/topics.ts'
import type { PlacedAnnotation, Recording } from '../Recording.ts'
import { RecorderError } from '../../files/output/RecorderError.ts'
import { replaceFile } from '../../files/output/replaceFile.ts'
import { ExportPart } from './ExportPart.ts'
import { describeInput } from './Track.ts'

export interface ExportRecordingOptions {
  readonly target: ExportTarget
  readonly path: string
  /** Of the recorder. */
  readonly name: string
  readonly inputs: Readonly<Record<string, InputStream>>
  readonly gaps: 'fill' | 'native'
  /** s from one write to the disk to the next; 0: none of our own. */
  readonly sync: number
  readonly patience: number
  readonly options: Readonly<Record<string, unknown>>
  readonly notes: Readonly<Record<string, string>>
  readonly log: Logger
}

/** ms to wait for the first samples of all streams, which say when the file begins. */
const START_WAIT = 2000
/** Bytes that are held meanwhile, at most. */
const START_BYTES = 64 << 20

/**
 * A recording in the files of another format. They begin when the first samples are there; a source that starts anew begins
 * another file, `<name>_part-002`. Beside them, `<name>.<format>.nodeacq.json` says what the format cannot.
 */
export class ExportRecording implements Recording {
  readonly #options: ExportRecordingOptions
  readonly #started = new Date().toISOString()
  #part: ExportPart | undefined
  /** Chunks that came before the part was begun, and since when they wait. */
  #gathered: { readonly name: string; readonly chunk: Chunk }[] = []
  #gatheredBytes = 0
  #gatheringSince = 0
  readonly #done: { readonly files: readonly string[]; readonly report: ConversionReport }[] = []
  #partCount = 0
  #streams: readonly ExportStream[] = []
  bytes = 0
  /** Exporters take one call after the other. */
  #work: Promise<unknown> = Promise.resolve()

  private constructor(options: ExportRecordingOptions) {
    this.#options = options
  }

  /** @throws RecorderError when a file is in the way, or a stream cannot be held */
  static async open(options: ExportRecordingOptions): Promise<ExportRecording> {
    const { path, target, inputs } = options
    await requireFree(options)
    const signals = Object.entries(inputs).filter(([, { info }]) => !isEventStream(info))
    for (const [name, { info }] of signals) {
      const reason = target.whyNot({ ...describeInput(name, info), startIndex: 0, offset: 0 })
      if (reason !== undefined) throw new RecorderError(path, `stream '${name}' cannot be written: ${reason}`)
    }
    if (signals.length === 0) throw new RecorderError(path, 'expected a stream of samples, got events only')
    const recording = new ExportRecording(options)
    await recording.#saveSidecar('recording')
    return recording
  }

  get paths(): readonly string[] {
    const files = [...this.#done.flatMap(({ files: made }) => made), ...(this.#part?.files ?? [])]
    return files.length === 0 ? [this.#options.path] : files
  }

  async take(name: string, chunk: Chunk): Promise<void> {
    await this.#serially(() => this.#take(name, chunk))
  }

  async #take(name: string, chunk: Chunk): Promise<void> {
    this.bytes += chunk.data.byteLength
    const waiting = this.#gathered.find((each) => each.name === name)
    if (waiting !== undefined && waiting.chunk.run !== chunk.run) await this.#beginPart()
    if (this.#part?.beginsAnew(name, chunk) === true) await this.#endPart()
    if (this.#part !== undefined) return await this.#part.take(name, chunk)
    if (this.#gathered.length === 0) this.#gatheringSince = performance.now()
    this.#gathered.push({ name, chunk })
    this.#gatheredBytes += chunk.data.byteLength
    const { inputs } = this.#options
    const isThere = (input: string): boolean => this.#gathered.some((each) => each.name === input)
    const hasAll = Object.entries(inputs).every(([input, { info }]) => isEventStream(info) || isThere(input))
    if (hasAll || this.#gatheredBytes > START_BYTES) await this.#beginPart()
  }

  async addTrailingGaps(name: string, gaps: readonly Gap[]): Promise<void> {
    await this.#serially(async () => await this.#part?.skip(name, gaps))
  }

  async annotate({ text, indexes }: PlacedAnnotation): Promise<void> {
    await this.#serially(async () => {
      if (this.#part === undefined) throw new RecorderError(this.#options.path, 'nothing is recorded yet')
      await this.#part.annotate(text, indexes)
    })
  }

  async keep(signal: AbortSignal): Promise<void> {
    const { sync } = this.#options
    while (!signal.aborted) {
      await sleep(sync === 0 ? 1000 : sync * 1000, undefined, { signal }).catch(() => undefined)
      if (!signal.aborted) await this.#serially(() => this.#tick())
    }
  }

  async #tick(): Promise<void> {
    const isWaiting = this.#gathered.length > 0 && performance.now() - this.#gatheringSince > START_WAIT
    if (isWaiting && this.#hasSamples()) await this.#beginPart()
    await this.#part?.fillSilence()
    if (this.#options.sync > 0) await this.#part?.sync()
  }

  async finish(failure: Error | undefined): Promise<'closed'> {
    try {
      if (failure !== undefined) throw failure
      await this.#serially(async () => {
        if (this.#gathered.length > 0 && this.#hasSamples()) await this.#beginPart()
        await this.#endPart()
      })
      await this.#saveSidecar('closed')
      for (const { report } of this.#done) this.#tell(report)
      return 'closed'
    } catch (error) {
      await this.close()
      await this.#saveSidecar('damaged', (error as Error).message).catch(() => undefined)
      throw error
    }
  }

  async close(): Promise<void> {
    await this.#work.catch(() => undefined)
    await this.#part?.abort()
  }

  async discard(): Promise<void> {
    await this.close()
    await rm(sidecarPath(this.#options.path, this.#options.target), { force: true })
  }

  #hasSamples(): boolean {
    const { inputs } = this.#options
    return this.#gathered.some(({ name }) => !isEventStream(inputs[name]!.info))
  }

  async #beginPart(): Promise<void> {
    const gathered = this.#gathered
    this.#gathered = []
    this.#gatheredBytes = 0
    this.#partCount += 1
    const { target, path, name, ...options } = this.#options
    const firsts = new Map<string, Chunk>()
    for (const each of gathered) if (!firsts.has(each.name)) firsts.set(each.name, each.chunk)
    const own = partPath(path, target, this.#partCount)
    this.#part = await ExportPart.open({ ...options, target, path: own, source: name, firsts })
    this.#streams = this.#part.streams
    // Events may lie behind samples that came later.
    for (const each of gathered) await this.#part.take(each.name, each.chunk)
    await this.#part.sync()
    await this.#saveSidecar('recording')
  }

  async #endPart(): Promise<void> {
    const part = this.#part
    if (part === undefined) return
    const { files } = part
    const result = await part.close()
    this.#part = undefined
    const { target, name } = this.#options
    this.#done.push({ files, report: { ...result, source: name, target: target.name, files } })
  }

  #serially<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#work.then(work)
    this.#work = done.catch(() => undefined)
    return done
  }

  #tell({ files, streams, events, dropped }: ConversionReport): void {
    const exact = streams.filter(({ isExact }) => isExact).length
    const clipped = streams.reduce((sum, each) => sum + each.clipped.count, 0)
    const more = [...(clipped > 0 ? [`${clipped} values were clipped`] : []), ...dropped]
    const text = `${files[0]}: ${exact} of ${streams.length} streams exact, ${events} events`
    this.#options.log.info([text, ...more].join('; '))
  }

  async #saveSidecar(state: 'recording' | 'closed' | 'damaged', problem?: string): Promise<void> {
    const { path, target, sync } = this.#options
    const streams = this.#streams.map(({ name, dtype, sampleShape, sampleRate, channelInfo, startIndex, offset }) => [
      name,
      { dtype: dtype.toWire(), sampleShape, sampleRate, channelInfo, first: startIndex, offset }
    ])
    const content = {
      version: 1,
      state,
      started: this.#started,
      ...(state !== 'recording' && { ended: new Date().toISOString() }),
      files: this.paths.map((file) => ({ name: basename(file) })),
      streams: Object.fromEntries(streams) as object,
      sync: { seconds: sync },
      ...(problem !== undefined && { verdict: { ok: false, checked: false, problems: [problem] } }),
      conversion: this.#done.map(({ report }) => report)
    }
    await replaceFile(sidecarPath(path, target), `${JSON.stringify(content, undefined, 2)}\n`).catch(
      (cause: unknown) => {
        throw RecorderError.from(path, 'write the file beside it', cause)
      }
    )
  }
}

/** @throws RecorderError when a file of the recording or of a further part of it is there, or its folder is not */
async function requireFree({ path, target, options }: ExportRecordingOptions): Promise<void> {
  const names = await readdir(dirname(path)).catch(() => undefined)
  if (names === undefined) throw new RecorderError(path, `its folder ${dirname(path)} is not there`)
  for (const file of target.filesOf?.(path, options) ?? [path]) {
    if ((await stat(file).catch(() => undefined)) !== undefined) throw taken(file)
  }
  const part = `${basename(stemOf(path, target.extension))}_part-`
  const found = names.find((name) => name.startsWith(part) && name.endsWith(target.extension))
  if (found !== undefined) throw taken(join(dirname(path), found))
}

function taken(file: string): RecorderError {
  return new RecorderError(file, 'it exists already; a recording never replaces or extends a file')
}
