import type { RunTracker } from './RunTracker.ts'

/** Where reading shall stop before its run has ended, and who waits for that. */
export class Finish {
  #target: { run: number; index: number } | undefined
  #waiting: PromiseWithResolvers<void> | undefined

  /** Undefined when nobody wants reading to stop. */
  get target(): Readonly<{ run: number; index: number }> | undefined {
    return this.#target
  }

  aim(run: number, index: number): void {
    this.#target = { run, index }
  }

  isReached(tracker: RunTracker): boolean {
    const target = this.#target
    if (target === undefined) return false
    return tracker.run > target.run || (tracker.run === target.run && tracker.isComplete(target.index))
  }

  /** Resolves when reading has stopped. */
  whenDone(): Promise<void> {
    this.#waiting ??= Promise.withResolvers<void>()
    return this.#waiting.promise
  }

  /** Reading has stopped. */
  done(): void {
    this.#target = undefined
    this.#waiting?.resolve()
    this.#waiting = undefined
  }
}
