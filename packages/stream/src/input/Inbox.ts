import type { Entry } from '../delivery/RetentionLog.ts'
import type { GapCause } from '../LossLedger.ts'

/** Samples up to `to` of a run that will not be delivered any more. */
export interface Gone {
  readonly kind: 'gone'
  readonly run: number
  readonly to: number
  /** Default `retention`. */
  readonly cause?: GapCause
}

export type Arrival = Entry | Gone

/** What has arrived and was not taken yet, in order; one reader can wait for more. */
export class Inbox {
  #items: (Arrival | undefined)[] = []
  #head = 0
  #wake: (() => void) | undefined

  get length(): number {
    return this.#items.length - this.#head
  }

  push(item: Arrival): void {
    this.#items.push(item)
    this.wake()
  }

  shift(): Arrival | undefined {
    if (this.#head === this.#items.length) return undefined
    const item = this.#items[this.#head]
    this.#items[this.#head++] = undefined
    if (this.#head === this.#items.length) {
      this.#items.length = 0
      this.#head = 0
    } else if (this.#head === 4096) {
      this.#items.splice(0, this.#head)
      this.#head = 0
    }
    return item
  }

  /** Puts back what was taken too early. */
  unshift(item: Arrival): void {
    if (this.#head > 0) this.#items[--this.#head] = item
    else this.#items.unshift(item)
  }

  peek(): Arrival | undefined {
    return this.#items[this.#head]
  }

  clear(): void {
    this.#items.length = 0
    this.#head = 0
  }

  /** Lets the waiting reader look again: something arrived, or something else has changed. */
  wake(): void {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }

  /** Resolves when woken, with false when `timeout` ms have passed before. */
  wait(timeout?: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer =
        timeout === undefined
          ? undefined
          : setTimeout(() => {
              this.#wake = undefined
              resolve(false)
            }, timeout)
      this.#wake = () => {
        clearTimeout(timer)
        resolve(true)
      }
    })
  }
}

/** Messages that zeromq and an input may hold. */
const DRAIN_LIMIT = 2000

/** Throws away what has arrived and what `letIn` lets in. The source may go on sending, so there is a limit. */
export async function drain(inbox: Inbox, letIn: () => Promise<void>): Promise<void> {
  for (let dropped = 0; dropped < DRAIN_LIMIT;) {
    const before = dropped
    for (let item = inbox.shift(); item; item = inbox.shift()) dropped += 1
    await letIn()
    if (dropped === before && inbox.length === 0) return
  }
}
