import { setTimeout as sleep } from 'node:timers/promises'

/** The pauses between attempts to reach a device: 1, 2, 4 … 30 s. */
export class BackOff {
  readonly #first: number
  readonly #longest: number
  #next: number

  /** @param first s; @param longest s */
  constructor({ first = 1, longest = 30 }: { first?: number; longest?: number } = {}) {
    this.#first = first
    this.#longest = longest
    this.#next = first
  }

  /** Waits for the next pause; shorter where the signal aborts. */
  async wait(signal: AbortSignal): Promise<void> {
    const seconds = this.#next
    this.#next = Math.min(2 * seconds, this.#longest)
    await sleep(seconds * 1000, undefined, { signal }).catch(() => {})
  }

  /** An attempt succeeded. */
  reset(): void {
    this.#next = this.#first
  }
}
