import { resolve } from 'node:path'
import {
  closingTime,
  STOP_TIMEOUT,
  ConfigError,
  Node,
  type NodeOptions,
  type PrepareOptions,
  type RecordControl
} from '@nodeacq/core'
import type { InputStream, OutputStream } from '@nodeacq/stream'
import { z } from 'zod'
import type { Recording } from './Recording.ts'
import { RecorderControl } from './RecorderControl.ts'

/** Option that every recorder has. */
export const autostartOption = z
  .boolean()
  .default(true)
  .describe('record from the start of the graph on; false: wait for nodeacq record start; default true')

/**
 * A node that records: takes what comes of each input into the recording that is open, and lets it go by while there is none.
 * Recordings are begun and ended by `recordControl`, any number in one run, each with a file of its own; with `autostart`
 * the first one begins with the node.
 *
 * A subclass says how a recording is made (`_openRecording`); a `Recording` is what is written into. A source that starts
 * anew goes on in the same recording; the run is over when all sources have ended. Inputs have the names that the graph
 * gives them: `recorder.stream('input', 'emg')` makes one, up to `initialize`.
 */
export abstract class RecorderNode<Config extends { autostart: boolean }> extends Node<Config> {
  static override readonly takesAnyInput = true
  readonly #control: RecorderControl
  /** What went wrong with recordings of this run. */
  #failures: Error[] = []
  #isStopping = false
  #hasRun = false
  /** Ends the run of the node. */
  #abort = new AbortController()

  constructor(options?: NodeOptions) {
    super(options)
    this.#control = new RecorderControl({
      inputs: this.inputs,
      isRunning: () => this.isRunning,
      target: () => (this.isConfigured ? resolve(this._target()) : null),
      open: (done, prepare) => this._openRecording(done, prepare),
      changed: () => this.recordChanged(),
      failed: (error, isFromStart) => this.#noteFailure(error, isFromStart)
    })
  }

  /** Makes the file of the next recording. @param done recordings since `configure` @throws when it cannot be */
  protected abstract _openRecording(done: number, options: PrepareOptions): Promise<Recording>
  /** Where recordings go, as configured. */
  protected abstract _target(): string
  /** @throws when the recording that begins with the node was made already, and another would need another name */
  protected _requireAnother(): void {}

  override get recordControl(): RecordControl {
    return this.#control
  }

  /** The newest recording. */
  protected get recording(): Recording | undefined {
    return this.#control.recording
  }

  /** The input of that name, made if it is not there yet. */
  override stream(kind: 'input' | 'output', name: string): InputStream | OutputStream {
    const mayGrow = this.state === 'created' || this.state === 'configured'
    if (kind === 'input' && !(name in this.inputs) && mayGrow) return this.addInput(name)
    return super.stream(kind, name)
  }

  protected override addInput(name: string, spec = {}): InputStream {
    return super.addInput(name, { delivery: 'complete', ...spec })
  }

  protected override _checkInputs(): void {
    if (Object.keys(this.inputs).length > 0) return
    throw new ConfigError(this._subject, ['expected at least one input, got none; connect one'])
  }

  /** To be called by a subclass that has one of its own. */
  protected override async _configure(_config: Config): Promise<void> {
    await this.#control.reset()
    this.#hasRun = false
  }

  protected override async _initialize(): Promise<void> {
    if (!this.config.autostart || this.#control.status.state === 'prepared') return
    if (this.#hasRun) this._requireAnother()
    await this.#control.prepareNow({}, { isFromStart: true })
  }

  override async start(): Promise<void> {
    if (this.config.autostart && this.state === 'initialized' && this.#control.status.state !== 'prepared') {
      this._requireAnother()
      await this.#control.prepareNow({}, { isFromStart: true })
    }
    await super.start()
  }

  /** What a long recording takes to be read again is added to `timeout`. */
  override async stop({ timeout = STOP_TIMEOUT }: { timeout?: number } = {}): Promise<void> {
    this.#isStopping = true
    await super.stop({ timeout: timeout + closingTime(this.#control.status) })
  }

  protected override async _run(signal: AbortSignal): Promise<void> {
    this.#hasRun = true
    this.#isStopping = false
    this.#failures = []
    this.#abort = new AbortController()
    if (this.config.autostart) this.#control.beginNow()
    const stopped = AbortSignal.any([signal, this.#abort.signal])
    const allEnded = new AbortController()
    const reading = AbortSignal.any([stopped, allEnded.signal])
    const running = new Set(Object.keys(this.inputs))
    const ended = (name: string): void => {
      running.delete(name)
      if (running.size === 0) allEnded.abort()
    }
    const reads = Object.keys(this.inputs).map((name) =>
      this.#read(name, reading, { began: () => running.add(name), ended: () => ended(name) })
    )
    await Promise.all(reads.map((read) => read.catch((error: unknown) => this.#noteFailure(error as Error, true))))
    const problem = await this.#control.finish()
    if (problem !== undefined && !this.#failures.includes(problem)) this.#failures.push(problem)
    if (this.#failures.length > 0) throw this.#failures[0]!
  }

  /** Reads an input over all runs of its source, until the node stops or all inputs have ended. */
  async #read(name: string, signal: AbortSignal, tell: { began: () => void; ended: () => void }): Promise<void> {
    const input = this.inputs[name]!
    // A source that has closed ends each reading at once.
    for (let empty = 0; empty < 2 && !signal.aborted && !(this.#isStopping && empty > 0);) {
      let isEmpty = true
      try {
        for await (const chunk of input.chunks(signal)) {
          if (isEmpty) tell.began()
          isEmpty = false
          await this.#control.take(name, chunk)
        }
      } catch (error) {
        if (!signal.aborted) throw error
      }
      this.#control.runEnded(name)
      tell.ended()
      if (this.#isStopping) return
      empty = isEmpty ? empty + 1 : 0
    }
  }

  #noteFailure(error: Error, isFromStart: boolean): void {
    this.#failures.push(error)
    // Half a recording that goes on looks like a whole one. Whoever starts recordings by hand can start another.
    if (isFromStart) this.#abort.abort()
    else this.log.error(`${this._subject}: the recording ended: ${error.message}`)
  }

  protected override async _close(): Promise<void> {
    await this.#control.reset()
  }

  protected override _recordings(): readonly string[] {
    return this.#control.paths
  }
}
