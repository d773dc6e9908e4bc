import type { HoleTuple } from '../side/messages.ts'

/** Runs whose last index is remembered for inputs that come back. */
export const REMEMBERED_RUNS = 1000
/** Holes of all these runs that an input that comes later is still told one by one. */
const REMEMBERED_HOLES = 10_000

/** What the runs of an output were: where they ended, and what the source did not have. */
export class RunHistory {
  readonly #ends = new Map<number, number>()
  readonly #holes = new Map<number, HoleTuple[]>()
  #holeCount = 0

  close(run: number, index: number): void {
    this.#ends.set(run, index)
    this.#ends.delete(run - REMEMBERED_RUNS)
    this.#forgetHoles(run - REMEMBERED_RUNS)
  }

  readonly endOf = (run: number): number => this.#ends.get(run) ?? 0

  addHole(run: number, hole: HoleTuple): void {
    for (const oldest of this.#holes.keys()) {
      if (this.#holeCount < REMEMBERED_HOLES || oldest === run) break
      this.#forgetHoles(oldest)
    }
    if (this.#holeCount >= REMEMBERED_HOLES) return
    this.#holeCount += 1
    const known = this.#holes.get(run)
    if (known === undefined) this.#holes.set(run, [hole])
    else known.push(hole)
  }

  holesOf(run: number): readonly HoleTuple[] {
    return [...(this.#holes.get(run) ?? [])]
  }

  #forgetHoles(run: number): void {
    this.#holeCount -= this.#holes.get(run)?.length ?? 0
    this.#holes.delete(run)
  }
}
