import type { Accounting } from './params.ts'

/** Why samples are missing. `device`: they never existed; `skipped`: passed over on purpose. Others are losses. */
export type GapCause =
  'dropped' | 'overrun' | 'retention' | 'device' | 'torn' | 'disk' | 'restart' | 'damaged' | 'skipped' | (string & {})

/** Samples `[from, to)` that are missing. `declared`: the source itself says so, so that nothing was lost on the way. */
export interface Gap {
  readonly from: number
  readonly to: number
  readonly cause: GapCause
  readonly declared: boolean
}

/** Samples `[from, to)` that the source does not have, and why. */
export type HoleToSkip = Pick<Gap, 'from' | 'to' | 'cause'>

/** The account of one run, up to now. Numbers are samples, or messages where the stream counts those. */
export interface LedgerSnapshot {
  run: number
  /** First sample that was owed; null before anything is known. */
  joinedAt: number | null
  /** The next sample expected; null before anything is known. */
  next: number | null
  /** received + lost + skipped: what the source sent since `joinedAt`. */
  sent: number
  chunks: number
  received: number
  lost: number
  /** Passed over on purpose. */
  skipped: number
  /** Came again, and were not counted as received a second time. */
  duplicated: number
  /** Part of `lost`: overwritten while being read. */
  torn: number
  /** Never existed: holes that the source declares. */
  holes: number
  /** The newest ranges that are missing, oldest first. */
  gaps: Gap[]
  /** Ranges that are missing, also those no longer in `gaps`. */
  gapCount: number
}

/** What `note` found out about a chunk. */
export interface Noted {
  /** What is missing just before the chunk. */
  readonly gaps: readonly Gap[]
  /** Leading samples of the chunk that were received before. */
  readonly duplicated: number
}

export interface LedgerOptions {
  /** Default `samples`. With `none` everything counts as received. */
  accounting?: Accounting
  /** What samples are that do not come: lost (default), or skipped, for consumers that only want the newest. */
  missing?: 'lost' | 'skipped'
  /** Ranges kept; older ones are forgotten, the counters stay exact. Default 1000. */
  maxGaps?: number
}

const NO_GAPS: readonly Gap[] = Object.freeze([])
const CLEAN: Noted = Object.freeze({ gaps: NO_GAPS, duplicated: 0 })
/** Holes declared ahead of the data that are remembered; a source that declares more is not believed. */
const MAX_ANNOUNCED = 10_000

/**
 * Accounts for every sample of a run by its absolute index:
 *
 *   joinedAt                                                    next
 *   |                                                           |
 *   [ received ][ lost ][ received ][ hole ][ lost ][ received ].......[ hole announced ]
 *
 * sent = received + lost + skipped, and next - joinedAt = sent + holes, at any time. A hole may be declared before the
 * chunk after it comes, or later: then what was lost becomes a hole. Declaring needs the range to be listed still.
 */
export class LossLedger {
  readonly #accounting: Accounting
  readonly #missing: 'dropped' | 'skipped'
  readonly #maxGaps: number
  /** Missing ranges before `next`, ascending, none touching another of its kind. */
  #ranges: Gap[] = []
  #forgotten = 0
  /** Declared holes from `next` on, ascending, none overlapping. */
  #announced: Gap[] = []
  #run = 0
  #joinedAt: number | undefined
  #next: number | undefined
  #chunks = 0
  #received = 0
  #lost = 0
  #skipped = 0
  #duplicated = 0
  #torn = 0
  #holes = 0

  constructor({ accounting = 'samples', missing = 'lost', maxGaps = 1000 }: LedgerOptions = {}) {
    this.#accounting = accounting
    this.#missing = missing === 'lost' ? 'dropped' : 'skipped'
    this.#maxGaps = maxGaps
  }

  get run(): number {
    return this.#run
  }

  /** The next index expected; undefined before anything is known of this run. */
  get next(): number | undefined {
    return this.#next
  }

  /**
   * Closes the account and opens that of the next run. What comes before `joinedAt` is not owed; without it the first
   * chunk decides.
   * @returns the account that was closed.
   */
  startRun(run: number, joinedAt?: number): LedgerSnapshot {
    const closed = this.snapshot()
    this.#ranges = []
    this.#forgotten = 0
    this.#announced = []
    this.#run = run
    this.#joinedAt = joinedAt
    this.#next = joinedAt
    this.#chunks = this.#received = this.#lost = this.#skipped = 0
    this.#duplicated = this.#torn = this.#holes = 0
    return closed
  }

  /** A chunk of `count` samples came; `index` is that of its last sample, plus one. */
  note(index: number, count: number): Noted {
    this.#chunks++
    if (this.#accounting === 'none') {
      this.#received += count
      this.#next = index
      return CLEAN
    }
    const length = this.#accounting === 'messages' ? 1 : count
    const start = index - length
    if (this.#next === undefined || (this.#received === 0 && this.#next === this.#joinedAt && start < this.#next)) {
      this.#joinedAt = start
      this.#next = start
    }
    const expected = this.#next
    const isNew = index > expected
    const duplicated = start < expected ? Math.min(expected, index) - start : 0
    const gaps = start > expected ? this.#miss(expected, start, this.#missing) : NO_GAPS
    this.#duplicated += duplicated
    if (isNew) {
      this.#received += length - duplicated
      this.#advance(index)
    }
    return gaps === NO_GAPS && duplicated === 0 ? CLEAN : { gaps, duplicated }
  }

  /**
   * Samples `[from, to)` will not come, and why; anything before them that did not come is missing too.
   * @returns what is missing now that was not before.
   */
  lose(from: number, to: number, cause: GapCause): readonly Gap[] {
    if (this.#accounting === 'none') {
      this.#count({ from, to, cause, declared: false }, 1)
      return NO_GAPS
    }
    if (this.#next === undefined) {
      this.#joinedAt = from
      this.#next = from
    }
    const expected = this.#next
    if (to <= expected) return NO_GAPS
    const start = Math.max(from, expected)
    const gaps = [...this.#miss(expected, start, this.#missing), ...this.#miss(start, to, cause)]
    this.#advance(to)
    return gaps
  }

  /**
   * Samples `[from, to)`, which were received, turn out to be worth nothing.
   * @returns what is missing now that was not before.
   */
  retract(from: number, to: number, cause: GapCause): readonly Gap[] {
    const gap: Gap = { from, to, cause, declared: false }
    this.#received -= this.#accounting === 'messages' ? 1 : to - from
    this.#chunks--
    this.#count(gap, 1)
    if (this.#accounting === 'none') return NO_GAPS
    append(this.#ranges, gap)
    this.#forgetOldest()
    return [gap]
  }

  /** The run ends at `index`: what has not come by now is missing. @returns that. */
  endAt(index: number): readonly Gap[] {
    return this.lose(this.#next ?? index, index, this.#missing)
  }

  /**
   * The source says that samples `[from, to)` never existed. Samples that were received stay received.
   * @returns what counted as missing until now and is a hole instead.
   */
  declare(hole: { from: number; to: number; cause?: GapCause }): readonly Gap[] {
    const { from, to, cause = 'device' } = hole
    const isRange = Number.isSafeInteger(from) && Number.isSafeInteger(to) && from < to
    if (!isRange || this.#accounting === 'none') return NO_GAPS
    const next = this.#next
    if (next === undefined || to > next)
      this.#announce({ from: Math.max(from, next ?? from), to, cause, declared: true })
    return next === undefined || from >= next ? NO_GAPS : this.#reclassify({ from, to, cause, declared: true })
  }

  /** Whether the source has said that it does not have some of `[from, to)`, which lies ahead. */
  isHole(from: number, to: number): boolean {
    for (const hole of this.#announced) {
      if (hole.from >= to) return false
      if (hole.to > from) return true
    }
    return false
  }

  /** The account of this run as plain data. */
  snapshot(): LedgerSnapshot {
    return {
      run: this.#run,
      joinedAt: this.#joinedAt ?? null,
      next: this.#next ?? null,
      sent: this.#received + this.#lost + this.#skipped,
      chunks: this.#chunks,
      received: this.#received,
      lost: this.#lost,
      skipped: this.#skipped,
      duplicated: this.#duplicated,
      torn: this.#torn,
      holes: this.#holes,
      gaps: [...this.#ranges],
      gapCount: this.#forgotten + this.#ranges.length
    }
  }

  /** Enters `[from, to)` as missing, except what was announced as a hole. */
  #miss(from: number, to: number, cause: GapCause): readonly Gap[] {
    if (from >= to) return NO_GAPS
    const pieces: Gap[] = []
    let at = from
    for (const hole of this.#announced) {
      if (hole.from >= to) break
      if (hole.to <= at) continue
      if (hole.from > at) pieces.push({ from: at, to: hole.from, cause, declared: false })
      pieces.push({ ...hole, from: Math.max(at, hole.from), to: Math.min(to, hole.to) })
      at = Math.min(to, hole.to)
    }
    if (at < to) pieces.push({ from: at, to, cause, declared: false })
    for (const piece of pieces) {
      this.#count(piece, 1)
      append(this.#ranges, piece)
    }
    this.#forgetOldest()
    return pieces
  }

  #count({ from, to, cause, declared }: Gap, sign: 1 | -1): void {
    const length = sign * (to - from)
    if (declared) this.#holes += length
    else if (cause === 'skipped') this.#skipped += length
    else this.#lost += length
    if (!declared && cause === 'torn') this.#torn += length
  }

  #advance(next: number): void {
    this.#next = next
    let passed = 0
    while (passed < this.#announced.length && this.#announced[passed]!.to <= next) passed++
    if (passed > 0) this.#announced.splice(0, passed)
  }

  /** Remembers a hole that lies ahead; of what overlaps, the earlier declaration holds. */
  #announce(hole: Gap): void {
    const last = this.#announced.at(-1)
    if (!last || hole.from >= last.to) {
      if (this.#announced.length < MAX_ANNOUNCED) append(this.#announced, hole)
      return
    }
    const merged: Gap[] = []
    let at = hole.from
    for (const known of this.#announced) {
      if (at < hole.to && known.to > at) {
        if (known.from > at) merged.push({ ...hole, from: at, to: Math.min(known.from, hole.to) })
        at = Math.max(at, Math.min(known.to, hole.to))
      }
      merged.push(known)
    }
    if (at < hole.to) merged.push({ ...hole, from: at })
    merged.sort((a, b) => a.from - b.from)
    if (merged.length <= MAX_ANNOUNCED) this.#announced = merged
  }

  /** Turns what is listed as missing within a hole into a part of it. */
  #reclassify(hole: Gap): readonly Gap[] {
    const turned: Gap[] = []
    const ranges: Gap[] = []
    for (const range of this.#ranges) {
      const from = Math.max(range.from, hole.from)
      const to = Math.min(range.to, hole.to)
      if (range.declared || from >= to) {
        append(ranges, range)
        continue
      }
      const part = { ...hole, from, to }
      if (range.from < from) append(ranges, { ...range, to: from })
      append(ranges, part)
      if (to < range.to) append(ranges, { ...range, from: to })
      this.#count({ ...range, from, to }, -1)
      this.#count(part, 1)
      turned.push(part)
    }
    this.#ranges = ranges
    this.#forgetOldest()
    return turned
  }

  #forgetOldest(): void {
    const extra = this.#ranges.length - this.#maxGaps
    if (extra <= 0) return
    this.#ranges.splice(0, extra)
    this.#forgotten += extra
  }
}

/** Adds a range at the end, or lengthens the last one when it is of the same kind and adjacent. */
function append(ranges: Gap[], range: Gap): void {
  const last = ranges.at(-1)
  const continues = last?.to === range.from && last.cause === range.cause && last.declared === range.declared
  if (continues) ranges[ranges.length - 1] = { ...last, to: range.to }
  else ranges.push(range)
}
