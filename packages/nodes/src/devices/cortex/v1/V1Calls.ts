import { DeviceError } from '@nodeacq/core'
import type { WireCall } from '../ClientDialect.ts'
import type { Params } from '../CortexCalls.ts'
import type { CortexError } from '../CortexError.ts'
import { isObject } from '../messages.ts'
import type { V1Error } from './messages.ts'
import type { V1Session } from './V1Session.ts'

/** What a connection knows of the server's state. */
export interface Known {
  readonly sessions: Map<string, V1Session>
  /** The headset that was asked to connect last. */
  headset?: string
}

/** Makes the calls that a call of Cortex 2 takes. */
export class V1Calls {
  readonly known: Known
  readonly #send: (call: WireCall) => Promise<unknown>
  readonly #token: string | undefined

  constructor(send: (call: WireCall) => Promise<unknown>, token: unknown, known: Known) {
    this.known = known
    this.#send = send
    this.#token = typeof token === 'string' ? token : undefined
  }

  async send(method: string, params: Params): Promise<unknown> {
    return await this.#send({ method, params, ...(this.#token !== undefined && { _auth: this.#token }) })
  }

  /** @throws {DeviceError} when the answer is no object. */
  async ask(method: string, params: Params): Promise<Record<string, unknown>> {
    const result = await this.send(method, params)
    if (!isObject(result)) throw new DeviceError(`Cortex: ${method}: expected an object, got ${typeof result}`)
    return result
  }

  /** @throws {DeviceError} when the answer is no list of objects. */
  async list(method: string, params: Params): Promise<Record<string, unknown>[]> {
    const result = await this.send(method, params)
    if (!Array.isArray(result) || !result.every(isObject))
      throw new DeviceError(`Cortex: ${method}: expected a list of objects, got ${typeof result}`)
    return result
  }

  /** @throws {DeviceError} */
  session(id: unknown): V1Session {
    const session = this.known.sessions.get(String(id))
    if (session === undefined) throw new DeviceError(`Cortex: session ${String(id)} is not of this connection`)
    return session
  }
}

/** Errors that share a code are told apart by their text. */
export function isError(error: unknown, { code, text }: V1Error): boolean {
  const { cortexCode, text: words } = error as Partial<CortexError>
  return cortexCode === code && words?.startsWith(text) === true
}
