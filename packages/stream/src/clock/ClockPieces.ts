import type { ClockLine } from './fitEnvelope.ts'

/** A moment on a clock, ms; the true one is within `time ± uncertainty`. */
export interface Instant {
  readonly time: number
  readonly uncertainty: number
}

/** A place in a stream, in samples; the true one is within `index ± uncertainty`. */
export interface Place {
  readonly index: number
  readonly uncertainty: number
}

/** Samples per second as measured. */
export interface MeasuredRate {
  readonly hz: number
  readonly uncertainty: number
}

/** The line of all samples from `from` to the next piece. Where `period` is 0, nothing is known of them yet. */
export interface ClockPiece extends ClockLine {
  readonly from: number
}

/** Pieces that are kept: of a long run more than an hour. */
const KEPT = 256

/** What is known of the times of one run, piece by piece. */
export class ClockPieces {
  #pieces: ClockPiece[] = []

  /** Oldest first. */
  get all(): readonly ClockPiece[] {
    return this.#pieces
  }

  get newest(): ClockPiece | undefined {
    return this.#pieces.at(-1)
  }

  /** Takes a piece in; it replaces what was known from there on. */
  put(piece: ClockPiece): void {
    while ((this.newest?.from ?? -1) >= piece.from) this.#pieces.pop()
    this.#pieces.push(piece)
    if (this.#pieces.length > KEPT) this.#pieces.shift()
  }

  /** Nothing is known from this sample on. */
  blank(from: number): void {
    this.put({ from, index: from, time: 0, period: 0, uncertainty: 0, first: from, last: from })
  }

  timeOf(index: number): Instant | undefined {
    const piece = this.#pieces.findLast(({ from }) => from <= index) ?? this.#pieces[0]
    if (piece === undefined || piece.period === 0) return undefined
    return { time: timeIn(piece, index), uncertainty: uncertaintyIn(piece, index) }
  }

  indexAt({ time, uncertainty }: Instant): Place | undefined {
    const known = this.#pieces.filter(({ period }) => period !== 0)
    const piece = known.findLast((candidate) => timeIn(candidate, candidate.from) <= time) ?? known[0]
    if (piece === undefined) return undefined
    const index = piece.index + (time - piece.time) / piece.period
    const next = this.#pieces[this.#pieces.indexOf(piece) + 1]
    const within = next === undefined ? index : Math.min(index, next.from)
    return { index: within, uncertainty: (uncertainty + uncertaintyIn(piece, index)) / piece.period }
  }

  /** Of the newest samples. */
  get rate(): MeasuredRate | undefined {
    const { newest } = this
    if (newest === undefined || newest.period === 0) return undefined
    const hz = 1000 / newest.period
    // Both ends of the line may be off, one to each side.
    const relative = (2 * newest.uncertainty) / ((newest.last - newest.first) * newest.period)
    return { hz, uncertainty: hz * relative }
  }
}

function timeIn({ index: anchor, time, period }: ClockPiece, index: number): number {
  return time + (index - anchor) * period
}

/** Two lines that are close between `first` and `last` part beyond. */
function uncertaintyIn({ first, last, uncertainty }: ClockPiece, index: number): number {
  const outside = Math.max(0, first - index, index - last)
  return uncertainty * (1 + (2 * outside) / (last - first))
}
