import type { Window } from '../delivery/Consumer.ts'
import type { OutputLink } from './OutputLink.ts'

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

  constructor(window: Window) {
    this.window = window
  }

  /** Whether an output that waits shall wait for this input. */
  get isHolding(): boolean {
    return this.#isHolding
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
    if (this.#isHolding === isHolding) return
    this.#isHolding = isHolding
    this.#send()
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
