/** s of stamps that are looked at together: the least late one of them counts. */
const WINDOW = 0.25
/** How much of what a window was off the line is put right at once, and how much of it is taken for a wrong rate. */
const PHASE_GAIN = 0.5
const RATE_GAIN = 0.1
/** Part of the nominal rate by which the real one may differ. */
const RATE_LIMIT = 0.02
/** Windows in which the rate is being found, and s that the line may be off meanwhile, and later. */
const LEARNING = 8
const LEARNING_DRIFT = 0.025
const DRIFT = 25e-6
/** Share of the spread that is left after each window: what was seen once is forgotten after some seconds. */
const DECAY = 0.97

interface Window {
  readonly start: number
  /** Of the least late stamp. */
  index: number
  least: number
  most: number
  sum: number
  count: number
}

/**
 * The stamps that samples should have: a line along the lower edge of those that they had, since what is late in the sender makes a
 * stamp later and never earlier. It follows the real rate, which is never quite the nominal one.
 */
export class StampLine {
  readonly #nominal: number
  #period: number
  #index = 0
  #stamp = NaN
  #window = emptyWindow(NaN, 0)
  #windows = 0
  /** s that the least late stamp of a window was off the line, that stamps were late on average, and at most. */
  #edge = 0
  #usual = 0
  #spread = 0

  /** @param rate Hz */
  constructor(rate: number) {
    this.#nominal = 1 / rate
    this.#period = 1 / rate
  }

  get isKnown(): boolean {
    return !Number.isNaN(this.#stamp)
  }

  /** s from one sample to the next. */
  get period(): number {
    return this.#period
  }

  /** s that stamps have been late without a loss. */
  get spread(): number {
    return this.#spread
  }

  /** s that a stamp, or the least late of some, may be off the line without meaning anything. */
  get tolerance(): number {
    const drift = this.#windows < LEARNING ? LEARNING_DRIFT : DRIFT
    return 2 * this.#edge + this.#usual + drift
  }

  stampOf(index: number): number {
    return this.#stamp + (index - this.#index) * this.#period
  }

  /** The line goes through this sample, at the rate as it is known. */
  begin(index: number, stamp: number): void {
    this.#index = index
    this.#stamp = stamp
    this.#window = emptyWindow(stamp, index)
  }

  /** Samples were lost, and this much later all stamps are: the line stays where it is, counted on. */
  move(lost: number, late: number): void {
    this.#index += lost
    this.#stamp += late
    this.#window = emptyWindow(this.#stamp, this.#index)
  }

  note(index: number, stamp: number): void {
    const late = stamp - this.stampOf(index)
    const window = this.#window
    window.most = Math.max(window.most, late)
    window.sum += late
    window.count += 1
    if (late < window.least) {
      window.least = late
      window.index = index
    }
    if (stamp - window.start >= WINDOW) this.#close(stamp)
  }

  #close(stamp: number): void {
    const { least, index, most, start, sum, count } = this.#window
    const seconds = Math.max(WINDOW, stamp - start)
    const drift = (least / seconds) * this.#period * (this.#windows < LEARNING ? PHASE_GAIN : RATE_GAIN)
    const phase = this.stampOf(index) + PHASE_GAIN * least
    this.#index = index
    this.#stamp = phase
    const limit = RATE_LIMIT * this.#nominal
    this.#period = Math.min(this.#nominal + limit, Math.max(this.#nominal - limit, this.#period + drift))
    this.#edge = Math.max(Math.abs(least), this.#edge * DECAY)
    this.#spread = Math.max(most - least, this.#spread * DECAY)
    this.#usual += (sum / count - least - this.#usual) * (this.#windows < LEARNING ? PHASE_GAIN : RATE_GAIN)
    this.#windows += 1
    this.#window = emptyWindow(stamp, index)
  }
}

function emptyWindow(start: number, index: number): Window {
  return { start, index, least: Infinity, most: 0, sum: 0, count: 0 }
}
