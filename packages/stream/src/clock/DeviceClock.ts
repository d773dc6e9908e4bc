import type { Instant } from './ClockPieces.ts'
import { IntervalLine } from './IntervalLine.ts'

/** What a device's own clock showed at a sample. */
export interface DeviceMark {
  readonly index: number
  /** ms of the device's clock, without wraps. */
  readonly time: number
  /** ms */
  readonly uncertainty: number
}

/** ms from one sample to the next: no device is slower. */
const LONGEST_PERIOD = 1e7

/** The clock of a device, from what it showed at some samples of one run. */
export class DeviceClock {
  readonly #line = new IntervalLine({ span: Infinity, slopes: [0, LONGEST_PERIOD], wander: 0 })
  #count = 0
  #newest: DeviceMark | undefined

  get newest(): DeviceMark | undefined {
    return this.#newest
  }

  mark(mark: DeviceMark): void {
    const { index, time, uncertainty } = mark
    if (index <= (this.#newest?.index ?? -1)) return
    this.#newest = mark
    this.#count += 1
    if (!this.#line.add({ x: index, low: time - uncertainty, high: time + uncertainty })) this.#count = 1
  }

  /** What the device's clock shows at a sample; undefined before two marks. */
  timeOf(index: number): Instant | undefined {
    const found = this.#count < 2 ? undefined : this.#line.at(index)
    return found && { time: found.value, uncertainty: found.uncertainty }
  }
}

/** Counts the wraps of a device's clock: where it begins again at 0. */
export class Unwrapper {
  #newest: { readonly time: number; readonly at: number } | undefined

  /**
   * @param time what the device's clock shows, ms
   * @param wrap ms after which it begins again at 0
   * @param at when that came, ms on the clock of this machine: it tells how many times it has begun again
   */
  unwrap(time: number, wrap: number, at: number): number {
    const expected = this.#newest ? this.#newest.time + at - this.#newest.at : time
    const unwrapped = time + Math.round((expected - time) / wrap) * wrap
    this.#newest = { time: unwrapped, at }
    return unwrapped
  }
}
