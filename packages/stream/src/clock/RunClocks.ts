import type { ClockPieces } from './ClockPieces.ts'
import type { DeviceClock } from './DeviceClock.ts'

/** What is known of the times of one run. */
export interface RunClock {
  readonly pieces: ClockPieces
  readonly device: DeviceClock
}

/** Runs that are remembered. */
const RUNS = 16

/** The clocks of the latest runs. */
export class RunClocks<C extends RunClock> {
  readonly #make: () => C
  readonly #runs = new Map<number, C>()

  constructor(make: () => C) {
    this.#make = make
  }

  get(run: number): C | undefined {
    return this.#runs.get(run)
  }

  /** Those of `run` and later ones. */
  from(run: number): (readonly [run: number, clock: C])[] {
    return [...this.#runs].filter(([candidate]) => candidate >= run)
  }

  /** The clock of that run; a new one when there is none yet. */
  open(run: number): C {
    const known = this.#runs.get(run)
    if (known) return known
    const clock = this.#make()
    this.#runs.set(run, clock)
    for (const oldest of this.#runs.keys()) {
      if (this.#runs.size <= RUNS) break
      this.#runs.delete(oldest)
    }
    return clock
  }
}
