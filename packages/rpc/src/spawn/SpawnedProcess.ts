import type { RpcClient } from '../client/RpcClient.ts'
import { getLogger } from '../log/Logger.ts'
import type { ChildProgram, ExitReport } from './ChildProgram.ts'

/** ms that a child gets to answer the request to close. */
const CLOSE_TIMEOUT = 1000

const log = getLogger('nodeacq.spawn')

/** A process with an RPC server that this process started with `spawnProcess`. It ends when this process ends. */
export class SpawnedProcess implements AsyncDisposable {
  readonly name: string | undefined
  /** Address of its RPC server. */
  readonly address: string
  /** A client of its RPC server. */
  readonly client: RpcClient
  /** Resolves when the process has ended, for whatever reason, and its last lines are read. */
  readonly exited: Promise<ExitReport>
  readonly #program: ChildProgram
  #endWanted = false

  /** Made by `spawnProcess`. */
  constructor(program: ChildProgram, options: { name: string | undefined; client: RpcClient }) {
    this.#program = program
    this.name = options.name
    this.client = options.client
    this.address = options.client.address
    this.exited = program.exited.then((exit) => {
      this.#onExit(exit)
      return exit
    })
  }

  get pid(): number {
    return this.#program.pid
  }

  /** How the process ended; undefined while it runs. */
  get exit(): ExitReport | undefined {
    return this.#program.exit
  }

  /** The last lines it wrote so far, oldest first, at most 50. */
  get lastLines(): readonly string[] {
    return this.#program.lastLines
  }

  /** Exit code, or minus the number of the signal that ended it; null while it runs. */
  poll(): number | null {
    return this.#program.poll()
  }

  /**
   * Asks the process to close and waits for its end; after `timeout` ms (default 10 000) it is killed. Safe to call
   * twice, and when it has ended by itself.
   */
  async stop({ timeout = 10_000 }: { timeout?: number } = {}): Promise<ExitReport> {
    this.#endWanted = true
    if (this.exit) return this.exit
    const deadline = performance.now() + timeout
    await Promise.race([this.exited, this.#requestClose(Math.min(CLOSE_TIMEOUT, timeout))])
    const exit = await this.#within(Math.max(0, deadline - performance.now()))
    if (exit) return exit
    log.warning(`${this.title} did not end within ${timeout} ms after the request to close; it is killed`)
    this.kill()
    return this.exited
  }

  /** Ends the process at once with SIGKILL. Wait for `exited` to know that it is gone. */
  kill(): void {
    this.#endWanted = true
    this.#program.kill()
  }

  async close(): Promise<void> {
    await this.stop()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** What it is called in messages: its name and pid. */
  get title(): string {
    return `process ${this.name === undefined ? '' : `'${this.name}' `}(pid ${this.pid})`
  }

  async #requestClose(timeout: number): Promise<void> {
    try {
      await this.client.closeServer({ timeout })
    } catch (error) {
      // It is closing already, or too busy to answer: the wait that follows decides.
      log.debug(`${this.title} did not confirm the request to close`, error)
    }
  }

  /** The exit report when the process ends within `timeout` ms. */
  async #within(timeout: number): Promise<ExitReport | undefined> {
    let timer: NodeJS.Timeout | undefined
    const expired = new Promise<undefined>((resolve) => (timer = setTimeout(resolve, timeout, undefined)))
    const exit = await Promise.race([this.exited, expired])
    clearTimeout(timer)
    return exit
  }

  #onExit({ code, signal }: ExitReport): void {
    void this.client.close()
    const how = signal === null ? `with code ${code}` : `by signal ${signal}`
    if (this.#endWanted || code === 0) log.debug(`${this.title} ended ${how}`)
    else log.warning(`${this.title} ended unexpectedly ${how}`)
  }
}
