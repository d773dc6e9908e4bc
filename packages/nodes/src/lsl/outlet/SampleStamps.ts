/** Part of what a stamp is off that is put right with each chunk, and of the chunk's length at most: stamps never go back. */
const GAIN = 0.1
/** s beyond which it is put right at once. */
const STEP = 0.05

/**
 * Stamps of the samples of a regular stream, by the clock of the stream as far as it is known, and until then by when they came. What
 * is newly known of the clock bends the stamps and does not break them.
 */
export class SampleStamps {
  readonly #period: number
  #newest: { readonly index: number; readonly stamp: number } | undefined

  /** @param rate Hz, above 0 */
  constructor(rate: number) {
    this.#period = 1 / rate
  }

  /** Another run has begun, or nothing is known of how much is missing. */
  restart(): void {
    this.#newest = undefined
  }

  /**
   * Stamp of the last sample of a chunk, s.
   * @param index of that sample; @param count of the samples in it; @param now s, when it came
   * @param measured s, when that sample existed, if that is known
   */
  next({ index, count, now, measured }: { index: number; count: number; now: number; measured?: number }): number {
    const before = this.#newest
    const followed = before === undefined ? now : before.stamp + (index - before.index) * this.#period
    // Without a measured clock: a sample is never from the future.
    const target = measured ?? Math.min(followed, now)
    const error = target - followed
    const most = GAIN * count * this.#period
    const stamp = Math.abs(error) > STEP ? target : followed + Math.min(most, Math.max(-most, GAIN * error))
    this.#newest = { index, stamp }
    return stamp
  }
}
