/** Messages that may be on their way to one reader. More would be old when they are read: systems keep megabytes. */
export const CREDIT = 15
/** ms after which a message counts as read late. */
const LATE = 250
/** ms from the first message in which a page is still getting ready. */
const GRACE = 2000
/** ms of messages read in time after which one step is taken back. */
const RECOVERY = 10_000
/** Messages per second below which columns get wider instead. */
const SLOWEST = 4
const WIDEST = 16

/**
 * When the next message of a subscription may go, and how fine it may be: a reader that falls behind first gets messages
 * less often, then wider columns, and both back when it keeps up again. Times are ms of any clock.
 */
export class Pace {
  readonly #rate: number
  #slower = 1
  #wider = 1
  #startedAt: number | undefined
  #sentAt = -Infinity
  #changedAt = -Infinity
  /** When each message that is not yet acknowledged was sent, oldest first. */
  #open: { seq: number; at: number }[] = []

  /** @param rate messages per second that are wanted */
  constructor(rate: number) {
    this.#rate = rate
  }

  /** By how much columns are wider than asked for. */
  get wider(): number {
    return this.#wider
  }

  get rate(): number {
    return this.#rate / this.#slower
  }

  /** Whether the reader has read enough of what was sent. */
  get hasCredit(): boolean {
    return this.#open.length < CREDIT
  }

  /** Whether a message may be sent now. */
  isDue(now: number): boolean {
    // Timers are not exact: one that fires a little early would wait a whole round.
    return this.hasCredit && now - this.#sentAt >= 1000 / this.rate - 3
  }

  sent(seq: number, now: number): void {
    this.#startedAt ??= now
    this.#sentAt = now
    this.#open.push({ seq, at: now })
    if (this.#open.length === CREDIT) this.#fallBack(now)
  }

  /** Everything up to `seq` was read. */
  acknowledged(seq: number, now: number): void {
    const read = this.#open.filter((message) => message.seq <= seq)
    this.#open = this.#open.filter((message) => message.seq > seq)
    const oldest = read[0]
    if (oldest === undefined) return
    if (now - oldest.at > LATE) this.#fallBack(now)
    else if (now - this.#changedAt > RECOVERY) this.#recover(now)
  }

  #fallBack(now: number): void {
    if (now - this.#startedAt! < GRACE) return
    // The messages that are on their way already would tell the same again.
    if (now - this.#changedAt < LATE) return
    this.#changedAt = now
    if (this.rate / 2 >= SLOWEST) this.#slower *= 2
    else if (this.#wider < WIDEST) this.#wider *= 2
  }

  #recover(now: number): void {
    this.#changedAt = now
    if (this.#wider > 1) this.#wider /= 2
    else if (this.#slower > 1) this.#slower /= 2
  }
}
