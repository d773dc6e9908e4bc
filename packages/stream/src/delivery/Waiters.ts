interface Waiting {
  readonly isDone: () => boolean
  readonly resolve: () => void
  readonly evenIfReleased: boolean
}

/** Who waits until something holds that is looked at whenever `check` is called. */
export class Waiters {
  readonly #waiting = new Set<Waiting>()
  #isReleased = false

  /** Resolves when `isDone`, or when all are released; undefined where there is nothing to await. */
  wait(isDone: () => boolean): Promise<void> | undefined {
    if (this.#isReleased || isDone()) return undefined
    return new Promise((resolve) => {
      this.#waiting.add({ isDone, resolve, evenIfReleased: false })
    })
  }

  /** The same, looking every `period` ms besides; with `evenIfReleased`, whether or not all are released. */
  watch(
    isDone: () => boolean,
    { period, evenIfReleased = false }: { period: number; evenIfReleased?: boolean }
  ): Promise<void> | undefined {
    if ((this.#isReleased && !evenIfReleased) || isDone()) return undefined
    return new Promise((resolve) => {
      const timer = setInterval(() => {
        this.check()
      }, period)
      const done = (): void => {
        clearInterval(timer)
        resolve()
      }
      this.#waiting.add({ isDone, resolve: done, evenIfReleased })
    })
  }

  check(): void {
    for (const waiting of this.#waiting) {
      if (!(this.#isReleased && !waiting.evenIfReleased) && !waiting.isDone()) continue
      this.#waiting.delete(waiting)
      waiting.resolve()
    }
  }

  /** Lets go of whoever waits, now and later. */
  release(): void {
    this.#isReleased = true
    this.check()
  }
}
