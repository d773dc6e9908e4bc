import { spawn } from 'node:child_process'
import type { ChildProcessByStdio } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { waitFor } from './waitFor.ts'

export interface StartOptions {
  cwd?: string
  /** Added to the environment of this process; undefined removes a variable. */
  env?: Readonly<Record<string, string | undefined>>
}

export interface ProcessEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A program under test: its lines are collected, and it is killed and waited for at the end of the scope. */
export class TestProcess implements AsyncDisposable {
  readonly pid: number
  /** Lines of stdout so far. */
  readonly lines: readonly string[]
  /** Lines of stderr so far. */
  readonly errorLines: readonly string[]
  /** Resolves when the process has ended and all of its output has been read. */
  readonly exited: Promise<ProcessEnd>
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>
  #end: ProcessEnd | undefined

  constructor(child: ChildProcessByStdio<Writable, Readable, Readable>, pid: number) {
    this.#child = child
    this.pid = pid
    this.lines = collect(child.stdout)
    this.errorLines = collect(child.stderr)
    this.exited = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        this.#end = { code, signal }
        resolve(this.#end)
      })
    })
  }

  /** How the process ended; undefined while it runs. */
  get end(): ProcessEnd | undefined {
    return this.#end
  }

  /** Its standard input. */
  get input(): Writable {
    return this.#child.stdin
  }

  /** The first line of stdout that matches, past or to come. @throws {Error} when the process ends without it. */
  async line(pattern: string | RegExp, { timeout }: { timeout?: number } = {}): Promise<string> {
    const matches = (line: string) => (typeof pattern === 'string' ? line.includes(pattern) : pattern.test(line))
    const missing = () => `a line with ${pattern} from process ${this.pid}; it wrote:\n${this.#output()}`
    const { found } = await waitFor(
      () => {
        const ended = this.#end // before the lines: the last one may have come with the end
        const found = this.lines.find(matches)
        if (found === undefined && ended)
          throw new Error(`process ended (${JSON.stringify(ended)}) before ${missing()}`)
        return found === undefined ? undefined : { found }
      },
      { timeout, what: missing }
    )
    return found
  }

  /** Sends a signal, default SIGTERM. False when the process is gone. */
  kill(signal: NodeJS.Signals = 'SIGTERM'): boolean {
    return this.#child.kill(signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill('SIGKILL')
    await this.exited
  }

  #output(): string {
    return [...this.lines, ...this.errorLines.map((line) => `stderr: ${line}`)].join('\n')
  }
}

/**
 * Starts a TypeScript program with the Node of this process, the workspace's sources behind package names.
 * `entry`: a path, or a file URL such as `new URL('./fixtures/server.ts', import.meta.url)`.
 */
export function startProcess(
  entry: string | URL,
  args: readonly string[] = [],
  options: StartOptions = {}
): Promise<TestProcess> {
  const file = entry instanceof URL ? entry.pathname : entry
  return startCommand(process.execPath, ['--conditions=nodeacq-source', file, ...args], options)
}

/** Starts any program. @throws {Error} when it cannot be started. */
export async function startCommand(
  command: string,
  args: readonly string[] = [],
  { cwd, env }: StartOptions = {}
): Promise<TestProcess> {
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] })
  await new Promise((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', reject)
  })
  if (child.pid === undefined) throw new Error(`${command} has no pid`)
  // A program that ends without reading its input is no error of the test.
  child.stdin.on('error', () => undefined)
  return new TestProcess(child, child.pid)
}

function collect(stream: Readable): string[] {
  const lines: string[] = []
  createInterface({ input: stream }).on('line', (line) => lines.push(line))
  return lines
}
