import { Thinned } from './Thinned.ts'

/** At `x` the value is between `low` and `high`. */
export interface Interval {
  readonly x: number
  readonly low: number
  readonly high: number
}

/** What is known of a value that changes evenly. */
export interface LineEstimate {
  readonly value: number
  /** The value is within `value ± uncertainty`. */
  readonly uncertainty: number
  /** Change of the value per unit of x, and by how much it may differ. */
  readonly slope: number
  readonly slopeUncertainty: number
}

export interface IntervalLineOptions {
  /** What is looked back upon, in units of x. */
  readonly span: number
  /** Bounds of the slope that are known beforehand. */
  readonly slopes: readonly [least: number, greatest: number]
  /** By how much the slope itself may change meanwhile. */
  readonly wander: number
}

/**
 * A value of which only bounds are measured, such as the difference of two clocks: it changes along a line that passes
 * through all of the intervals. What is not excluded by any of them is the uncertainty, so no assumption is made on how
 * errors are distributed.
 *
 *   value │     ┬
 *         │  ┬  │  ┬   ╱┬      ┬ an interval
 *         │  │╱╱┴╱╱│╱╱╱ ┴      ╱ lines that pass through all
 *         │ ╱┴     ┴
 *         └──────────────── x
 */
export class IntervalLine {
  readonly #options: IntervalLineOptions
  readonly #intervals: Thinned<Interval>
  #slopes: { slope: number; uncertainty: number } | undefined

  constructor(options: IntervalLineOptions) {
    this.#options = options
    const better = (a: Interval, b: Interval): Interval => (a.high - a.low < b.high - b.low ? a : b)
    this.#intervals = new Thinned({ span: options.span, at: ({ x }) => x, better })
  }

  get isEmpty(): boolean {
    return this.#intervals.items.length === 0
  }

  /** Intervals that it passes through. */
  get size(): number {
    return this.#intervals.items.length
  }

  /**
   * Takes another interval in; x goes forward. Older ones that no line has in common with it are forgotten.
   * @returns false when not even the one before fits: the value has jumped.
   */
  add(interval: Interval): boolean {
    const before = this.#intervals.items.at(-1)
    const isJump = before !== undefined && !canFollow(before, interval, this.#options)
    if (isJump) this.#intervals.keep(0)
    this.#intervals.add(interval)
    this.#slopes = undefined
    while (this.#intervals.items.length > 1 && !this.#isPossible(interval.x)) {
      this.#intervals.keep(this.#intervals.items.length >> 1)
      this.#slopes = undefined
    }
    return !isJump
  }

  #isPossible(x: number): boolean {
    const { uncertainty } = this.#slope()
    if (uncertainty < 0) return false
    const [low, high] = this.#boundsAt(x)
    return low <= high
  }

  /** The slopes that every pair of intervals allows. */
  #slope(): { slope: number; uncertainty: number } {
    if (this.#slopes) return this.#slopes
    const { wander } = this.#options
    let [least, greatest] = this.#options.slopes
    const { items } = this.#intervals
    for (const [i, earlier] of items.entries()) {
      for (let j = i + 1; j < items.length; j++) {
        const later = items[j] as Interval
        const distance = later.x - earlier.x
        if (distance <= 0) continue
        least = Math.max(least, (later.low - earlier.high) / distance - wander)
        greatest = Math.min(greatest, (later.high - earlier.low) / distance + wander)
      }
    }
    return (this.#slopes = { slope: (least + greatest) / 2, uncertainty: (greatest - least) / 2 })
  }

  #boundsAt(x: number): [low: number, high: number] {
    const { slope, uncertainty } = this.#slope()
    const spread = uncertainty + this.#options.wander
    let low = -Infinity
    let high = Infinity
    for (const interval of this.#intervals.items) {
      const distance = x - interval.x
      const change = distance === 0 ? 0 : slope * distance
      const margin = distance === 0 ? 0 : spread * Math.abs(distance)
      low = Math.max(low, interval.low + change - margin)
      high = Math.min(high, interval.high + change + margin)
    }
    return [low, high]
  }

  /** The value at `x`; undefined before anything is known of it. */
  at(x: number): LineEstimate | undefined {
    const { slope, uncertainty } = this.#slope()
    const [low, high] = this.#boundsAt(x)
    if (!Number.isFinite(high - low) || !Number.isFinite(slope)) return undefined
    return {
      value: (low + high) / 2,
      uncertainty: Math.abs(high - low) / 2,
      slope,
      slopeUncertainty: uncertainty + this.#options.wander
    }
  }

  clear(): void {
    this.#intervals.keep(0)
    this.#slopes = undefined
  }
}

function canFollow(before: Interval, { x, low, high }: Interval, { slopes, wander }: IntervalLineOptions): boolean {
  const distance = x - before.x
  const [least, greatest] = slopes
  const margin = wander * distance
  // Nothing is infinitely steep within no time.
  const rise = distance === 0 ? 0 : greatest * distance
  const fall = distance === 0 ? 0 : least * distance
  return low <= before.high + rise + margin && high >= before.low + fall - margin
}
