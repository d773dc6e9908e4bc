import type { ProxyRecord } from '../serialize/markers.ts'
import type { Handle } from './Handle.ts'

export type ReturnType = 'auto' | 'proxy' | 'value'

/** Options of one call, and of a proxy for all its calls. */
export interface CallOptions {
  /** `off` sends without asking for a reply; the promise resolves when it is sent. `async` is pyacq's word for `sync`. Default `sync`. */
  sync?: 'sync' | 'async' | 'off'
  /** `proxy`: the result stays over there and a proxy comes back, even for a number. Default `auto`. */
  returnType?: ReturnType
  /** ms; 0 for no limit. Default: that of the client. */
  timeout?: number
  /** Gives up waiting; the call goes on over there. */
  signal?: AbortSignal
}

/** What a proxy asks of the connection to its owner. */
export interface Caller {
  readonly address: string
  call(target: Target, args: readonly unknown[], options: CallOptions): Promise<unknown>
  fetch(target: Target, returnType: ReturnType, options: CallOptions): Promise<unknown>
  /** Ends a reference over there. */
  endReference(objId: number, refId: number, options: CallOptions): Promise<void>
}

/** An object over there and the attributes still to be looked up on it. */
export interface Target {
  readonly handle: Handle
  readonly path: readonly string[]
  /** What goes out for it. */
  recordFor(receiver: Caller | undefined): ProxyRecord
}
