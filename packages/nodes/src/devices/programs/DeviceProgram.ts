import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { forgetChild, reapAtEnd } from '@nodeacq/rpc'

/** What to start. */
export interface ProgramCall {
  /** Path of the program. */
  readonly file: string
  readonly args: readonly string[]
}

/** How it ended. */
export interface ProgramEnd {
  /** null when a signal, or the system's refusal to start it, ended it. */
  readonly code: number | null
  /** In words: its last words, or the code or signal. */
  readonly reason: string
}

const KEPT_LINES = 4
/** ms that a program gets to end by itself after its input has ended. */
const DRAIN_TIMEOUT = 15_000

/**
 * A program that reads or feeds a device: raw data on its standard output or input, words on standard error.
 *
 * It is killed with this process, however that ends, and takes no signals of the terminal: Ctrl-C is for the graph, which
 * then stops its devices in order.
 */
export class DeviceProgram implements AsyncDisposable {
  /** Resolves when it has ended and its output is read. Never rejects. */
  readonly ended: Promise<ProgramEnd>
  readonly #child: ChildProcess
  readonly #lastWords: string[] = []

  /** @param onLine gets each line of standard error, and says whether it may be a reason for the end (default yes) */
  constructor({ file, args }: ProgramCall, onLine: (line: string) => boolean | void = () => true) {
    const env = { ...process.env, LC_ALL: 'C' }
    const child = spawn(file, args, { stdio: 'pipe', detached: process.platform !== 'win32', env })
    this.#child = child
    if (child.pid !== undefined) reapAtEnd(child.pid)
    // A program that ends without reading its input is seen by its end.
    child.stdin.on('error', () => undefined)
    createInterface(child.stderr).on('line', (line) => {
      const words = line.trim()
      if (words === '' || onLine(words) === false) return
      this.#lastWords.push(words)
      if (this.#lastWords.length > KEPT_LINES) this.#lastWords.shift()
    })
    this.ended = new Promise((resolve) => {
      child.once('error', (error) => resolve({ code: null, reason: error.message }))
      child.once('close', (code, signal) => resolve({ code, reason: this.#reason(code, signal) }))
    })
    void this.ended.then(() => child.pid !== undefined && forgetChild(child.pid))
  }

  get stdout(): Readable {
    return this.#child.stdout!
  }

  get stdin(): Writable {
    return this.#child.stdin!
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  #reason(code: number | null, signal: NodeJS.Signals | null): string {
    const end = signal === null ? `ended with code ${code}` : `was ended by ${signal}`
    return this.#lastWords.length === 0 ? `the program ${end}` : `${this.#lastWords.join('; ')} (the program ${end})`
  }

  /** Ends the input, so that what was written is still used, then the program. */
  async finish(): Promise<void> {
    this.stdin.end()
    let timer: NodeJS.Timeout | undefined
    await Promise.race([this.ended, new Promise((resolve) => (timer = setTimeout(resolve, DRAIN_TIMEOUT)))])
    clearTimeout(timer)
    await this.close()
  }

  /** Kills the program, which has nothing to save. Safe to call twice. */
  async close(): Promise<void> {
    this.#child.kill('SIGKILL')
    // Nobody reads any more; an output that is not read would keep the end from coming.
    this.stdout.resume()
    await this.ended
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
