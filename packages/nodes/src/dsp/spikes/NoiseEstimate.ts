/** Samples of a block that the estimate is made from; more would add little. */
const VALUES = 1000
/** Median of |x| of a normal distribution with deviation 1. */
const MAD_OF_NORMAL = 0.6744897501960817

/**
 * Centre and deviation of the noise of one channel, which the spikes in it hardly move: median and MAD / 0.6745 of blocks of
 * the signal (R. Quian Quiroga et al., Neural Computation 16, 2004, p. 1661, with the median of the block for its centre).
 * Each block is blended with what was known, and its estimate holds from the sample behind it. Samples that are not finite do
 * not count.
 */
export class NoiseEstimate {
  /** NaN before the first block is full; then `deviation` is Infinity, and nothing exceeds it. */
  centre = NaN
  deviation = Infinity
  readonly #blockLength: number
  readonly #step: number
  readonly #weight: number
  readonly #values = new Float64Array(VALUES)
  #count = 0
  #seen = 0

  /** @param blockLength samples; @param weight of a new block beside what was known, 0–1 */
  constructor(blockLength: number, weight: number) {
    this.#blockLength = blockLength
    this.#step = Math.ceil(blockLength / VALUES)
    this.#weight = weight
  }

  add(value: number): void {
    if (this.#seen % this.#step === 0 && value - value === 0) this.#values[this.#count++] = value
    this.#seen += 1
    if (this.#seen === this.#blockLength) this.#finishBlock()
  }

  /** The signal breaks off: the block begins anew, what is known stays. */
  breakOff(): void {
    this.#count = 0
    this.#seen = 0
  }

  #finishBlock(): void {
    const values = this.#values.subarray(0, this.#count)
    this.breakOff()
    if (values.length === 0) return
    const centre = median(values)
    for (let k = 0; k < values.length; k++) values[k] = Math.abs(values[k]! - centre)
    const deviation = median(values) / MAD_OF_NORMAL
    const weight = Number.isNaN(this.centre) ? 1 : this.#weight
    this.centre = weight === 1 ? centre : this.centre + weight * (centre - this.centre)
    this.deviation = weight === 1 ? deviation : this.deviation + weight * (deviation - this.deviation)
  }
}

/** Sorts the values. */
function median(values: Float64Array): number {
  values.sort()
  const middle = values.length >> 1
  return values.length % 2 === 1 ? values[middle]! : (values[middle - 1]! + values[middle]!) / 2
}
