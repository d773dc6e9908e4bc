/**
 * Numbers the samples of a stream by its counter and its times, so that what is missing shows.
 *
 * The counter says how far a sample is from the one before, up to whole cycles; the time says how many cycles. Where the
 * counter began anew, or contradicts the time, or there is none, time alone counts.
 */
export class CounterTrack {
  readonly #rate: number
  readonly #jitter: number
  readonly #nominal: number
  #modulus: number
  #counter: number | undefined
  #time = 0
  #index = -1
  #hasBegunAnew = false

  /**
   * @param rate Hz; a counter counts the samples of one second, or of a part of it: that shows when it first wraps
   * @param options.jitter samples by which the times of neighbours may differ from their distance, where no counter tells
   *   it. Default 1.5: the loss of one sample is not seen then, only that of more.
   */
  constructor(rate: number, { jitter = 1.5 }: { jitter?: number } = {}) {
    this.#rate = rate
    this.#jitter = jitter
    this.#nominal = Math.max(1, Math.round(rate))
    this.#modulus = this.#nominal
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
    if (counter === undefined || this.#counter === undefined || this.#hasBegunAnew) return this.#stepByTime(byTime)
    if (counter >= this.#modulus) this.#modulus = this.#nominal
    const isNext = byTime > 0.5 && byTime < 1.5
    const isWrap = counter === 0 && isNext && this.#nominal % (this.#counter + 1) === 0
    if (isWrap && this.#counter < this.#modulus) this.#modulus = this.#counter + 1
    const byCounter = (((counter - this.#counter) % this.#modulus) + this.#modulus) % this.#modulus
    const cycles = Math.max(0, Math.round((byTime - byCounter) / this.#modulus))
    const step = byCounter + cycles * this.#modulus
    // A counter that is far ahead of the time has jumped: nothing was lost.
    const far = this.#modulus / 8
    return byCounter > far && step - byTime > far ? this.#stepByTime(byTime) : step
  }

  #stepByTime(byTime: number): number {
    return Math.abs(byTime - 1) <= this.#jitter ? 1 : Math.round(byTime)
  }
}
