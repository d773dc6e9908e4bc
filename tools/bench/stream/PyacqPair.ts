import type { ChildProcessByStdio } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { pyacqSource, startScript } from '../pyacq.ts'

/** A script of the real pyacq that answers lines of JSON with lines of JSON. */
class Script {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>
  readonly #lines: AsyncIterator<string>
  readonly #exited: Promise<void>

  /** A sender ends, and removes its shared memory, when this process is gone; a receiver may wait for ever. */
  constructor(source: string, script: string) {
    this.#child = startScript(source, script)
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]()
    this.#exited = new Promise((resolve) => this.#child.once('exit', () => resolve()))
    if (script.includes('receiver')) process.once('exit', this.#kill)
  }

  tell(order: object): void {
    this.#child.stdin.write(`${JSON.stringify(order)}\n`)
  }

  async next<T>(): Promise<T> {
    const { value, done } = await this.#lines.next()
    if (done === true) throw new Error('a script of pyacq ended; is PYACQ_PYTHON right?')
    return JSON.parse(value) as T
  }

  readonly #kill = (): void => {
    this.#child.kill('SIGKILL')
  }

  close(): Promise<void> {
    process.off('exit', this.#kill)
    this.#child.stdin.end() // the script ends then
    return this.#exited
  }
}

/** What the receiving script saw of a run. */
interface PyacqReport {
  chunks: number
  wrong: number
  /** µs */
  latencies: number[]
  /** On the clock that all processes of a machine share, µs. */
  endedAt: number
}

/** An OutputStream and an InputStream of the real pyacq, each in a process of its own. */
export class PyacqPair implements AsyncDisposable {
  readonly #sender: Script
  readonly #receiver: Script

  private constructor(sender: Script, receiver: Script) {
    this.#sender = sender
    this.#receiver = receiver
  }

  /** Null without `PYACQ_SRC`. `params` under pyacq's names. */
  static async start(params: Readonly<Record<string, unknown>>): Promise<PyacqPair | null> {
    const source = pyacqSource()
    if (source === undefined) return null
    const sender = new Script(source, 'real_pyacq_sender.py')
    const receiver = new Script(source, 'real_pyacq_receiver.py')
    sender.tell(params)
    receiver.tell(await sender.next<object>())
    await receiver.next()
    // A PUB does not say when its subscriber is there: it says something until it was heard.
    receiver.tell({ wait: 'greeting' })
    let isHeard = false
    const heard = receiver.next().then(() => (isHeard = true))
    while (!isHeard) {
      sender.tell({ greet: true })
      await sender.next()
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    await heard
    return new PyacqPair(sender, receiver)
  }

  /** Chunks a second from process to process, sent for a time; NaN when not all came. */
  async rateAtFullSpeed(samples: number, milliseconds: number): Promise<number> {
    const { startedAt, sent, report } = await this.#run({ samples, milliseconds })
    if (report.chunks !== sent || report.wrong > 0) throw new Error(`pyacq lost ${sent - report.chunks} chunks`)
    return (sent / (report.endedAt - startedAt)) * 1e6
  }

  /** Latencies in µs and chunks lost, at a fixed rate. */
  async atRate(order: { samples: number; rate: number; seconds: number }): Promise<PyacqReport & { lost: number }> {
    const { sent, report } = await this.#run(order)
    return { ...report, lost: sent - report.chunks + report.wrong }
  }

  async #run(order: object): Promise<{ startedAt: number; sent: number; report: PyacqReport }> {
    this.#receiver.tell({ read: true })
    await this.#receiver.next()
    this.#sender.tell(order)
    const sent = await this.#sender.next<{ startedAt: number; sent: number }>()
    return { ...sent, report: await this.#receiver.next<PyacqReport>() }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#receiver.close()
    await this.#sender.close()
  }
}
