import { LossLedger } from '../LossLedger.ts'
import type { Gap, LedgerSnapshot } from '../LossLedger.ts'
import type { Accounting } from '../params.ts'
import type { HoleTuple, SideMessage } from '../side/messages.ts'

/** Accounts of earlier runs that are kept. */
const PAST_RUNS = 16
/** Runs behind the current one whose last index is remembered. */
const REMEMBERED = 100
const MAX_HOLES = 10_000

/** What an input knows of the runs of its output, and which run a chunk belongs to when its message does not say. */
export class RunTracker {
  readonly ledger: LossLedger
  /** Accounts of the runs before, newest last. */
  readonly past: LedgerSnapshot[] = []
  readonly #accounting: Accounting
  readonly #missing: 'lost' | 'skipped'
  /** Last index of runs that are over, or were replaced by another. */
  readonly #ends = new Map<number, number>()
  #latest = 0
  /** Run whose end a reader has seen. */
  #endSeen = -1
  readonly #ended = new Set<number>()
  /** Where runs were, as far as is known, when their output started again. */
  readonly #broken = new Map<number, number>()
  /** Everything that the output declared before this point is known. */
  #known = { run: 0, index: 0 }
  #holes = new Map<number, HoleTuple[]>()
  /** Runs up to this one are over and done with; their chunks are not wanted any more. */
  #floor = -1
  #joined = { run: 0, index: 0 }
  /** Messages of the runs from `run`, there from `index`, to `to` were given up, and may still come. */
  #givenUp: { run: number; index: number; to: number } | undefined

  constructor(accounting: Accounting, missing: 'lost' | 'skipped') {
    this.#accounting = accounting
    this.#missing = missing
    this.ledger = new LossLedger({ accounting, missing })
  }

  get run(): number {
    return this.ledger.run
  }

  get next(): number {
    return this.ledger.next ?? 0
  }

  /** Newest run that was heard of. */
  get latest(): number {
    return this.#latest
  }

  get head(): Readonly<{ run: number; index: number }> {
    return this.#known
  }

  /** Counting starts here. */
  join(run: number, from: number | undefined): void {
    this.#latest = Math.max(this.#latest, run)
    this.#floor = run - 1
    this.#joined = { run, index: from ?? -1 }
    this.ledger.startRun(run, from)
    this.#tellLedger(run)
  }

  /** The output is at least this far, and what it declared before is known. */
  reached(run: number, index: number): void {
    this.#latest = Math.max(this.#latest, run)
    if (run > this.#known.run || (run === this.#known.run && index > this.#known.index)) this.#known = { run, index }
  }

  /** Something that the output says. */
  hear(message: SideMessage): void {
    switch (message.kind) {
      case 'head':
      case 'mark':
      case 'synced':
        this.reached(message.run, message.index)
        break
      case 'run':
        this.#ends.set(message.previous, message.index)
        this.#ends.delete(message.previous - REMEMBERED)
        this.reached(message.run, 0)
        break
      case 'end':
      case 'goodbye':
        this.#ends.set(message.run, message.index)
        this.#ended.add(message.run)
        this.#ended.delete(message.run - REMEMBERED)
        this.reached(message.run, message.index)
        break
      case 'holes':
        this.#declare(message.run, message.holes)
        break
      default:
    }
  }

  #declare(run: number, holes: readonly HoleTuple[]): void {
    if (run < this.run) return
    const known = this.#holes.get(run) ?? []
    for (const hole of holes) {
      // They come in order; an output that is joined again tells them all once more.
      if (hole[1] <= (known.at(-1)?.[1] ?? -1)) continue
      known.push(hole)
      if (known.length > MAX_HOLES) known.shift()
      if (run === this.run) this.#tellLedgerOf(hole)
    }
    this.#holes.set(run, known)
  }

  #tellLedger(run: number): void {
    for (const hole of this.#holes.get(run) ?? []) this.#tellLedgerOf(hole)
  }

  #tellLedgerOf([from, to, cause]: HoleTuple): void {
    if (this.#accounting !== 'none') this.ledger.declare({ from, to, cause })
  }

  /** Closes the accounts up to `run` and opens its own, from 0. */
  open(run: number): void {
    this.#closeAccount()
    for (let missed = this.run + 1; missed < run; missed++) {
      this.past.push(this.ledger.startRun(missed, 0))
      this.#tellLedger(missed)
      this.#closeAccount()
    }
    this.past.push(this.ledger.startRun(run, 0))
    this.past.splice(0, this.past.length - PAST_RUNS)
    this.#tellLedger(run)
    for (const known of this.#holes.keys()) if (known < run) this.#holes.delete(known)
    this.#latest = Math.max(this.#latest, run)
  }

  /** Whatever of the current run has not come is missing now. */
  #closeAccount(): void {
    const end = this.#ends.get(this.run) ?? this.#broken.get(this.run)
    if (end !== undefined) this.settle(end)
  }

  /**
   * The output has started again: whatever it sends is of later runs, and the newest one so far ends here, unless more
   * of it may still be on its way.
   * @returns the number of its first run.
   */
  breakOff(isOver: boolean): number {
    const run = this.#latest
    if (!this.#ends.has(run)) {
      const known = this.#known.run === run ? this.#known.index : 0
      const end = Math.max(known, run === this.run ? this.next : 0)
      this.#broken.set(run, end)
      this.#broken.delete(run - REMEMBERED)
      if (isOver) this.#ends.set(run, end)
    }
    this.#latest = run + 1
    return run + 1
  }

  /** The current run was broken off, and it is not known that nothing of it is still on its way. */
  get isBreaking(): boolean {
    return this.#broken.has(this.run) && !this.#ends.has(this.run)
  }

  /** Nothing more comes of the current run, which was broken off. */
  endBroken(): void {
    this.#ends.set(this.run, Math.max(this.#broken.get(this.run) ?? 0, this.next))
  }

  /** Whether a chunk of the newest run cannot begin here. */
  goesBack(start: number): boolean {
    return this.#latest === this.run && start < this.next && this.#accounting !== 'none'
  }

  /** Index at which a run ended, as far as is known. */
  endOf(run: number): number | undefined {
    return this.#ends.get(run)
  }

  /** Nothing more of the current run shall be delivered. */
  leaveRun(): void {
    this.#floor = Math.max(this.#floor, this.run)
  }

  /** Whether the chunk was asked for: it is neither of a run that is done with, nor from before the joining. */
  isWanted(run: number, index: number): boolean {
    if (run <= this.#floor || run < this.run || run <= (this.#givenUp?.to ?? -1)) return false
    return run !== this.#joined.run || index > this.#joined.index || this.#accounting === 'none'
  }

  /**
   * Run and index behind the message that came last: messages come in order and once, so the next one is of a later place.
   * What was given up moves the account on, not this.
   */
  get place(): Readonly<{ run: number; index: number }> {
    return this.#givenUp ?? { run: this.run, index: this.next }
  }

  /** A message of `run` up to `index` came. */
  came(run: number, index: number): void {
    if (this.#givenUp === undefined || run < this.#givenUp.run) return
    this.#givenUp = run > this.#givenUp.to ? undefined : { ...this.#givenUp, run, index }
  }

  /** True when the chunk simply follows the one before. The first one of a run may be of the next: nothing came before it. */
  follows(start: number, index: number): boolean {
    const { next } = this.ledger
    if (start === 0 || this.#givenUp || this.#floor >= this.run || (next !== start && next !== undefined)) return false
    return (this.#latest === this.run || index <= (this.#ends.get(this.run) ?? -1)) && !this.ledger.isHole(start, index)
  }

  /** Whether a chunk cannot be of the run that messages came of until now: they come in order, and it has no samples there. */
  isLater(start: number, index: number): boolean {
    const { run, index: next } = this.place
    if (this.#accounting === 'none') return false
    return start < next || (run === this.run && this.ledger.isHole(start, index))
  }

  /**
   * The run of a chunk, from its place alone. Undefined when it is of none that is wanted, or when it may be of several:
   * then it is as good as lost, because in the wrong run it would be wrong data. Chunks come in the order they were sent,
   * so a run that was left shows in places that go on from where it was.
   */
  runOf(start: number, index: number): number | undefined {
    const { run: oldest, index: next } = this.place
    const isLater = this.isLater(start, index)
    const isLeft = oldest <= Math.max(this.#floor, this.#givenUp?.to ?? -1)
    if (isLeft && start >= next && index <= (this.#ends.get(oldest) ?? Infinity)) return undefined
    let found: number | undefined
    for (let run = Math.max(oldest, this.#floor + 1); run <= this.#latest; run++) {
      const isOver = run === oldest && isLater && run < this.#latest
      if (isOver || index > this.#reachOf(run)) continue
      if (found !== undefined && this.#accounting !== 'none') return undefined
      found ??= run
    }
    return found ?? (this.#latest > this.#floor ? this.#latest : undefined)
  }

  /** How far a run has come, as far as is known. */
  #reachOf(run: number): number {
    return this.#ends.get(run) ?? (this.#known.run === run ? this.#known.index : Infinity)
  }

  /** Where the current run ends, once the output has said so. */
  get end(): number | undefined {
    return this.#ended.has(this.run) ? this.#ends.get(this.run) : undefined
  }

  /** The end of the current run is known, and no reader was told. */
  get hasUnseenEnd(): boolean {
    return this.end !== undefined && this.#endSeen < this.run
  }

  /** A reader is told that the current run has ended. */
  seeEnd(): void {
    this.#endSeen = this.run
  }

  /** Where the current run was when another one began. */
  get replacedAt(): number | undefined {
    return this.#latest > this.run ? this.#ends.get(this.run) : undefined
  }

  /** Whether nothing of the current run before `index` is to come: it came, or the source does not have it. */
  isComplete(index: number): boolean {
    if (this.#accounting === 'none')
      return this.ledger.next === index || (this.ledger.next === undefined && index === 0)
    let at = this.next
    for (const [from, to] of this.#holes.get(this.run) ?? []) if (from <= at && at < to) at = to
    return at >= index
  }

  /** Gives up on what is missing before `index`. */
  settle(index: number): readonly Gap[] {
    if (this.#accounting === 'none') return []
    const { run, next } = this
    const isRestart = this.#broken.has(run) && this.#missing === 'lost'
    const gaps = isRestart ? this.ledger.lose(next, index, 'restart') : this.ledger.endAt(index)
    if (gaps.some(({ declared }) => !declared)) this.#givenUp = { run, index: next, ...this.#givenUp, to: run }
    return gaps
  }
}
