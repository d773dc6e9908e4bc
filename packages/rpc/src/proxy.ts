import { inspect } from 'node:util'
import type { CallOptions, Caller, ReturnType, Target } from './client/Caller.ts'
import type { Handle } from './client/Handle.ts'
import { DisconnectedError } from './errors.ts'
import { report } from './report.ts'
import { ENCODED } from './serialize/markers.ts'
import type { ProxyRecord } from './serialize/markers.ts'
import { STATE, stateOf } from './serialize/kinds.ts'

/** Attributes of one object whose proxies are kept. */
const KEPT_ATTRIBUTES = 100

/** Options of a proxy; the paths made from it inherit them. */
export interface ProxyOptions extends CallOptions {
  /** `false`: reading an attribute asks for it at once and gives a promise. Default `true`: nothing is sent until use. */
  deferGetattr?: boolean
  /** Whether the reference over there ends when the proxy is garbage collected. Default `true`. */
  autoDelete?: boolean
  /** Carried for pyacq, where it has no effect either. */
  noProxyTypes?: readonly string[]
}

/** What a proxy knows besides what its user asks for. */
export interface StateOptions extends ProxyOptions {
  /**
   * Of proxies that a peer gave to this server, callbacks for the most part: a call that fails while nobody waits for
   * it is a line in the log; otherwise it would end the process whenever a peer goes away.
   */
  readonly borrowed?: boolean
}

/** What stands behind a proxy; the traps of its `Proxy` are methods of this class. */
export class ProxyState implements ProxyHandler<object>, Target {
  readonly handle: Handle
  readonly path: readonly string[]
  readonly options: StateOptions
  /** Proxies of the attributes that were read, so that a method that is called again and again is one object. */
  #attributes: Map<string, object> | undefined
  #record: ProxyRecord | undefined

  constructor(handle: Handle, path: readonly string[], options: StateOptions) {
    this.handle = handle
    this.path = path
    this.options = options
  }

  /** The connection to the owner. */
  owner(): Caller | Promise<Caller> {
    return this.handle.caller ?? this.handle.connect()
  }

  call(args: readonly unknown[], options = this.options): Promise<unknown> {
    const result = this.#call(args, options)
    if (this.options.borrowed) result.catch(reportQuietly)
    return result
  }

  #call(args: readonly unknown[], options: StateOptions): Promise<unknown> {
    const owner = this.owner()
    return owner instanceof Promise
      ? owner.then((caller) => caller.call(this, args, options))
      : owner.call(this, args, options)
  }

  async fetch(returnType: ReturnType, options = this.options): Promise<unknown> {
    return (await this.owner()).fetch(this, returnType, options)
  }

  /** What goes out for this path to `receiver`. */
  recordFor(receiver: Caller | undefined): ProxyRecord {
    const record = this.handle.recordFor(receiver)
    if (this.path.length === 0) return record
    if (this.#record?.obj_id !== record.obj_id) {
      this.#record = { ...record, attributes: this.path }
      Object.defineProperty(this.#record, ENCODED, { value: new Map() })
    }
    return this.#record
  }

  /** A path one attribute longer. */
  attribute(name: string): ProxyState {
    return new ProxyState(this.handle, [...this.path, name], this.options)
  }

  toString(): string {
    const path = this.path.map((name) => `.${name}`).join('')
    return `<proxy of ${this.handle.typeName} at ${this.handle.address}>${path}`
  }

  get(_target: object, name: string | symbol): unknown {
    if (typeof name === 'symbol') return this.#symbol(name)
    if (name === 'then') return this.path.length === 0 ? undefined : this.#then()
    if (this.options.deferGetattr === false) return this.attribute(name).fetch('auto')
    return this.#proxyOf(name)
  }

  apply(_target: object, _self: unknown, args: unknown[]): Promise<unknown> {
    return this.call(args)
  }

  construct(_target: object, args: unknown[]): object {
    return this.call(args)
  }

  set(_target: object, name: string | symbol): boolean {
    throw new TypeError(
      `${this.toString()}.${String(name)} cannot be assigned to; use setAttribute(proxy, name, value), which waits`
    )
  }

  deleteProperty(_target: object, name: string | symbol): boolean {
    throw new TypeError(`${this.toString()}.${String(name)} cannot be deleted`)
  }

  #proxyOf(name: string): object {
    const known = this.#attributes?.get(name)
    if (known) return known
    const proxy = proxyOfState(this.attribute(name))
    this.#attributes ??= new Map()
    if (this.#attributes.size < KEPT_ATTRIBUTES) this.#attributes.set(name, proxy)
    return proxy
  }

  /** Awaiting a path fetches what is there. */
  #then() {
    return (resolve: (value: unknown) => void, reject: (error: unknown) => void): Promise<void> =>
      this.fetch(this.options.returnType ?? 'auto').then(resolve, reject)
  }

  #symbol(name: symbol): unknown {
    switch (name) {
      case STATE:
        return this
      case Symbol.toPrimitive:
        return () => {
          throw new TypeError(`${this.toString()} is in another process and has no value here; await it first`)
        }
      case Symbol.asyncDispose:
        return async () => {
          try {
            await this.attribute('close').call([])
            await this.handle.release()
          } catch (error) {
            // Gone with its process, which is as closed as can be.
            if (!(error instanceof DisconnectedError)) throw error
          }
        }
      default:
        return undefined
    }
  }
}

function reportQuietly(error: unknown): void {
  report('debug', `a call of a proxy that a client gave failed: ${String(error)}`, error)
}

/** What every proxy wraps: a function, so that it can be called. `this` is the proxy when Node prints it. */
function anything() {}
Object.defineProperty(anything, inspect.custom, {
  value(this: object) {
    const state = stateOf(this)
    return state instanceof ProxyState ? state.toString() : 'a proxy'
  }
})

/** The proxy that behaves as `state` says. */
export function proxyOfState(state: ProxyState): object {
  return new Proxy(anything, state)
}

/** What stands behind a proxy. @throws {TypeError} when `value` is none. */
export function proxyState(value: unknown): ProxyState {
  const state = typeof value === 'function' ? stateOf(value) : undefined
  if (state instanceof ProxyState) return state
  throw new TypeError(`expected a proxy of a remote object, got ${typeof value}`)
}
