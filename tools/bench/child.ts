import { fork, type ChildProcess } from 'node:child_process'

/** The other process of a benchmark, talked to over Node's own channel, which carries orders and figures only. */
export class BenchChild implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #waiting: ((message: unknown) => void)[] = []
  readonly #received: unknown[] = []

  constructor(module: URL, args: readonly string[] = []) {
    this.#child = fork(module, args, { execArgv: ['--conditions=nodeacq-source'] })
    this.#child.on('message', (message) => {
      const take = this.#waiting.shift()
      if (take) take(message)
      else this.#received.push(message)
    })
    const end = () => this.#child.kill('SIGTERM')
    process.once('exit', end)
    this.#child.once('exit', (code, signal) => {
      process.off('exit', end)
      // SIGINT: the terminal tells all of its processes, and this one ends by itself.
      if (code === 0 || signal === 'SIGTERM' || signal === 'SIGINT') return
      throw new Error(`${module.pathname} ended with ${signal ?? code}`)
    })
  }

  /** The next message from the child. */
  next<T>(): Promise<T> {
    if (this.#received.length > 0) return Promise.resolve(this.#received.shift() as T)
    return new Promise((resolve) => this.#waiting.push(resolve as (message: unknown) => void))
  }

  tell(message: object): void {
    this.#child.send(message)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve))
    this.#child.kill('SIGTERM')
    await ended
  }
}
