import type { Instant } from './ClockPieces.ts'
import { IntervalLine } from './IntervalLine.ts'

/** A question to another machine and its answer; `sent` and `returned` by our clock, the others by that machine's, ms. */
export interface RoundTrip {
  readonly sent: number
  readonly received: number
  readonly answered: number
  readonly returned: number
}

/** How another machine's monotonic clock stands against ours. Their zeros mean nothing: each counts from its start. */
export interface ClockOffsetStatus {
  /** ms that it is ahead of ours. */
  readonly offset: number
  /** ms; the true offset is within `offset ± uncertainty`. */
  readonly uncertainty: number
  /** Parts per million that it is faster than ours, and by how much that may be wrong. */
  readonly drift: number
  readonly driftUncertainty: number
}

/** ms that are looked back upon. */
const SPAN = 60_000
/** Clocks of computers differ by less, also while they are being set. */
const MOST_DRIFT = 500e-6
/** By how much the drift may change meanwhile: temperature, and time servers that are followed. */
const WANDER = 5e-6

/**
 * Measures the offset of another machine's clock from round trips, as NTP does (RFC 5905):
 *
 *   theirs  ──────received──answered──────►
 *                ╱               ╲
 *   ours    ──sent───────────────returned─►
 *
 * The question cannot have arrived before it was sent, nor the answer: so whatever the two ways took, the offset lies
 * between `answered - returned` and `received - sent`. The narrowest of these bounds, half a round trip to each side,
 * limit a straight line (`IntervalLine`).
 */
export class ClockOffset {
  readonly #line = new IntervalLine({ span: SPAN, slopes: [-MOST_DRIFT, MOST_DRIFT], wander: WANDER })

  get isKnown(): boolean {
    return !this.#line.isEmpty
  }

  /** @returns false when the other clock has jumped: its machine has started again, or has slept. */
  add({ sent, received, answered, returned }: RoundTrip): boolean {
    if (!(returned >= sent) || !(answered >= received)) return true
    const drift = ((returned - sent) / 2) * MOST_DRIFT
    const low = answered - returned - drift
    const high = received - sent + drift
    // A machine that says it took longer than we waited has another idea of a millisecond.
    return low > high || this.#line.add({ x: (sent + returned) / 2, low, high })
  }

  /** At `now` of our clock; undefined before the first answer. */
  at(now: number): ClockOffsetStatus | undefined {
    const found = this.#line.at(now)
    if (found === undefined) return undefined
    const { value, uncertainty, slope, slopeUncertainty } = found
    return { offset: value, uncertainty, drift: slope * 1e6, driftUncertainty: slopeUncertainty * 1e6 }
  }

  /** A moment of the other clock by ours. `now` is about when that was. */
  toOurs({ time, uncertainty }: Instant, now: number): Instant | undefined {
    const near = this.at(now)
    const there = near && this.at(time - near.offset)
    return there && { time: time - there.offset, uncertainty: uncertainty + there.uncertainty }
  }

  /** A moment of our clock by the other. */
  toTheirs(time: number): Instant | undefined {
    const there = this.at(time)
    return there && { time: time + there.offset, uncertainty: there.uncertainty }
  }
}
