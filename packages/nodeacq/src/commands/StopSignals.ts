const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Ctrl-C and its like: the first asks for a stop in order, the second for an end at once. */
export class StopSignals implements Disposable {
  readonly #first = new AbortController()
  readonly #second = new AbortController()
  readonly #onSignal = (): void => (this.#first.signal.aborted ? this.#second : this.#first).abort()

  constructor() {
    for (const signal of SIGNALS) process.on(signal, this.#onSignal)
  }

  get first(): AbortSignal {
    return this.#first.signal
  }

  get second(): AbortSignal {
    return this.#second.signal
  }

  [Symbol.dispose](): void {
    for (const signal of SIGNALS) process.off(signal, this.#onSignal)
  }
}

/** Resolves when it has aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done()
    else signal.addEventListener('abort', () => done(), { once: true })
  })
}
