import type { NdArray } from '@nodeacq/ndarray'
import type { StreamEvent } from '@nodeacq/stream'
import type { SignalHistory } from './SignalHistory.ts'

/** The samples `[from, to)` around an event, relative to its position. */
export interface EpochWindow {
  readonly from: number
  readonly to: number
}

/** A piece of signal around an event; `data` is undefined when a part of it is not held any more. */
export interface Epoch {
  readonly event: StreamEvent
  /** `(samples, channels)`, the dtype of the signal. */
  readonly data: NdArray | undefined
  /** Samples of `data` that never came. */
  readonly missing: number
}

/** Events that can wait for their signal at the same time. */
const MAX_WAITING = 100_000

/**
 * Cuts the pieces around events out of a signal. Signal and events come in any order: an event waits until the last sample of
 * its window has come, and one that comes later than its signal is served from the history.
 *
 *   signal  ════════════════════════╗ head
 *   events        |         |       |    |
 *   windows    [──────]  [──────] [─────…   waits
 *
 * What is due is given out in the order of the windows, so that the result does not depend on how either is cut.
 */
export class EpochCutter {
  readonly #history: SignalHistory
  readonly #window: EpochWindow
  /** In order of their positions. */
  #waiting: StreamEvent[] = []
  /** Events that found no room to wait. */
  overflow = 0

  constructor(history: SignalHistory, window: EpochWindow) {
    this.#history = history
    this.#window = window
  }

  /** Events that wait for signal, or to be taken. */
  get waiting(): number {
    return this.#waiting.length
  }

  add(event: StreamEvent): void {
    if (this.#waiting.length >= MAX_WAITING) {
      this.overflow += 1
      return
    }
    let at = this.#waiting.length
    while (at > 0 && this.#waiting[at - 1]!.index > event.index) at -= 1
    this.#waiting.splice(at, 0, event)
  }

  /** The next piece that is due, or undefined. */
  next(): Epoch | undefined {
    const [event] = this.#waiting
    if (event === undefined) return undefined
    const from = event.index + this.#window.from
    const to = event.index + this.#window.to
    if (to > this.#history.head) return undefined
    this.#waiting.shift()
    if (!this.#history.holds(from)) return { event, data: undefined, missing: 0 }
    return { event, ...this.#history.read(from, to) }
  }

  clear(): void {
    this.#waiting = []
  }
}
