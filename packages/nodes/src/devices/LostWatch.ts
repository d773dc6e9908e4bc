/** ms between two looks whether a device is silent. */
const LOOK_INTERVAL = 100

/** Knows whether a device is still there: something tells that it is gone, or it is silent for too long. */
export class LostWatch {
  readonly #timeout: number
  #heardAt = 0
  #isNew = true
  #lose: (reason: string) => void = () => {}
  #fail: (error: Error) => void = () => {}

  /** @param timeout ms of silence after which a device counts as gone */
  constructor(timeout: number) {
    this.#timeout = timeout
  }

  /** ms of `performance.now()` at which something came last. */
  get heardAt(): number {
    return this.#heardAt
  }

  /** Whether anything has come since `untilLost` was called last. */
  get hasHeard(): boolean {
    return !this.#isNew
  }

  heard(): void {
    this.#heardAt = performance.now()
    this.#isNew = false
  }

  /** The device is gone. */
  lose(reason: string): void {
    this.#lose(reason)
  }

  /** There is no sense in going on. */
  fail(error: Error): void {
    this.#fail(error)
  }

  /** Resolves with the reason when the device is gone or silent, or the signal aborts. @throws what `fail` was given */
  async untilLost(signal: AbortSignal): Promise<string> {
    this.#heardAt = performance.now()
    this.#isNew = true
    let timer: NodeJS.Timeout | undefined
    let stop: () => void = () => {}
    try {
      return await new Promise<string>((resolve, reject) => {
        stop = () => resolve('stopped')
        this.#lose = resolve
        this.#fail = reject
        signal.addEventListener('abort', stop, { once: true })
        if (signal.aborted) stop()
        timer = setInterval(() => {
          if (performance.now() - this.#heardAt > this.#timeout) resolve(`silent for ${this.#timeout / 1000} s`)
        }, LOOK_INTERVAL)
      })
    } finally {
      clearInterval(timer)
      signal.removeEventListener('abort', stop)
      this.#lose = () => {}
      this.#fail = () => {}
    }
  }
}
