import { RpcTimeoutError } from '../errors.ts'
import type { CallOptions, Target } from './Caller.ts'

interface Pending {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
  readonly what: string | Target
  readonly settle: (() => void) | undefined
  readonly timer: NodeJS.Timeout | undefined
}

/** The requests of one connection that wait for a reply. */
export class PendingReplies {
  readonly #address: string
  readonly #pending = new Map<number, Pending>()

  constructor(address: string) {
    this.#address = address
  }

  get size(): number {
    return this.#pending.size
  }

  /** The reply to request `id`, or a rejection after `timeout` ms (0: never) or when `signal` aborts. */
  wait(id: number, what: string | Target, { timeout, signal }: { timeout: number } & CallOptions): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const timer = timeout > 0 && timeout < 2 ** 31 ? setTimeout(() => this.#timeOut(id, timeout), timeout) : undefined
      let settle: (() => void) | undefined
      if (signal) {
        const abort = () => this.take(id)?.reject(signal.reason)
        signal.addEventListener('abort', abort, { once: true })
        settle = () => signal.removeEventListener('abort', abort)
      }
      this.#pending.set(id, { resolve, reject, what, settle, timer })
    })
  }

  /** The request of that id, which is then over; undefined when nobody waits for it any more. */
  take(id: number): Pending | undefined {
    const pending = this.#pending.get(id)
    if (pending === undefined) return undefined
    this.#pending.delete(id)
    clearTimeout(pending.timer)
    pending.settle?.()
    return pending
  }

  rejectAll(error: unknown): void {
    for (const id of [...this.#pending.keys()]) this.take(id)?.reject(error)
  }

  #timeOut(id: number, timeout: number): void {
    const pending = this.take(id)
    pending?.reject(new RpcTimeoutError(describe(pending.what), { address: this.#address, timeout }))
  }
}

/** What was asked, for messages: `call of <class 'Manager'>.createNode`. */
export function describe(what: string | Target): string {
  if (typeof what === 'string') return what
  return `request to ${[what.handle.typeName, ...what.path].join('.')}`
}
