const WINDOW = 5000

/** Samples per second over the last five seconds. */
export class RateMeter {
  /** Time and total at the end of each step, oldest first. */
  readonly #steps: { at: number; total: number }[] = []
  #total = 0

  /** @param at ms on a monotonic clock */
  add(samples: number, at: number): void {
    this.#total += samples
    const last = this.#steps.at(-1)
    // A hundred steps in the window are enough, however often chunks come.
    if (last !== undefined && this.#steps.length > 1 && at - this.#steps.at(-2)!.at < WINDOW / 100) {
      last.at = at
      last.total = this.#total
    } else this.#steps.push({ at, total: this.#total })
    while (this.#steps.length > 2 && at - this.#steps[1]!.at > WINDOW) this.#steps.shift()
  }

  /** Hz; null until two chunks have come at different times. */
  get perSecond(): number | null {
    const [first] = this.#steps
    const last = this.#steps.at(-1)
    if (first === undefined || last === undefined || last.at <= first.at) return null
    return ((last.total - first.total) * 1000) / (last.at - first.at)
  }
}
