import { RpcTimeoutError } from '../errors.ts'
import type { CallOptions, Target } from './Caller.ts'

interface Pending {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
  readonly what: string | Target
  readonly timeout: number
  /** ms of `performance.now`. */
  readonly deadline: number
  readonly settle: (() => void) | undefined
}

/** The longest time that one timer of Node can wait. */
const MAX_TIMER = 2 ** 31 - 1

/**
 * The requests of one connection that wait for a reply. One alarm serves all: it is set for the earliest deadline and
 * left as it is when a reply comes, which is cheaper than a timer for each request.
 */
export class PendingReplies {
  readonly #address: string
  readonly #pending = new Map<number, Pending>()
  #alarm: NodeJS.Timeout | undefined
  #alarmAt = Infinity

  constructor(address: string) {
    this.#address = address
  }

  /** The reply to request `id`, or a rejection after `timeout` ms (0: never) or when `signal` aborts. */
  wait(id: number, what: string | Target, timeout: number, { signal }: CallOptions): Promise<unknown> {
    return new Promise((resolve, reject) => {
      let settle: (() => void) | undefined
      if (signal) {
        const abort = () => this.take(id)?.reject(signal.reason)
        signal.addEventListener('abort', abort, { once: true })
        settle = () => signal.removeEventListener('abort', abort)
      }
      const deadline = timeout > 0 ? performance.now() + timeout : Infinity
      this.#pending.set(id, { resolve, reject, what, timeout, deadline, settle })
      if (deadline < this.#alarmAt) this.#setAlarm(deadline)
    })
  }

  /** The request of that id, which is then over; undefined when nobody waits for it any more. */
  take(id: number): Pending | undefined {
    const pending = this.#pending.get(id)
    if (pending === undefined) return undefined
    this.#pending.delete(id)
    pending.settle?.()
    return pending
  }

  rejectAll(error: unknown): void {
    clearTimeout(this.#alarm)
    for (const id of [...this.#pending.keys()]) this.take(id)?.reject(error)
  }

  #setAlarm(deadline: number): void {
    clearTimeout(this.#alarm)
    this.#alarmAt = deadline
    const wait = Math.ceil(deadline - performance.now())
    this.#alarm = setTimeout(() => this.#rejectLate(), Math.min(Math.max(wait, 1), MAX_TIMER)).unref()
  }

  #rejectLate(): void {
    const now = performance.now()
    let next = Infinity
    for (const [id, { reject, what, timeout, deadline }] of this.#pending) {
      if (deadline > now) next = Math.min(next, deadline)
      else if (this.take(id)) reject(new RpcTimeoutError(describe(what), { address: this.#address, timeout }))
    }
    this.#alarmAt = Infinity
    if (next < Infinity) this.#setAlarm(next)
  }
}

/** What was asked, for messages: `request to <class 'Manager'>.createNode`. */
export function describe(what: string | Target): string {
  if (typeof what === 'string') return what
  return `request to ${[what.handle.typeName, ...what.path].join('.')}`
}
