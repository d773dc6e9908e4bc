import { SpecError } from '../errors.ts'
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

/** What is known of a reading of a device's clock. */
export interface DeviceTimeOptions {
  /** ms that the reading may be wrong. Default 1. */
  uncertainty?: number
  /**
   * ms after which the device's clock begins again at 0; 2^32 / 1000 for 32 bits of µs. It is counted by the clock of this
   * machine, so it has to be more than twice of what data may be late. Default: it never does.
   */
  wrap?: number
}

export const DEFAULT_UNCERTAINTY = 1

/** @throws {SpecError} */
export function checkDeviceTime(index: number, time: number, options: DeviceTimeOptions, subject: string): void {
  const { uncertainty = DEFAULT_UNCERTAINTY, wrap = Infinity } = options
  const fail = (key: string, expected: string, got: number): never => {
    throw new SpecError({ subject: `${subject}: device time`, key, expected, got: String(got) })
  }
  if (!Number.isSafeInteger(index) || index < 0) fail('index', 'the number of a sample', index)
  if (!Number.isFinite(time)) fail('time', 'ms', time)
  if (!(uncertainty >= 0 && uncertainty < Infinity)) fail('uncertainty', 'ms, 0 or more', uncertainty)
  if (!(wrap > 0)) fail('wrap', 'ms, more than 0', wrap)
}

/** ms from one sample to the next: no device is slower. */
const LONGEST_PERIOD = 1e7

/** The clock of a device, from what it showed at some samples of one run. */
export class DeviceClock {
  readonly #line = new IntervalLine({ span: Infinity, slopes: [0, LONGEST_PERIOD], wander: 0 })
  #newest: DeviceMark | undefined

  get newest(): DeviceMark | undefined {
    return this.#newest
  }

  mark(mark: DeviceMark): void {
    const { index, time, uncertainty } = mark
    if (index <= (this.#newest?.index ?? -1)) return
    this.#newest = mark
    this.#line.add({ x: index, low: time - uncertainty, high: time + uncertainty })
  }

  /** What the device's clock shows at a sample; undefined before two marks that agree. */
  timeOf(index: number): Instant | undefined {
    const found = this.#line.size < 2 ? undefined : this.#line.at(index)
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
