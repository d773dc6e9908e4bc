import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Order, Report } from './peer.ts'

/** Another process that reads or sends a stream. */
export class Peer implements AsyncDisposable {
  readonly process: ChildProcess
  readonly #reports: Report[] = []
  #wake: (() => void) | undefined

  constructor() {
    const execArgv = ['--conditions=nodeacq-source']
    this.process = fork(new URL('./peer.ts', import.meta.url), {
      execArgv,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc']
    })
    this.process.on('message', (report: Report) => {
      this.#reports.push(report)
      this.#wake?.()
    })
    this.process.once('exit', () => this.#wake?.())
  }

  tell(order: Order): void {
    this.process.send(order)
  }

  /** The next report of that kind; others before it are passed over. A watchdog of 15 s. */
  async hear<K extends Report['did']>(did: K): Promise<Extract<Report, { did: K }>> {
    const deadline = setTimeout(() => this.process.kill('SIGKILL'), 15_000)
    try {
      for (;;) {
        for (let report = this.#reports.shift(); report; report = this.#reports.shift()) {
          if (report.did === did) return report as Extract<Report, { did: K }>
        }
        if (this.process.exitCode !== null || this.process.signalCode !== null) {
          throw new Error(`the peer ended before it reported '${did}'`)
        }
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      }
    } finally {
      clearTimeout(deadline)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return
    this.process.kill('SIGKILL')
    await once(this.process, 'exit')
  }
}
