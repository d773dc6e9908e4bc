import type { CortexSample } from './messages.ts'

/** Samples that wait at most: a minute of everything that a headset of 256 Hz sends. */
const LIMIT = 30_000

/**
 * Samples in the order they came, for one reader. At most 30 000 wait; then the oldest go, and `lost` says how many.
 */
export class CortexSamples implements AsyncIterableIterator<CortexSample> {
  readonly #onReturn: (samples: CortexSamples) => void
  #waiting: CortexSample[] = []
  #from = 0
  #wake: (() => void) | undefined
  #isEnded = false
  #lost = 0

  /** @param onReturn the reader wants no more */
  constructor(onReturn: (samples: CortexSamples) => void) {
    this.#onReturn = onReturn
  }

  /** Samples that went because they were not read in time. */
  get lost(): number {
    return this.#lost
  }

  push(sample: CortexSample): void {
    if (this.#isEnded) return
    this.#waiting.push(sample)
    if (this.#waiting.length - this.#from > LIMIT) {
      this.#from += 1
      this.#lost += 1
    }
    this.#compact()
    this.#wake?.()
  }

  /** What waits can still be read. */
  end(): void {
    this.#isEnded = true
    this.#wake?.()
  }

  async next(): Promise<IteratorResult<CortexSample, undefined>> {
    while (this.#from === this.#waiting.length) {
      if (this.#isEnded) return { done: true, value: undefined }
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
    const value = this.#waiting[this.#from]!
    this.#from += 1
    return { done: false, value }
  }

  return(): Promise<IteratorResult<CortexSample, undefined>> {
    this.#waiting = []
    this.#from = 0
    this.end()
    this.#onReturn(this)
    return Promise.resolve({ done: true, value: undefined })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** What was read goes in one piece, now and then. */
  #compact(): void {
    if (this.#from < 1024 || this.#from * 2 < this.#waiting.length) return
    this.#waiting.splice(0, this.#from)
    this.#from = 0
  }
}
