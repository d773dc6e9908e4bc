/** s in which what a stamp said loses half of its weight. */
const HALF_TIME = 90
/** Variance of what is not known yet. */
const UNKNOWN = 1e10

/**
 * Smooths the stamps of a regular stream for a display: a line by recursive least squares through sample number and stamp, which forgets
 * slowly; the same numbers as liblsl's `proc_dejitter`. It knows of no gaps: after one, begin another.
 *
 * Source: liblsl 1.17, `time_postprocessor.cpp`.
 */
export class LslStampSmoother {
  readonly #forget: number
  readonly #isMonotone: boolean
  readonly #isRegular: boolean
  readonly #period: number
  #start: number | undefined
  #count = 0
  #w0 = 0
  #w1: number
  #p00 = UNKNOWN
  #p01 = 0
  #p11 = UNKNOWN
  #last = -Infinity

  /** @param rate Hz; 0: stamps stay as they are. @param options.monotone they never go back; default false */
  constructor(rate: number, { halfTime = HALF_TIME, monotone = false, smooth = true } = {}) {
    this.#isRegular = smooth && rate > 0
    this.#period = rate > 0 ? 1 / rate : 0
    this.#w1 = this.#period
    this.#forget = rate > 0 ? 2 ** (-1 / (rate * halfTime)) : 1
    this.#isMonotone = monotone
  }

  /** The stamp that the next sample should have had. */
  next(stamp: number): number {
    const smooth = this.#isRegular ? this.#smooth(stamp) : stamp
    if (!this.#isMonotone) return smooth
    return (this.#last = Math.max(smooth, this.#last))
  }

  #smooth(stamp: number): number {
    this.#start ??= Math.trunc(stamp)
    const t = stamp - this.#start
    const u = this.#count++
    const inverse = 1 / this.#forget
    const a = this.#p00 + u * this.#p01
    const b = this.#p01 + u * this.#p11
    const gain = 1 / (this.#forget + a + b * u)
    const error = t - (this.#w0 + u * this.#w1)
    this.#p00 = inverse * (this.#p00 - a * a * gain)
    this.#p01 = inverse * (this.#p01 - a * b * gain)
    this.#p11 = inverse * (this.#p11 - b * b * gain)
    this.#w0 += error * (this.#p00 + this.#p01 * u)
    this.#w1 += error * (this.#p01 + this.#p11 * u)
    return this.#w0 + u * this.#w1 + this.#start
  }
}
