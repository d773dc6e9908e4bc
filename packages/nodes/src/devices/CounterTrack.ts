/**
 * Numbers the samples of a stream by its counter and its times, so that what is missing shows.
 *
 * The counter says how far a sample is from the one before, up to whole cycles; the time says how many cycles. Where the
 * counter began anew, or there is none, time alone counts.
 */
export class CounterTrack {
  readonly #rate: number
  #modulus: number
  #counter: number | undefined
  #time = 0
  #index = -1
  #hasBegunAnew = false

  /** @param rate Hz; a counter counts the samples of one second, or of a part of it: that shows when it first wraps */
  constructor(rate: number) {
    this.#rate = rate
    this.#modulus = Math.max(1, Math.round(rate))
  }

  /** The source may have begun to count anew. */
  beginAnew(): void {
    this.#hasBegunAnew = true
  }

  /**
   * Number of this sample, from 0; undefined when it is one that came before.
   * @param counter what the source counted; undefined where it does not
   * @param time s
   */
  next(counter: number | undefined, time: number): number | undefined {
    const step = this.#index < 0 ? 1 : this.#step(counter, (time - this.#time) * this.#rate)
    if (step < 1) return undefined
    this.#index += step
    this.#counter = counter
    this.#time = time
    this.#hasBegunAnew = false
    return this.#index
  }

  #step(counter: number | undefined, byTime: number): number {
    if (counter === undefined || this.#counter === undefined || this.#hasBegunAnew) {
      // Times of a stream without a counter jitter: only a whole sample too many is a gap.
      return byTime < 2.5 ? 1 : Math.round(byTime)
    }
    const isNext = byTime > 0.5 && byTime < 1.5
    if (counter === 0 && isNext && this.#counter < this.#modulus) this.#modulus = this.#counter + 1
    const byCounter = (((counter - this.#counter) % this.#modulus) + this.#modulus) % this.#modulus
    const cycles = Math.max(0, Math.round((byTime - byCounter) / this.#modulus))
    return byCounter + cycles * this.#modulus
  }
}
