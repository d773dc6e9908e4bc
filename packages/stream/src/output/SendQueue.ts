const DONE = Promise.resolve()

/** What an output does one after the other, when something in it has to wait. */
export class SendQueue {
  #pending: Promise<void> | undefined

  get isBusy(): boolean {
    return this.#pending !== undefined
  }

  whenEmpty(): Promise<void> {
    return this.#pending ?? DONE
  }

  /** Runs `task` after what was sent before it. */
  add(task: () => Promise<void> | void): Promise<void> {
    const done = (this.#pending ?? DONE).then(task)
    const quiet: Promise<void> = done
      .catch(() => undefined)
      .then(() => {
        if (this.#pending === quiet) this.#pending = undefined
      })
    this.#pending = quiet
    return done
  }

  /** The same, at once where nothing waits. */
  run(task: () => void): void {
    if (this.#pending === undefined) task()
    else void this.add(task)
  }
}
