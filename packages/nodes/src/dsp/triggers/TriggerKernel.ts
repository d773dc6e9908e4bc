import { PositionQueue } from '../PositionQueue.ts'

export const FRONTS = ['+', '-'] as const
export const DEBOUNCE_MODES = ['no-debounce', 'after-stable', 'before-stable'] as const

/** What a trigger fires on. */
export interface TriggerRule {
  readonly threshold: number
  /** `+`: upwards through the threshold, `-`: downwards. */
  readonly front: (typeof FRONTS)[number]
  readonly mode: (typeof DEBOUNCE_MODES)[number]
  /** d of the rules below, samples; at least 1 where there is a debounce. */
  readonly debounce: number
}

/**
 * Finds where a signal crosses a threshold. For front `+` a crossing at sample k is x[k-1] <= threshold < x[k], and k is
 * its position. Of these count, with d samples of debounce:
 *
 *   no-debounce     all
 *   after-stable    those with no sample of [k, k+d) below the threshold: the last of a burst
 *   before-stable   those with no sample of [k+d, k+2d) below and none of [k-d, k) above: the first of a burst
 *
 * Front `-` is the mirror image. NaN is neither above nor below: nothing crosses from it or to it, and it objects to
 * nothing. What a rule looks at must have come without a gap; before-stable thus needs d samples before a crossing.
 *
 * A sample is looked at once, and what is kept is the crossings that still wait, so that the result does not depend on how
 * the signal is cut. A position is given out with the sample k+d (after-stable) or k+2d (before-stable), as in pyacq.
 *
 * Ported from pyacq/dsp/trigger.py. Other than there, the first chunk counts like any other.
 */
export class TriggerKernel {
  /** Positions that the last `process` found, in order. Take them out before the next call. */
  readonly found = new PositionQueue()
  /** Crossings that could not be decided, as the signal broke off behind them. */
  undecided = 0
  #rule: TriggerRule
  #stableFrom = 0
  #decidedAfter = 0
  readonly #waiting = new PositionQueue()
  /** Index of the sample that has to come next. */
  #next = NaN
  #since = NaN
  #previous = NaN
  #lastBeyond = -Infinity

  constructor(rule: TriggerRule) {
    this.#rule = rule
    this.setRule(rule)
  }

  /** Another rule begins afresh, as behind a gap. */
  setRule(rule: TriggerRule): void {
    this.breakOff()
    const { mode, debounce } = rule
    this.#rule = rule
    this.#stableFrom = mode === 'before-stable' ? debounce : 0
    this.#decidedAfter = mode === 'no-debounce' ? 0 : this.#stableFrom + debounce
  }

  /** The signal does not go on where it was: what waits will never be decided. */
  breakOff(): void {
    this.undecided += this.#waiting.length
    this.#waiting.clear()
    this.#next = NaN
  }

  /** Looks at the first `count` values of `samples`, the first of which is sample `first` of the stream. */
  process(samples: Float64Array, count: number, first: number): void {
    if (first !== this.#next) this.#begin(first)
    this.#next = first + count
    if (this.#rule.front === '+') this.#scan(samples, count, first)
    else this.#scanMirrored(samples, count, first)
  }

  #begin(first: number): void {
    this.breakOff()
    this.#since = first
    this.#previous = NaN
    this.#lastBeyond = -Infinity
  }

  #scan(samples: Float64Array, count: number, first: number): void {
    const { threshold } = this.#rule
    let previous = this.#previous
    for (let k = 0; k < count; k++) {
      const value = samples[k]!
      if (this.#waiting.length > 0) this.#judge(first + k, value < threshold)
      if (value > threshold) {
        if (previous <= threshold) this.#cross(first + k)
        this.#lastBeyond = first + k
      }
      previous = value
    }
    this.#previous = previous
  }

  #scanMirrored(samples: Float64Array, count: number, first: number): void {
    const { threshold } = this.#rule
    let previous = this.#previous
    for (let k = 0; k < count; k++) {
      const value = samples[k]!
      if (this.#waiting.length > 0) this.#judge(first + k, value > threshold)
      if (value < threshold) {
        if (previous >= threshold) this.#cross(first + k)
        this.#lastBeyond = first + k
      }
      previous = value
    }
    this.#previous = previous
  }

  /** A crossing at `position`, whose own sample has not been entered as the last one beyond the threshold. */
  #cross(position: number): void {
    const { mode, debounce } = this.#rule
    if (mode === 'no-debounce') this.found.push(position)
    else if (mode === 'after-stable' || this.#isQuiet(position - debounce)) this.#waiting.push(position)
  }

  #isQuiet(from: number): boolean {
    return from >= this.#since && this.#lastBeyond < from
  }

  /** What sample `position` means for the crossings that wait. They are in order, and so are their windows. */
  #judge(position: number, isBack: boolean): void {
    const waiting = this.#waiting
    while (waiting.head + this.#decidedAfter <= position) this.found.push(waiting.shift())
    if (isBack) while (waiting.head + this.#stableFrom <= position) waiting.shift()
  }
}
