/** ms of arrivals of which the earliest counts. */
const WINDOW = 250
/** Windows that must agree before samples are taken for lost. */
const WINDOWS = 4
/** ms that samples must be late, all the time, to be taken for lost: no server changes its delay by so much. */
const LEAST_LAG = 80
/** The same where the device itself has said that it lost samples. */
const LEAST_REPORTED_LAG = 5
/** ms by which a device's clock may go slow in one window: 0.4 %, ten times the worst sound card. */
const DRIFT = 1

/** Samples that came at one time. */
export interface Arrival {
  readonly count: number
  /** ms on a monotonic clock. */
  readonly at: number
}

/**
 * Finds samples that are missing in a stream without counters, by when the others come.
 *
 * ```
 *   delay   when a piece came − when its last sample was due, at the nominal rate
 *
 *           ·   ·         ·     ·
 *          · ·.· ·.   .·. ·. . · ·          ___·_·.__·   only a loss lifts even the earliest piece, and for good
 *   usual ___________________·_____________|
 * ```
 * Delays come and go; whatever stopped on the way comes later in a burst, which has the usual delay at its end. What is lost
 * never comes: from then on even the earliest piece of each window is late, by the duration of what is missing. After a
 * second of that it is taken for lost. Less than 80 ms cannot be told from a change of the delay.
 */
export class SampleLag {
  readonly #rate: number
  #index = 0
  #usual = Infinity
  #windowEnd = -Infinity
  #least = Infinity
  /** Delays of the newest windows that lay above the usual one, oldest first. */
  #lags: number[] = []
  #threshold = LEAST_LAG
  /** Windows for which a loss that the device has told of is still looked for. */
  #expected = 0

  /** @param rate Hz */
  constructor(rate: number) {
    this.#rate = rate
  }

  /** Samples so far, with those that are missing. */
  get index(): number {
    return this.#index
  }

  /** Samples came. Gives how many were found missing; they count before these. */
  take({ count, at }: Arrival): number {
    this.#index += count
    const missing = at >= this.#windowEnd ? this.#judge(at) : 0
    this.#least = Math.min(this.#least, this.#delay(at))
    return missing
  }

  /** The device has said that it lost samples. */
  expectLoss(): void {
    this.#threshold = LEAST_REPORTED_LAG
    this.#expected = 4 * WINDOWS
    this.#lags = []
  }

  /**
   * Samples came again after an outage, piece by piece: gives how many went missing in it, by the clock, and counts on from
   * there. The more pieces, the likelier that one of them had no more than the usual delay.
   */
  resume(arrivals: readonly Arrival[]): number {
    const usual = Math.min(this.#usual, this.#least)
    let least = Infinity
    for (const { count, at } of arrivals) {
      this.#index += count
      least = Math.min(least, this.#delay(at))
    }
    const missing = usual === Infinity ? 0 : this.#samples(least - usual)
    this.#index += missing
    this.#beginWindow(arrivals.at(-1)?.at ?? 0)
    this.#lags = []
    return missing
  }

  #delay(now: number): number {
    return now - (1000 * this.#index) / this.#rate
  }

  #samples(lag: number): number {
    return Math.max(0, Math.round((lag * this.#rate) / 1000))
  }

  #beginWindow(now: number): void {
    this.#windowEnd = now + WINDOW
    this.#least = Infinity
  }

  #judge(now: number): number {
    const least = this.#least
    this.#beginWindow(now)
    if (least === Infinity) return 0
    if (this.#expected > 0 && --this.#expected === 0) this.#threshold = LEAST_LAG
    const lag = least - this.#usual
    if (!(lag >= this.#threshold)) {
      // The clocks drift apart, and a piece may once have come sooner than ever again.
      this.#usual = Math.min(least, this.#usual + DRIFT)
      this.#lags = []
      return 0
    }
    this.#lags.push(lag)
    if (this.#lags.length < WINDOWS) return 0
    const newest = this.#lags.slice(-WINDOWS)
    const smallest = Math.min(...newest)
    // A burst in progress: the delay still goes down.
    if (Math.max(...newest) - smallest > this.#threshold / 2) return 0
    this.#lags = []
    this.#threshold = LEAST_LAG
    this.#expected = 0
    const missing = this.#samples(smallest)
    this.#index += missing
    return missing
  }
}
