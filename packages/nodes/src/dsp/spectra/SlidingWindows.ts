import type { TypedArray } from '@nodeacq/ndarray'

export interface SlidingWindowsOptions {
  readonly channels: number
  /** Rows of a window. */
  readonly window: number
  /** Rows from the start of one window to the next. */
  readonly hop: number
}

/**
 * Cuts a signal into windows that begin at multiples of `hop`, counted from the run's sample 0: window m is
 * `[m · hop, m · hop + window)`, however the signal comes.
 *
 * ```
 *   samples  0    hop   2·hop
 *   window 0 └─────────────┘
 *   window 1      └─────────────┘
 * ```
 */
export class SlidingWindows {
  /** Samples that were NaN or infinite, and were taken as the one before in their channel. */
  nonFiniteSamples = 0
  readonly #options: SlidingWindowsOptions
  /** Newest `window` rows of each channel, one after the other; row r stands at `r % window`. */
  readonly #ring: Float64Array
  readonly #held: Float64Array
  #end = 0
  /** Window that comes next. */
  #next = 0

  constructor(options: SlidingWindowsOptions) {
    this.#options = options
    this.#ring = new Float64Array(options.channels * options.window)
    this.#held = new Float64Array(options.channels)
  }

  /** The next sample is `start`; no window reaches to before it. */
  reset(start: number): void {
    this.#end = start
    this.#next = this.firstFrom(start)
    this.#held.fill(0)
  }

  /** The first window that begins at `start` or later. */
  firstFrom(start: number): number {
    return Math.ceil(start / this.#options.hop)
  }

  /** Windows that end within the next `rows` rows. */
  due(rows: number): number {
    const { window, hop } = this.#options
    return Math.max(0, Math.floor((this.#end + rows - window) / hop) - this.#next + 1)
  }

  /** Takes rows `(rows, channels)` and calls `use` with the number of each window that is whole. */
  push(values: TypedArray, rows: number, use: (window: number) => void): void {
    const { window, hop } = this.#options
    for (let done = 0; done < rows;) {
      const whole = this.#next * hop + window
      const count = Math.min(rows - done, whole - this.#end)
      this.#store(values, done, count)
      done += count
      this.#end += count
      if (this.#end === whole) use(this.#next++)
    }
  }

  /** Copies the rows of the newest window of a channel, oldest first. */
  copyChannel(channel: number, target: Float64Array): void {
    const { window } = this.#options
    const from = channel * window
    const oldest = (this.#end - window) % window
    target.set(this.#ring.subarray(from + oldest, from + window))
    target.set(this.#ring.subarray(from, from + oldest), window - oldest)
  }

  #store(values: TypedArray, first: number, count: number): void {
    const { channels, window } = this.#options
    // Of more rows than a window has, only the last ones are looked at again.
    const skipped = Math.max(0, count - window)
    for (let c = 0; c < channels; c++) {
      let held = this.#held[c]!
      let slot = (this.#end + skipped) % window
      for (let row = first + skipped; row < first + count; row++) {
        const value = Number(values[row * channels + c])
        if (Number.isFinite(value)) held = value
        else this.nonFiniteSamples++
        this.#ring[c * window + slot] = held
        slot = slot + 1 === window ? 0 : slot + 1
      }
      this.#held[c] = held
    }
  }
}
