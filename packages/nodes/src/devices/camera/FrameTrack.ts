/** Intervals by which the usual one is judged. */
const MEMORY = 9
/** Intervals that must be known before one can be too long. */
const LEAST = 5
/** How many times the usual interval is too long for neighbours. */
const TOO_LONG = 1.5

/**
 * Numbers the frames of a camera by their times, so that dropped ones show: where an interval is more than one and a half times
 * the usual one (the median of the newest nine), the frames that would fit in between are missing.
 *
 * A camera that goes slower in the dark looks the same, until the new interval has become the usual one: some frames that
 * never were count as missing then.
 */
export class FrameTrack {
  readonly #intervals: number[] = []
  readonly #nominal: number
  #index = 0
  #last: { readonly time: number; readonly at: number } | undefined
  #isAnew = false

  /** @param frameRate frames per second that the camera promises */
  constructor(frameRate: number) {
    this.#nominal = 1 / frameRate
  }

  /** Number of the newest frame, from 1. */
  get index(): number {
    return this.#index
  }

  /**
   * @param time s by the camera's clock; NaN when it is not known
   * @param at s by this machine's clock, when the frame came
   * @returns how many frames are missing before this one
   */
  take(time: number, at: number): number {
    const missing = this.#last ? this.#missingSince(this.#last, time, at) : 0
    this.#last = { time, at }
    this.#index += 1 + missing
    return missing
  }

  /** The camera was opened anew: its times say nothing about what was missed, those of this machine do. */
  beginAnew(): void {
    this.#isAnew = true
  }

  #missingSince(last: { readonly time: number; readonly at: number }, time: number, at: number): number {
    const sorted = this.#intervals.toSorted((a, b) => a - b)
    const isKnown = sorted.length >= LEAST
    const usual = isKnown ? sorted[sorted.length >> 1]! : this.#nominal
    if (this.#isAnew) {
      this.#isAnew = false
      return Math.max(0, Math.round((at - last.at) / usual) - 1)
    }
    const interval = time - last.time
    if (!(interval > 0)) return 0
    this.#intervals.push(interval)
    if (this.#intervals.length > MEMORY) this.#intervals.shift()
    return isKnown && interval > TOO_LONG * usual ? Math.round(interval / usual) - 1 : 0
  }
}
