import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ConfigError, Node, registerNodeType } from '@nodeacq/core'
import type { Chunk, InputStream, OutputStream } from '@nodeacq/stream'
import { z } from 'zod'
import { verifyLog } from '../files/mcap/verifyLog.ts'
import { certificatePath, readCertificate } from './certificate.ts'
import { RecordingPart } from './log/RecordingPart.ts'
import { PROFILE_VERSION } from './log/topics.ts'
import { RecorderError } from './RecorderError.ts'
import { replaceFile } from './replaceFile.ts'

const config = z.object({
  file: z.string().min(1).describe('file to record into, ending in .mcap; it must not exist, its folder must'),
  sync: z
    .number()
    .min(0)
    .max(60)
    .default(0.5)
    .describe('s from one write to the disk to the next, which a power cut may cost; 0: leave it to the system'),
  verify: z.enum(['full', 'off']).default('full').describe('read the whole file again when it is done, and check it'),
  partSize: z.number().positive().default(64).describe('GiB after which another file is begun'),
  partDuration: z.number().positive().default(24).describe('hours after which another file is begun'),
  notes: z
    .record(z.string(), z.string())
    .default({})
    .describe('what the recording shall say of itself, such as subject or experiment'),
  attachments: z.record(z.string(), z.string()).default({}).describe('texts to keep in the file, by name'),
  certificate: z
    .boolean()
    .default(true)
    .describe("keep this machine's certificate (nodeacq certify) in the file, when there is one")
})

type Config = z.infer<typeof config>

/** Bytes at which a chunk is written, whatever its age. */
const CHUNK_BYTES = 1 << 20
/** ms after which it is written, whatever its size. */
const CHUNK_TIME = 100
/** Bytes that may wait for the disk before the recorder stops taking more; what it does not take stays with its source. */
const QUEUE_BYTES = 64 << 20
/** ms between two replacements of the file that says how the recording stands. */
const SIDECAR_INTERVAL = 10_000

/**
 * Records any number of streams of any kind, with their gaps, clocks and events, into one file that survives a kill at any
 * moment: MCAP with a mark behind each chunk (see `docs/protocol/recording.md`).
 *
 * Inputs have the names that the graph gives them. A chunk is acknowledged to its source when it is in the file, so that a
 * kill costs nothing that was acknowledged; `sync` bounds what a power cut may cost. Beside the file, `<name>.nodeacq.json`
 * tells how the recording stands. When it is done the file is read again and checked.
 */
export class Recorder extends Node<Config> {
  static override readonly description = 'Records streams of any kind into one file that survives a crash.'
  static override readonly takesAnyInput = true
  static override readonly configSchema = config
  #part: RecordingPart | undefined
  #parts: string[] = []
  #uuid = ''
  #started = ''
  #partStart = 0
  #isDone = false
  #turning: Promise<void> | undefined
  #saving = Promise.resolve()

  /** The input of that name, made if it is not there yet. */
  override stream(kind: 'input' | 'output', name: string): InputStream | OutputStream {
    const mayGrow = this.state === 'created' || this.state === 'configured'
    if (kind === 'input' && !(name in this.inputs) && mayGrow) return this.addInput(name)
    return super.stream(kind, name)
  }

  protected override addInput(name: string, spec = {}): InputStream {
    return super.addInput(name, { delivery: 'complete', ...spec })
  }

  protected override async _configure({ file }: Config): Promise<void> {
    await this.#close()
    this.#isDone = false
    if (!file.endsWith('.mcap')) {
      throw new ConfigError(this._subject, [`'file': expected a name that ends in .mcap, got '${file}'`])
    }
    await requireFree(resolve(file))
  }

  protected override _checkInputs(): void {
    if (Object.keys(this.inputs).length === 0) {
      throw new ConfigError(this._subject, ['expected at least one input, got none; connect one'])
    }
  }

  protected override async _initialize(): Promise<void> {
    if (this.#isDone) throw this.#doneError()
    if (this.#part !== undefined) return
    this.#uuid = randomUUID()
    this.#started = new Date().toISOString()
    this.#parts = []
    await this.#openPart()
    await this.#saveSidecar('recording')
  }

  override async start(): Promise<void> {
    if (this.#isDone && this.state === 'initialized') throw this.#doneError()
    await super.start()
  }

  protected override async _run(signal: AbortSignal): Promise<void> {
    this.#isDone = true
    const failures: Error[] = []
    const failed = new AbortController()
    // A failing file stops all of it: half a recording that goes on looks like a whole one.
    const fail = (error: unknown): void => {
      failures.push(error instanceof Error ? error : new RecorderError(this.#path, String(error)))
      failed.abort()
    }
    const stopped = AbortSignal.any([signal, failed.signal])
    const finished = new AbortController()
    const working = AbortSignal.any([failed.signal, finished.signal])
    const { sync } = this.config
    const duties = [
      this.#repeat(CHUNK_TIME, working, () => this.#part!.flush()),
      this.#repeat(SIDECAR_INTERVAL, working, () => this.#saveSidecar('recording')),
      ...(sync === 0 ? [] : [this.#repeat(sync * 1000, working, () => this.#part!.file.sync())])
    ].map((duty) => duty.catch(fail))
    await Promise.all(Object.keys(this.inputs).map((name) => this.#record(name, stopped).catch(fail)))
    finished.abort()
    await Promise.all(duties)
    await this.#finish(failures[0])
  }

  async #record(name: string, signal: AbortSignal): Promise<void> {
    const input = this.inputs[name]!
    try {
      for await (const chunk of input.chunks(signal)) await this.#take(name, chunk)
    } catch (error) {
      if (!signal.aborted) throw error
    }
    this.#part!.streams.get(name)!.addTrailingGaps(input.status().gaps)
  }

  async #take(name: string, chunk: Chunk): Promise<void> {
    while (this.#part!.streams.get(name)!.beginsAnew(chunk) || this.#isPartFull()) {
      // Several streams may want the next part at the same time: they share one.
      this.#turning ??= this.#nextPart().finally(() => (this.#turning = undefined))
      await this.#turning
    }
    const part = this.#part!
    part.streams.get(name)!.add(chunk)
    if (part.openBytes >= QUEUE_BYTES) await part.flush()
    else if (part.openBytes >= CHUNK_BYTES) void part.flush().catch(() => {})
  }

  #isPartFull(): boolean {
    const { partSize, partDuration } = this.config
    return (
      this.#part!.file.length > partSize * 2 ** 30 || performance.now() - this.#partStart > partDuration * 3_600_000
    )
  }

  async #nextPart(): Promise<void> {
    const before = this.#part!
    await this.#openPart(before)
    await before.end('next part')
    await before.close()
  }

  async #openPart(previous?: RecordingPart): Promise<void> {
    const { notes, attachments, certificate } = this.config
    const number = this.#parts.length + 1
    const path =
      number === 1 ? this.#path : this.#path.replace(/\.mcap$/, `_part-${String(number).padStart(3, '0')}.mcap`)
    const texts = { ...attachments, ...(certificate && (await this.#certificate())) }
    this.#part = await RecordingPart.create(path, {
      inputs: this.inputs,
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
    const { worst } = this.#part.file.syncTime
    const { sync } = this.config
    const bound =
      sync === 0 ? 'what the system has not written yet' : `${(sync + worst + CHUNK_TIME / 1000).toFixed(2)} s`
    this.log.info(`${path}: nothing that was acknowledged is lost at a kill; at most ${bound} at a power cut`)
  }

  async #certificate(): Promise<Record<string, string>> {
    const path = certificatePath()
    const found = path === undefined ? undefined : await readCertificate(path).catch(() => undefined)
    return found === undefined ? {} : { 'certificate.json': found.text }
  }

  /** @param failure what ended it; undefined for a stop */
  async #finish(failure: Error | undefined): Promise<void> {
    const part = this.#part!
    const isFull = failure instanceof RecorderError && failure.freeBytes !== undefined
    try {
      await part.end(failure === undefined ? 'stop' : isFull ? 'disk-full' : 'failure')
    } catch (error) {
      failure ??= error as Error
    }
    await part.close()
    const problems = failure === undefined && this.config.verify === 'full' ? await this.#verify() : []
    const state =
      failure !== undefined || problems.length > 0 ? 'damaged' : this.config.verify === 'full' ? 'verified' : 'closed'
    await this.#saveSidecar(state, problems)
    if (failure !== undefined) throw failure
    if (problems.length > 0) throw new RecorderError(this.#path, `the recording is not whole: ${problems.join('; ')}`)
  }

  async #verify(): Promise<string[]> {
    const reports = await Promise.all(this.#parts.map((path) => verifyLog(path)))
    return reports.flatMap(({ path, problems }) => problems.map((problem) => `${basename(path)}: ${problem}`))
  }

  async #repeat(interval: number, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    while (!signal.aborted) {
      await sleep(interval, undefined, { signal }).catch(() => undefined)
      if (!signal.aborted) await work()
    }
  }

  /** Says beside the file how the recording stands. One at a time. */
  async #saveSidecar(
    state: 'recording' | 'closed' | 'verified' | 'damaged',
    problems: readonly string[] = []
  ): Promise<void> {
    const part = this.#part!
    const { sync } = this.config
    const bound = sync + part.file.syncTime.worst + CHUNK_TIME / 1000
    const content = {
      version: 1,
      state,
      recording: this.#uuid,
      profileVersion: PROFILE_VERSION,
      files: this.#parts.map((path) => ({ name: basename(path) })),
      started: this.#started,
      ...(state !== 'recording' && { ended: new Date().toISOString() }),
      streams: part.totals(),
      sync: { seconds: sync, worstMs: part.file.syncTime.worst * 1000, boundSeconds: sync === 0 ? null : bound },
      ...(state !== 'recording' && { verdict: { ok: problems.length === 0, checked: state === 'verified', problems } })
    }
    const path = join(dirname(this.#path), `${basename(this.#path, '.mcap')}.nodeacq.json`)
    this.#saving = this.#saving.then(() => replaceFile(path, `${JSON.stringify(content, undefined, 2)}\n`))
    await this.#saving.catch((cause: unknown) => {
      this.#saving = Promise.resolve()
      throw RecorderError.from(path, 'write', cause)
    })
  }

  /** `bytes`: in the newest file; `durable`: of them on the disk for certain; `parts`: files. */
  protected override _counters(): Readonly<Record<string, number>> {
    const file = this.#part?.file
    return { bytes: file?.length ?? 0, durable: file?.durable ?? 0, parts: this.#parts.length }
  }

  protected override async _close(): Promise<void> {
    await this.#close()
  }

  async #close(): Promise<void> {
    await this.#part?.close()
    this.#part = undefined
  }

  protected override _recordings(): readonly string[] {
    return this.#parts
  }

  get #path(): string {
    return resolve(this.config.file)
  }

  #doneError(): RecorderError {
    return new RecorderError(this.#path, 'holds a finished recording; configure another file for the next one')
  }
}
registerNodeType(Recorder)

/** @throws RecorderError when the file or a further part of it is there, or its folder is not */
async function requireFree(path: string): Promise<void> {
  const names = await readdir(dirname(path)).catch(() => undefined)
  if (names === undefined) throw new RecorderError(path, `its folder ${dirname(path)} is not there`)
  const [file, part] = [basename(path), `${basename(path, '.mcap')}_part-`]
  const taken = names.find((name) => name === file || (name.startsWith(part) && name.endsWith('.mcap')))
  if (taken === undefined) return
  throw new RecorderError(join(dirname(path), taken), 'it exists already; a recording never replaces or extends a file')
}

function mediaType(name: string): string {
  if (name.endsWith('.json')) return 'application/json'
  return /\.ya?ml$/.test(name) ? 'application/yaml' : 'text/plain'
}

function version(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  return version
}
