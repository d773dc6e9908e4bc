import type { Fault } from './faults.ts'

/** Makes the faults of a simulator happen at their times, which count from when its first client came. */
export class FaultScript {
  readonly #faults: readonly Fault[]
  readonly #inject: (fault: Fault) => void
  readonly #timers: NodeJS.Timeout[] = []
  #hasBegun = false

  constructor(faults: readonly Fault[], inject: (fault: Fault) => void) {
    this.#faults = faults
    this.#inject = inject
  }

  /** A client has come; only the first one counts. */
  begin(): void {
    if (this.#hasBegun) return
    this.#hasBegun = true
    for (const fault of this.#faults) {
      this.#timers.push(setTimeout(() => this.#inject(fault), fault.at * 1000))
    }
  }

  close(): void {
    this.#hasBegun = true
    for (const timer of this.#timers) clearTimeout(timer)
  }
}
