/**
 * Waits for points in time that count from its creation on a monotonic clock. A loop that is late goes on at once until it
 * has caught up, so that a source of samples neither drifts nor skips.
 */
export class Pacer {
  readonly #signal: AbortSignal
  readonly #start = performance.now()

  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  /** Resolves at `seconds` after the start or later, with true; as soon as the signal aborts, with false. */
  async until(seconds: number): Promise<boolean> {
    const due = this.#start + seconds * 1000
    // Timers fire up to a millisecond early or late, and take at most 2^31 ms at once.
    for (let rest = due - performance.now(); rest > 0 && !this.#signal.aborted; rest = due - performance.now()) {
      await this.#sleep(Math.min(Math.ceil(rest), 2 ** 30))
    }
    return !this.#signal.aborted
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer)
        this.#signal.removeEventListener('abort', wake)
        resolve()
      }
      const timer = setTimeout(wake, ms)
      this.#signal.addEventListener('abort', wake)
    })
  }
}
