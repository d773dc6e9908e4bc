import { spawn, type ChildProcess } from 'node:child_process'
import { constants } from 'node:os'
import type { Readable } from 'node:stream'
import { Logger } from '../log/Logger.ts'
import { OutputLines } from './OutputLines.ts'
import { PARENT_FD, PARENT_VARIABLE } from './parentWatch.ts'
import { forgetChild, reapAtEnd } from './reaper.ts'

/** How a process ended. */
export interface ExitReport {
  /** Exit code; null when a signal ended the process. */
  readonly code: number | null
  /** Signal that ended the process, e.g. `SIGKILL`; else null. */
  readonly signal: string | null
  /** What it wrote last on standard output and standard error, oldest first, at most 50 lines. */
  readonly lastLines: readonly string[]
  /** When it ended, ms since 1970. */
  readonly atMs: number
}

export interface ProgramOptions {
  readonly command: string
  readonly args: readonly string[]
  /** For the log: `[name.stdout] line`. */
  readonly name: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string | undefined
  /** Whether each line becomes a log record of this process; else it goes to this process's own output. */
  readonly logLines: boolean
}

const KEPT_LINES = 50
/** ms to wait for the last output of a process that has ended; a grandchild may hold the pipe open. */
const OUTPUT_GRACE = 500

let count = 0

/** A running child: its output, its end, and the ties that end it with this process. */
export class ChildProgram {
  /** Resolves when the system has started the program; rejects when it cannot. */
  readonly started: Promise<void>
  /** Resolves when it has ended and its output is read. */
  readonly exited: Promise<ExitReport>
  readonly #child: ChildProcess
  readonly #options: ProgramOptions
  readonly #lastLines: string[] = []
  readonly #log = new Logger(`pyacq.core.rpc.processspawner.${++count}`)
  #exit: ExitReport | undefined

  constructor(options: ProgramOptions) {
    this.#options = options
    // The fourth pipe is never written to: its end tells the child that this process has ended.
    const stdio = [...(['pipe', 'pipe', 'pipe'] as const)]
    stdio[PARENT_FD] = 'pipe'
    const child = spawn(options.command, options.args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env, [PARENT_VARIABLE]: String(process.pid) },
      // A process group of its own: Ctrl-C in the terminal is for the parent alone, which then stops its children.
      detached: true,
      stdio
    })
    this.#child = child
    this.started = new Promise((resolve, reject) => {
      child.once('spawn', resolve)
      child.once('error', reject)
    })
    this.exited = this.#watch()
    if (child.pid !== undefined) reapAtEnd(child.pid)
    // A child that ends without reading its input is seen by its exit.
    child.stdin?.on('error', () => undefined)
    child.stdio[PARENT_FD]?.on('error', () => undefined)
  }

  get pid(): number {
    return this.#child.pid ?? -1
  }

  get exit(): ExitReport | undefined {
    return this.#exit
  }

  get lastLines(): readonly string[] {
    return [...this.#lastLines]
  }

  /** Exit code, minus the number of the signal that ended it, or null while it runs: known before its output is read. */
  poll(): number | null {
    const { exitCode, signalCode } = this.#child
    return signalCode === null ? exitCode : -constants.signals[signalCode]
  }

  /** Writes all of the child's standard input. */
  writeInput(text: string): void {
    this.#child.stdin?.end(text)
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  async #watch(): Promise<ExitReport> {
    const child = this.#child
    const outputs = [
      this.#collect(child.stdout, (line) => this.#log.info(`[${this.#label}.stdout] ${line}`), process.stdout),
      this.#collect(child.stderr, (line) => this.#log.warning(`[${this.#label}.stderr] ${line}`), process.stderr)
    ]
    const closed = new Promise((resolve) => child.once('close', resolve))
    const end = await new Promise<Pick<ExitReport, 'code' | 'signal' | 'atMs'>>((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal, atMs: Date.now() }))
    })
    forgetChild(this.pid)
    child.stdio[PARENT_FD]?.destroy()
    let timer: NodeJS.Timeout | undefined
    const grace = new Promise<void>((resolve) => (timer = setTimeout(resolve, OUTPUT_GRACE)))
    await Promise.race([closed, grace])
    clearTimeout(timer)
    for (const lines of outputs) lines.end()
    this.#exit = { ...end, lastLines: this.lastLines }
    return this.#exit
  }

  get #label(): string {
    return this.#options.name ?? `process-${this.pid}`
  }

  #collect(stream: Readable | null, log: (line: string) => void, own: NodeJS.WritableStream): OutputLines {
    const { logLines } = this.#options
    const lines = new OutputLines((line) => {
      this.#lastLines.push(line)
      if (this.#lastLines.length > KEPT_LINES) this.#lastLines.shift()
      if (logLines) log(line)
    })
    stream?.on('data', (chunk: Buffer) => {
      lines.write(chunk)
      if (!logLines) own.write(chunk)
    })
    return lines
  }
}
