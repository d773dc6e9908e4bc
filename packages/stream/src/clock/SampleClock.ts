import { ClockPieces } from './ClockPieces.ts'
import { FEWEST_MARKS, fitEnvelope } from './fitEnvelope.ts'
import type { ClockLine, Mark } from './fitEnvelope.ts'
import { Thinned } from './Thinned.ts'

/** ms that one line spans before it is moved on: long against the jitter, short against changes of temperature. */
const SPAN = 40_000
/** ms that a hole may be long for the samples behind it to be counted on the same clock without doubt. */
const SHORT_HOLE = 250
/** ms that a mark has to be early, beyond twice the uncertainty, to show that samples were counted wrongly. */
const EARLY = 1
/** So many of the newest groups that are all late, compared with the others, show the same. */
const SHIFTED = 8
const SHIFT_FACTOR = 4
/** Uncertainty per spread of the marks: single ones may all be late by chance, the best of many hardly. */
const FACTOR_SINGLE = 5
const FACTOR_BEST = 3
/** ms */
const SHIFT_LEAST = 0.1

/**
 * Measures when the samples of one run existed, from marks of when chunks were sent. The line through the newest marks
 * (`fitEnvelope`) moves on with time and leaves pieces behind:
 *
 *   marks    ··································│ ······· │
 *   pieces   ├───── frozen ─────┼──── moving with the marks ──►
 *
 * It begins anew behind a long hole, and where samples turn out to be counted wrongly: they come earlier than they can,
 * or all of a sudden later than before.
 */
export class SampleClock {
  readonly #marks = new Thinned<Mark>({ span: SPAN, at: ({ time }) => time, better: (a, b) => this.#better(a, b) })
  readonly #pieces = new ClockPieces()
  /** Where the newest piece begins. */
  #from = 0
  #newest = -1
  #isFitted = true
  /** ms per sample, about. */
  #period = 0

  /** Times of all samples, as far as they are known. */
  get pieces(): ClockPieces {
    if (!this.#isFitted) {
      this.#isFitted = true
      const line = this.#fit()
      if (line) this.#pieces.put({ from: this.#from, ...line })
    }
    return this.#pieces
  }

  /** Sample `index` was sent at `time`, ms. */
  mark(index: number, time: number): void {
    if (index <= this.#newest) return
    this.#newest = index
    if (this.#isEarly(index, time)) this.#restart(index)
    if (this.#marks.willDrop) this.#freeze()
    this.#marks.add({ index, time })
    this.#isFitted = false
    if (this.#marks.isEven) this.#splitWhereShifted()
  }

  /** The source does not have the samples `[from, to)`. @param period ms per sample where it is not measured yet */
  hole(from: number, to: number, period: number): void {
    if (this.#newest < 0) return
    const measured = this.pieces.newest?.period ?? 0
    if ((to - from) * (measured || period) > SHORT_HOLE) this.#restart(to)
  }

  #restart(index: number): void {
    this.#pieces.put({ from: this.#from, ...(this.#fit() ?? blank(this.#from)) })
    this.#marks.keep(0)
    this.#from = index
    this.#pieces.blank(index)
    this.#isFitted = true
  }

  #better(a: Mark, b: Mark): Mark {
    return b.time - a.time < (b.index - a.index) * this.#period ? b : a
  }

  #fit(): ClockLine | undefined {
    const { items } = this.#marks
    if (items.length < FEWEST_MARKS) return undefined
    if (this.#marks.isEven) return this.#lineOf(items)
    // A group that has just begun may be late as a whole; what it says against the line counts at once.
    const line = this.#lineOf(items.slice(0, -1))
    return residual(line, items.at(-1) as Mark) < 0 ? this.#lineOf(items) : line
  }

  get #factor(): number {
    return this.#marks.groupSize < 4 ? FACTOR_SINGLE : FACTOR_BEST
  }

  #lineOf(marks: readonly Mark[]): ClockLine {
    const line = fitEnvelope(marks, this.#factor)
    this.#period = line.period
    return line
  }

  #isEarly(index: number, time: number): boolean {
    const { newest } = this.pieces
    if (newest === undefined || newest.period === 0) return false
    const usual = this.#pieces.timeOf(index)
    return usual !== undefined && time < usual.time - 2 * usual.uncertainty - EARLY
  }

  /** Before the oldest marks go: the samples that they were near to keep the line they helped to find. */
  #freeze(): void {
    const { items } = this.#marks
    if ((items[1] as Mark).index <= this.#from) return
    const line = this.#fit() as ClockLine
    this.#pieces.put({ from: this.#from, ...line })
    this.#from = (items[items.length >> 1] as Mark).index
    this.#pieces.put({ from: this.#from, ...line })
  }

  #splitWhereShifted(): void {
    const { items } = this.#marks
    const before = items.slice(0, -SHIFTED)
    if (before.length < FEWEST_MARKS) return
    const line = fitEnvelope(before, this.#factor)
    const limit = SHIFT_FACTOR * line.uncertainty + SHIFT_LEAST
    if (!items.slice(-SHIFTED).every((mark) => residual(line, mark) > limit)) return
    this.#pieces.put({ from: this.#from, ...line })
    this.#marks.keep(SHIFTED)
    this.#from = (this.#marks.items[0] as Mark).index
  }
}

function residual({ index, time, period }: ClockLine, mark: Mark): number {
  return mark.time - time - (mark.index - index) * period
}

function blank(from: number): ClockLine {
  return { index: from, time: 0, period: 0, uncertainty: 0, first: from, last: from }
}
