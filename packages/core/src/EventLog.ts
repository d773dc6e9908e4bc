/** An event with its place in the log. */
export type Logged<E> = E & { readonly seq: number; readonly at: number }

/**
 * What happened, for readers that come and go: each asks for everything after the number it has seen and waits if there
 * is nothing yet. Events thus travel on the connection of whoever wants to know, and nobody has to be able to call back.
 * The oldest are dropped beyond `limit`.
 */
export class EventLog<E extends object> {
  readonly #limit: number
  readonly #waiting = new Set<() => void>()
  #events: Logged<E>[] = []
  #next = 0

  constructor(limit = 10_000) {
    this.#limit = limit
  }

  append(event: E): void {
    this.#events.push({ ...event, seq: this.#next++, at: Date.now() })
    if (this.#events.length > this.#limit) this.#events = this.#events.slice(-Math.floor(this.#limit / 2))
    for (const wake of this.#waiting) wake()
  }

  /** Events numbered `since` and later; waits up to `timeout` ms for the first. `next` is where to go on. */
  async read(since = 0, { timeout = 0 }: { timeout?: number } = {}): Promise<{ next: number; events: Logged<E>[] }> {
    // A reader that asks for numbers never given out had another log before this one: it starts over.
    const from = since > this.#next ? 0 : since
    if (this.#next <= from && timeout > 0) await this.#wait(timeout)
    return { next: this.#next, events: this.#events.filter((event) => event.seq >= from) }
  }

  #wait(timeout: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        this.#waiting.delete(done)
        resolve()
      }
      const timer = setTimeout(done, timeout)
      this.#waiting.add(done)
    })
  }

  /** Lets every reader that waits go. */
  close(): void {
    for (const wake of [...this.#waiting]) wake()
  }
}
