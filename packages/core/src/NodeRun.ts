import type { InputStream, OutputStream } from '@nodeacq/stream'

/** How a run ended after `stop`: by itself, by its abort signal, or not at all. */
type StopOutcome = 'finished' | 'aborted' | 'stuck'

/** One run of a node, from start to end. */
export class NodeRun {
  /** Resolves when the run is over and its outputs have said so, with what went wrong. */
  readonly ended: Promise<unknown>
  readonly #inputs: readonly InputStream[]
  readonly #abort = new AbortController()
  #stopping: Promise<StopOutcome> | undefined
  #isOver = false

  constructor(
    run: (signal: AbortSignal) => Promise<void>,
    inputs: Readonly<Record<string, InputStream>>,
    outputs: Readonly<Record<string, OutputStream>>
  ) {
    this.#inputs = Object.values(inputs).filter((input) => input.isConnected)
    this.ended = this.#toEnd(run, Object.values(outputs))
  }

  /** Whether `stop` was called, and has come to nothing yet. */
  get isStopping(): boolean {
    return this.wasStopped && !this.#isOver
  }

  get wasStopped(): boolean {
    return this.#stopping !== undefined
  }

  async #toEnd(run: (signal: AbortSignal) => Promise<void>, outputs: readonly OutputStream[]): Promise<unknown> {
    let problem: unknown
    try {
      await run(this.#abort.signal)
    } catch (error) {
      if (!(this.#abort.signal.aborted && isAbort(error))) problem = error
    }
    // Consumers learn in any case that nothing more will come, also from a node that failed.
    for (const output of outputs) {
      try {
        await output.endRun()
      } catch (error) {
        problem ??= error
      }
    }
    this.#isOver = true
    return problem
  }

  /** Without inputs: aborts. With inputs: works off what has been sent up to now, and aborts after `timeout` ms. */
  stop(timeout: number): Promise<StopOutcome> {
    this.#stopping ??= this.#stop(timeout)
    return this.#stopping
  }

  async #stop(timeout: number): Promise<StopOutcome> {
    if (this.#inputs.length === 0) this.#abort.abort()
    for (const input of this.#inputs) input.finish().catch(() => this.#abort.abort())
    if (await this.#endsWithin(timeout)) return 'finished'
    this.#abort.abort()
    return (await this.#endsWithin(timeout)) ? 'aborted' : 'stuck'
  }

  async #endsWithin(timeout: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<boolean>((resolve) => (timer = setTimeout(() => resolve(false), timeout)))
    const ended = await Promise.race([this.ended.then(() => true), late])
    clearTimeout(timer)
    return ended
  }
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || ('code' in error && error.code === 'ABORT_ERR'))
}
