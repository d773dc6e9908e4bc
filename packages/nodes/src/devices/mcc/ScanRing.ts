/** Scans of the ring, oldest first. */
export interface Piece {
  readonly from: number
  readonly to: number
}

export interface Advance {
  /** What is new, in one piece or, at the end of the ring, in two. */
  readonly pieces: readonly Piece[]
  /** Scans before them that were written over before they were looked at. */
  readonly lost: number
}

const NOTHING: Advance = { pieces: [], lost: 0 }
/** The driver counts points with 32 bits. */
const COUNT_MODULUS = 2 ** 32

/**
 * Follows a driver that writes scans into a ring:
 *
 * ```
 *   ┌────────────┬───────────────┬──────────────┐
 *   │  old       │ new           │  old         │      a scan is one point of each channel
 *   └────────────┴───────────────┴──────────────┘
 *            seen up to      driver is at
 * ```
 *
 * The place says what is new as long as the driver is looked at once in a round; the count of points says when it was not.
 */
export class ScanRing {
  readonly #size: number
  readonly #width: number
  #at = 0
  #count = 0

  /** @param size scans of the ring; @param width points of a scan */
  constructor(size: number, width: number) {
    this.#size = size
    this.#width = width
  }

  /**
   * @param point where the driver is in the ring; -1 before the first one
   * @param count points that it has written since its start, with 32 bits
   */
  advance(point: number, count: number): Advance {
    if (point < 0) return NOTHING
    const at = Math.floor(point / this.#width) % this.#size
    const from = this.#at
    const step = (at - from + this.#size) % this.#size
    const points = (((count - this.#count) % COUNT_MODULUS) + COUNT_MODULUS) % COUNT_MODULUS
    const rounds = Math.max(0, Math.round((points / this.#width - step) / this.#size))
    this.#at = at
    this.#count =
      (((this.#count + (rounds * this.#size + step) * this.#width) % COUNT_MODULUS) + COUNT_MODULUS) % COUNT_MODULUS
    // What is between the driver and what was seen is written over while it is read.
    if (rounds > 0) return { pieces: [], lost: rounds * this.#size + step }
    if (step === 0) return NOTHING
    const pieces =
      from < at
        ? [{ from, to: at }]
        : [
            { from, to: this.#size },
            { from: 0, to: at }
          ]
    return { pieces: pieces.filter(({ from: start, to }) => to > start), lost: 0 }
  }
}
