import type { RunTracker } from './RunTracker.ts'

/** ms in which something that waits is taken, unless this input is known to take longer. */
const USUAL_PAUSE = 2000
/** Pauses that are this much longer than the longest of late are unexpected; one of twice this many ms always is. */
const TOLERANCE = 2
const LONGEST_USUAL = 10_000
/** What is left of the longest pause a second later. */
const FADING = 0.95
/** ms without a head; outputs tell theirs each second. */
const HEAD_MISSING = 3500

/**
 * Whether data gets through: looked at whenever the source tells its head, once a second, so that a chunk costs nothing.
 * A pause counts from the latest look that found something taken, or nothing to take.
 */
export class Pulse {
  #head = performance.now()
  #movedAt = performance.now()
  #run = -1
  #next = -1
  #longestPause = 0

  gotHead(tracker: RunTracker): void {
    const now = performance.now()
    this.#head = now
    this.#longestPause *= FADING
    const { run, next } = tracker
    const hasMoved = run !== this.#run || next !== this.#next
    if (!hasMoved && isBehind(tracker)) return
    const pause = hasMoved ? Math.min(now - this.#movedAt, LONGEST_USUAL) : 0
    if (pause > USUAL_PAUSE) this.#longestPause = Math.max(this.#longestPause, pause)
    this.#movedAt = now
    this.#run = run
    this.#next = next
  }

  /**
   * Nothing is taken although the source goes on and `isRead`, or, where the source tells its head, no sign of it. A reader
   * that takes a while for each chunk is not stalled until it takes twice as long as it did of late.
   */
  isStalled(tracker: RunTracker, { tellsHead, isRead }: { tellsHead: boolean; isRead: boolean }): boolean {
    const now = performance.now()
    if (tellsHead && now - this.#head > HEAD_MISSING) return true
    const hasMoved = tracker.run !== this.#run || tracker.next !== this.#next
    if (hasMoved || !isRead || !isBehind(tracker)) return false
    return now - this.#movedAt > Math.max(USUAL_PAUSE, TOLERANCE * this.#longestPause)
  }
}

function isBehind(tracker: RunTracker): boolean {
  const { head, run } = tracker
  return head.run > run || (head.run === run && !tracker.isComplete(head.index))
}
