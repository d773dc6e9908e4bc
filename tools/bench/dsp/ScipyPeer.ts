import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'

/** What scipy is asked to do, as `tools/bench/python/scipy_kernels.py` reads it. */
export interface ScipyOrder {
  readonly work: 'sosfilt' | 'filtfilt' | 'rfft' | 'upfirdn' | 'morlet'
  readonly [key: string]: unknown
}

interface Answer {
  /** µs per call. */
  readonly us: number
  /** Sum of the magnitudes of what the first call gave. */
  readonly check: number
}

/** A Python process that measures scipy in turns with us. */
export class ScipyPeer implements AsyncDisposable {
  readonly name: string
  readonly #child: ChildProcessByStdio<Writable, Readable, null>
  readonly #lines: AsyncIterator<string>

  private constructor(
    child: ChildProcessByStdio<Writable, Readable, null>,
    lines: AsyncIterator<string>,
    name: string
  ) {
    this.#child = child
    this.#lines = lines
    this.name = name
  }

  /** Starts `NODEACQ_PYTHON`, else `python3`; null when it has no scipy. */
  static async start(): Promise<ScipyPeer | null> {
    const script = fileURLToPath(new URL('../python/scipy_kernels.py', import.meta.url))
    const child = spawn(process.env['NODEACQ_PYTHON'] || 'python3', [script], {
      // One thread, as ours.
      env: { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' },
      stdio: ['pipe', 'pipe', 'ignore']
    })
    child.on('error', () => child.stdout.destroy())
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const first = await lines.next()
    if (first.done === true) return null
    const { scipy } = JSON.parse(first.value) as { scipy: string }
    return new ScipyPeer(child, lines, `scipy ${scipy}`)
  }

  async measure(order: ScipyOrder, seconds: number): Promise<Answer> {
    this.#child.stdin.write(`${JSON.stringify({ order, seconds })}\n`)
    const { value, done } = await this.#lines.next()
    if (done === true) throw new Error(`scipy gave no answer to ${order.work}`)
    return JSON.parse(value) as Answer
  }

  [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return Promise.resolve()
    const exited = new Promise<void>((resolve) => this.#child.once('exit', () => resolve()))
    this.#child.stdin.end()
    return exited
  }
}
