import { LeastDelay } from './LeastDelay.ts'

/** What is known of a source that counts what it sends. */
export interface WideCounterTrackOptions {
  /** Items per second. */
  readonly rate: number
  /** The counter goes from 0 to this number less one, and begins again; a cycle takes hours at least. */
  readonly modulus: number
  /**
   * Items that have to follow a jump until it is believed; those before are left out. Default 1; more where a counter may
   * come spoiled.
   */
  readonly jumpRow?: number
}

/** s of items that a step forward may be ahead of the clock, and which part of the step, if it is a loss and no jump. */
const LEAD = 0.25
const LEAD_PART = 0.1
/** Part of an item that one may come early. */
const EARLY = 0.25
/** s of items that the counter and the clock may differ over a new connection. */
const AGREEMENT = 2
/** s of items after each other that all came before: then they are new, and the source counts anew. */
const PATIENCE = 0.1
/** Items of such a row at least. */
const MIN_ROW = 3

/**
 * Numbers what a source sends by a counter so wide that it tells every loss, so that what is missing shows.
 *
 * A counter may begin anew or jump without a loss. The clock tells: items never come before their time, so a step forward
 * that would put them there is a jump, and time alone says what is missing. Steps back are items that came before, until
 * a row of them counts on: then the source has begun anew.
 */
export class WideCounterTrack {
  /** Items that came before; times that the source began to count anew. */
  readonly counts = { duplicates: 0, restarts: 0 }
  readonly #rate: number
  readonly #modulus: number
  readonly #minRow: number
  readonly #jumpRow: number
  readonly #usual = new LeastDelay()
  #counter = -1
  #index = -1
  #hasBegunAnew = false
  #row = { counter: -1, length: 0 }

  constructor({ rate, modulus, jumpRow = 1 }: WideCounterTrackOptions) {
    this.#rate = rate
    this.#modulus = modulus
    this.#minRow = Math.max(MIN_ROW, Math.round(rate * PATIENCE))
    this.#jumpRow = jumpRow
  }

  /** The source was connected anew, and perhaps counts anew: its counter is believed only as far as the clock agrees. */
  beginAnew(): void {
    if (this.#index >= 0) this.#hasBegunAnew = true
  }

  /**
   * Number of this item, from 0; undefined for one that came before.
   * @param time s on a monotonic clock, when it arrived
   */
  next(counter: number, time: number): number | undefined {
    if (this.#index < 0) return this.#accept(counter, time, 1)
    const step = this.#difference(counter, this.#counter)
    if (this.#hasBegunAnew) {
      const isBelieved = step > 0 && Math.abs(this.#lag(time, step)) < AGREEMENT * this.#rate
      return isBelieved ? this.#accept(counter, time, step) : this.#restart(counter, time, 0)
    }
    if (step === 1) return this.#accept(counter, time, 1)
    if (step > 1) {
      const isJump = this.#lag(time, step) < -Math.max(LEAD * this.#rate, LEAD_PART * step)
      return isJump ? this.#refuse(counter, time, this.#jumpRow) : this.#accept(counter, time, step)
    }
    this.counts.duplicates += 1
    const number = this.#refuse(counter, time, this.#minRow)
    if (number !== undefined) this.counts.duplicates -= this.#minRow
    return number
  }

  /** Leaves an item out, until so many count on. */
  #refuse(counter: number, time: number, until: number): number | undefined {
    const row = this.#row
    row.length = row.length > 0 && this.#difference(counter, row.counter) === 1 ? row.length + 1 : 1
    row.counter = counter
    return row.length < until ? undefined : this.#restart(counter, time, row.length)
  }

  /** @param known items that are known to have come since, with this one; 0 after a new connection */
  #restart(counter: number, time: number, known: number): number {
    this.counts.restarts += 1
    // Items may come late, but hardly early.
    const byClock = Math.max(1, Math.floor(this.#lag(time, 0) + EARLY))
    // On a way that was open all the time an item that is late is not a loss; a pause is.
    const isLate = known > 0 && byClock - known < LEAD * this.#rate
    return this.#accept(counter, time, isLate ? known : byClock)
  }

  #accept(counter: number, time: number, step: number): number {
    this.#counter = counter
    this.#index += step
    this.#hasBegunAnew = false
    this.#row.length = 0
    this.#usual.note(this.#delay(time, 0), time)
    return this.#index
  }

  /** Steps forward are positive. */
  #difference(to: number, from: number): number {
    const half = this.#modulus / 2
    const step = (to - from) % this.#modulus
    if (step >= half) return step - this.#modulus
    return step < -half ? step + this.#modulus : step
  }

  /** Items that this one is late beyond the usual, if it is `step` after the newest. */
  #lag(time: number, step: number): number {
    return this.#delay(time, step) - this.#usual.least
  }

  #delay(time: number, step: number): number {
    return time * this.#rate - (this.#index + step)
  }
}
