/** s by which the sample numbers may be ahead of the times, and still tell a gap. */
const TOLERANCE = 1

/**
 * Numbers the blocks of a stream from 0 by the source's own sample numbers, so that what is missing shows. Where those begin
 * anew, or jump to where they cannot be, the times of the blocks say how much is missing.
 */
export class SampleTrack {
  readonly #rate: number
  /** Source's number of our sample 0; undefined before the first block. */
  #zero: number | undefined
  #start = 0
  #end = 0
  #time = 0
  #hasBegunAnew = false

  /** @param rate Hz */
  constructor(rate: number) {
    this.#rate = rate
  }

  /** The source may count from another number from here on: its numbers count only where they agree with the times. */
  beginAnew(): void {
    this.#hasBegunAnew = true
  }

  /**
   * Index of the first sample of a block; undefined when the block came before.
   * @param sampleNumber of its first sample; @param count samples; @param time s
   */
  place(sampleNumber: number, count: number, time: number): number | undefined {
    const index = this.#zero === undefined ? 0 : this.#next(sampleNumber, time)
    if (index === undefined) return undefined
    this.#zero = sampleNumber - index
    this.#start = index
    this.#end = index + count
    this.#time = time
    this.#hasBegunAnew = false
    return index
  }

  /** Index of the sample that the source numbers so; undefined before the first block. */
  indexOf(sampleNumber: number): number | undefined {
    return this.#zero === undefined ? undefined : sampleNumber - this.#zero
  }

  #next(sampleNumber: number, time: number): number | undefined {
    const index = sampleNumber - this.#zero!
    const byTime = this.#start + Math.round((time - this.#time) * this.#rate)
    const isBack = index < this.#end
    const isAhead = index > Math.max(byTime, this.#end) + TOLERANCE * this.#rate
    const isBehind = this.#hasBegunAnew && index < byTime - TOLERANCE * this.#rate
    if (!isBack && !isAhead && !isBehind) return index
    // What is sent twice has its time with it.
    if (isBack && !this.#hasBegunAnew && time <= this.#time) return undefined
    return Math.max(this.#end, byTime)
  }
}
