const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/** Does something before Ctrl-C or its like ends the process; whoever else listens is asked too. */
export class InterruptWatch implements Disposable {
  readonly #onSignal: (signal: NodeJS.Signals) => void

  constructor(tidy: () => Promise<void>) {
    this.#onSignal = (signal) => {
      this[Symbol.dispose]()
      // Without another listener the signal ends the process, as it would have without this one.
      const isLast = process.listenerCount(signal) === 0
      void tidy().finally(() => isLast && process.kill(process.pid, signal))
    }
    for (const signal of SIGNALS) process.on(signal, this.#onSignal)
  }

  [Symbol.dispose](): void {
    for (const signal of SIGNALS) process.off(signal, this.#onSignal)
  }
}
