import type { HoleTuple, SideMessage } from '../side/messages.ts'

/** Runs whose last index is remembered for inputs that come back. */
export const REMEMBERED_RUNS = 1000
/** Holes of all these runs that an input that comes later is still told one by one. */
const REMEMBERED_HOLES = 10_000

/** What the runs of an output were: where they ended, and what the source did not have. */
export class RunHistory {
  readonly #ends = new Map<number, number>()
  readonly #holes = new Map<number, HoleTuple[]>()
  #holeCount = 0

  /** Position in the log of the first chunk of each run. */
  readonly beginnings = new Map<number, number>()

  open(run: number, position: number): void {
    this.beginnings.set(run, position)
    this.beginnings.delete(run - 1 - REMEMBERED_RUNS)
  }

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

  /** Everything that was declared from run `from` to run `to`, in the order it was. */
  messages(from: number, to: number): SideMessage[] {
    const messages: SideMessage[] = []
    for (let run = from; run <= to; run++) {
      const holes = this.holesOf(run)
      if (holes.length > 0) messages.push({ kind: 'holes', run, holes })
      if (run < to) messages.push({ kind: 'run', run: run + 1, previous: run, index: this.endOf(run) })
    }
    return messages
  }

  #forgetHoles(run: number): void {
    this.#holeCount -= this.#holes.get(run)?.length ?? 0
    this.#holes.delete(run)
  }
}
