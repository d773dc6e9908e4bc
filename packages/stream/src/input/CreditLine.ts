import type { Window } from '../delivery/Consumer.ts'
import type { OutputLink } from './OutputLink.ts'

/** ms for which an output that waits still waits for a reader that has come to the end of a run: the next may be its, too. */
const REST = 200

/**
 * Tells the output how much was taken, so that it sends more: in steps of an eighth of the window, and at once when
 * there is nothing left to take.
 */
export class CreditLine {
  window: Window
  /** None for sources that send without asking. */
  link: OutputLink | undefined
  #taken = 0
  #reported = 0
  #bytes = 0
  #isHolding = true
  #isDue = false
  #isPaused = false
  #rest: NodeJS.Timeout | undefined

  constructor(window: Window) {
    this.window = window
  }

  /** Whether an output that waits shall wait for this input. */
  get isHolding(): boolean {
    return this.#isHolding
  }

  /** Not so at the end of a run, until the reader goes on. */
  get isReading(): boolean {
    return this.#isHolding && this.#rest === undefined
  }

  took(bytes: number): void {
    this.#taken += 1
    this.#bytes += bytes
    const { chunks, bytes: limit } = this.window
    if (this.#taken - this.#reported >= chunks / 8 || this.#bytes >= limit / 8) this.#send()
  }

  /** A chunk was taken too early and put back. */
  gaveBack(): void {
    this.#taken -= 1
  }

  /** The output may wait although little was taken: says so, at most once in each turn of the event loop. */
  soon(): void {
    if (this.#isDue || this.#taken === this.#reported) return
    if (this.link?.isLocal === true) {
      this.#send()
      return
    }
    this.#isDue = true
    setImmediate(() => {
      this.#isDue = false
      if (this.#taken !== this.#reported) this.#send()
    })
  }

  hold(isHolding: boolean): void {
    clearTimeout(this.#rest)
    this.#rest = undefined
    if (this.#isHolding === isHolding) return
    this.#isHolding = isHolding
    this.#send()
  }

  /** A run is read to its end. Whoever goes on with the next one must not lose its beginning before it has said so. */
  rest(): void {
    clearTimeout(this.#rest)
    this.#rest = setTimeout(() => {
      this.hold(false)
    }, REST)
    this.#rest.unref()
  }

  /** Between two greetings the output would take what was counted for the one as said of the other. */
  pause(): void {
    this.#isPaused = true
  }

  /** The output counts from 0 again. */
  restart(): void {
    this.#isPaused = false
    this.#taken = this.#reported = 0
    // Someone who holds is what the output assumes of a newcomer.
    if (!this.#isHolding) this.#send()
  }

  #send(): void {
    if (this.#isPaused) return
    this.#reported = this.#taken
    this.#bytes = 0
    this.link?.post({ kind: 'credit', taken: this.#taken, holding: this.#isHolding })
  }
}
