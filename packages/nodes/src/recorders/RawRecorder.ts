import { existsSync } from 'node:fs'
import { mkdir, readdir, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ConfigError, Node, registerNodeType } from '@nodeacq/core'
import type { InputStream, OutputStream } from '@nodeacq/stream'
import { z } from 'zod'
import { PROPERTIES_FILE } from '../files/raw/properties.ts'
import { addCertificate } from './addCertificate.ts'
import { RawFolder } from './RawFolder.ts'
import { RecorderError } from './RecorderError.ts'

const config = z.object({
  streams: z
    .union([z.array(z.unknown()), z.record(z.string(), z.unknown())])
    .default([])
    .describe(
      'inputs to make: a list of names; or, as pyacq, streams to record, a list (named input0, input1 …) or a map from name to stream; default none, inputs are made when they are asked for'
    ),
  autoconnect: z.boolean().default(true).describe('connect to the streams given in streams; default true'),
  folder: z
    .string()
    .min(1)
    .describe('folder to record into: it is made, its parent must exist; it must not hold a recording')
    .meta({ pyacq: 'dirname' }),
  sync: z
    .number()
    .min(0)
    .max(60)
    .default(0.5)
    .describe(
      'seconds from one write to the disk to the next, which a power cut may cost; 0: leave it to the system; default 0.5'
    ),
  certificate: z
    .boolean()
    .default(true)
    .describe("put this machine's certificate (nodeacq certify) beside the recording, when there is one; default true")
})

type Config = z.infer<typeof config>
type Source = Parameters<InputStream['connect']>[0]

/**
 * Records any number of streams of any kind as raw samples, byte for byte as pyacq's RawRecorder: `<input>.raw` and
 * `stream_properties.json`; annotations in `annotations.json`. What pyacq lacks: `<input>.gaps.json` lists the samples that
 * are missing, small files are replaced as a whole, data goes to the disk twice a second.
 *
 * Inputs have the names that the graph gives them: `recorder.stream('input', 'emg')` makes one, up to `initialize`. A chunk
 * is acknowledged to its source when it is in the file. One recorder makes one recording. The certificate of this machine
 * (`nodeacq certify`), when there is one, is put beside it.
 */
export class RawRecorder extends Node<Config> {
  static override readonly description = 'Records streams as raw samples, as pyacq does.'
  static override readonly takesAnyInput = true
  static override readonly configSchema = config
  #folder: RawFolder | undefined
  #isDone = false
  /** Folder of the recording that was made or is being made. */
  #recorded: string | undefined
  /** Inputs made for the `streams` option, which another `configure` replaces. */
  #configured: string[] = []

  /** The input of that name, made if it is not there yet. */
  override stream(kind: 'input' | 'output', name: string): InputStream | OutputStream {
    if (kind === 'input' && !(name in this.inputs) && (this.state === 'created' || this.state === 'configured')) {
      return this.addInput(name)
    }
    return super.stream(kind, name)
  }

  protected override addInput(name: string, spec = {}): InputStream {
    if (!/^[^/\\\0:*?"<>|]+$/.test(name) || name === '.' || name === '..') {
      throw new ConfigError(this.#subject, [`input '${name}': expected a name that can be a file name`])
    }
    return super.addInput(name, { delivery: 'complete', ...spec })
  }

  /**
   * Adds notes to the recording, any JSON values; a name that is there already gets the new value. After `initialize`.
   * @throws RecorderError before, or when they cannot be written
   */
  async addAnnotations(annotations: Record<string, unknown>): Promise<void> {
    if (this.#folder === undefined) throw new RecorderError(this.#path, 'no recording yet: initialize the node first')
    await this.#folder.addAnnotations(annotations)
  }

  protected override async _configure({ streams, autoconnect, folder }: Config): Promise<void> {
    await this.#close()
    this.#isDone = false
    await requireFree(resolve(folder))
    for (const name of this.#configured) {
      await this.inputs[name]?.close()
      delete this.inputs[name]
    }
    const wanted: [string, unknown][] = Array.isArray(streams)
      ? streams.map((stream, k) => (typeof stream === 'string' ? [stream, null] : [`input${k}`, stream]))
      : Object.entries(streams)
    this.#configured = []
    for (const [name, source] of wanted) {
      if (name in this.inputs) throw new ConfigError(this.#subject, [`'streams': input '${name}' is there already`])
      const input = this.addInput(name)
      this.#configured.push(name)
      if (autoconnect && source != null) await input.connect(source as Source)
    }
  }

  protected override _checkInputs(): void {
    if (Object.keys(this.inputs).length === 0) {
      throw new ConfigError(this.#subject, ["expected at least one input, got none; connect one or give 'streams'"])
    }
  }

  protected override async _initialize(): Promise<void> {
    if (this.#isDone) throw this.#doneError()
    if (this.#folder !== undefined) return
    await requireFree(this.#path)
    try {
      // Only the last part of the path is made, so that a mistyped path is noticed.
      if (!existsSync(this.#path)) await mkdir(this.#path)
    } catch (cause) {
      throw RecorderError.from(this.#path, 'make the folder', cause)
    }
    this.#folder = await RawFolder.create(this.#path, this.inputs)
    this.#recorded = this.#path
    if (this.config.certificate) await addCertificate(this.#path, this.inputs, this.log)
  }

  override async start(): Promise<void> {
    if (this.#isDone && this.state === 'initialized') throw this.#doneError()
    await super.start()
  }

  protected override async _run(signal: AbortSignal): Promise<void> {
    const folder = this.#folder!
    this.#isDone = true
    // A failing file stops the others: half a recording that goes on looks like a whole one.
    const failures: unknown[] = []
    const failed = new AbortController()
    const fail = (error: unknown) => {
      failures.push(error)
      failed.abort()
    }
    const stopped = AbortSignal.any([signal, failed.signal])
    const finished = new AbortController()
    const syncing = this.#keepSynced(folder, AbortSignal.any([stopped, finished.signal])).catch(fail)
    await Promise.all(Object.keys(this.inputs).map((name) => this.#record(folder, name, stopped).catch(fail)))
    finished.abort()
    await syncing
    await folder.finish().catch(fail)
    if (failures.length > 0) throw failures[0]
  }

  async #record(folder: RawFolder, name: string, signal: AbortSignal): Promise<void> {
    const input = this.inputs[name]!
    try {
      for await (const chunk of input.chunks(signal)) await folder.append(name, chunk)
    } catch (error) {
      if (!signal.aborted) throw error
    }
    folder.noteTrailingGaps(name, input.status().gaps)
  }

  async #keepSynced(folder: RawFolder, signal: AbortSignal): Promise<void> {
    const { sync } = this.config
    if (sync === 0) return
    while (!signal.aborted) {
      await sleep(sync * 1000, undefined, { signal }).catch(() => undefined)
      if (!signal.aborted) await folder.sync()
    }
  }

  protected override async _close(): Promise<void> {
    await this.#close()
  }

  async #close(): Promise<void> {
    await this.#folder?.close()
    this.#folder = undefined
  }

  protected override _recordings(): readonly string[] {
    return this.#recorded === undefined ? [] : [this.#recorded]
  }

  get #path(): string {
    return resolve(this.config.folder)
  }

  get #subject(): string {
    return `RawRecorder '${this.name}'`
  }

  #doneError(): RecorderError {
    return new RecorderError(this.#path, 'holds a finished recording; configure another folder for the next one')
  }
}
registerNodeType(RawRecorder)

/** @throws RecorderError when the folder holds a recording, is a file, or has no parent */
async function requireFree(path: string): Promise<void> {
  const stats = await stat(path).catch(() => undefined)
  if (stats === undefined) {
    const parent = await stat(dirname(path)).catch(() => undefined)
    if (parent?.isDirectory()) return
    throw new RecorderError(path, `cannot make the folder: its parent ${dirname(path)} is no folder`)
  }
  if (!stats.isDirectory()) throw new RecorderError(path, 'expected a folder, got a file')
  const found = (await readdir(path)).find((name) => name === PROPERTIES_FILE || name.endsWith('.raw'))
  if (found !== undefined) {
    throw new RecorderError(path, `expected a folder without a recording, got one with '${found}'; choose another`)
  }
}
