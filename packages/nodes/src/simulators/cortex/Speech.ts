import { isObject } from '../../devices/cortex/messages.ts'
import { accountMethods, checkToken, OPEN_METHODS } from './accountMethods.ts'
import { bciMethods } from './bciMethods.ts'
import type { Call, ClientState, Method } from './Call.ts'
import { headsetMethods } from './headsetMethods.ts'
import { CallParams } from './params.ts'
import { recordMethods } from './recordMethods.ts'
import { Refusal } from './Refusal.ts'
import { sessionMethods } from './sessionMethods.ts'

/** How the simulator speaks with its clients: what it answers, and how it tells what happens. */
export interface Speech {
  /** The answer to a frame; undefined where none is sent. A promise of one never rejects. */
  answer(text: string, call: Call): object | Promise<object> | undefined
  /** What goes out for samples and warnings of Cortex 2 that come at the same time. */
  tell(messages: readonly object[], client: ClientState): readonly object[]
}

const METHODS: Readonly<Record<string, Method>> = {
  ...accountMethods,
  ...headsetMethods,
  ...sessionMethods,
  ...recordMethods,
  ...bciMethods
}

/** A call of Cortex 2 on the model, without a look at the token. @throws {Refusal} */
export function callMethod(method: string, params: object, call: Call): unknown {
  return METHODS[method]!(new CallParams(params), call)
}

/** What Cortex 2 says. */
export const cortex2Speech: Speech = {
  answer: (text, call) => {
    let id: unknown = null
    const answered = (result: unknown) => ({ id, jsonrpc: '2.0', result })
    const refused = (error: unknown) => {
      if (!(error instanceof Refusal)) throw error
      return { id, jsonrpc: '2.0', error: { code: error.code, message: error.message } }
    }
    try {
      const request = parseRequest(text)
      id = request['id'] ?? null
      const { method, params } = request
      if (typeof method !== 'string') throw new Refusal(-32600)
      call.note(method, params)
      if (!Object.hasOwn(METHODS, method)) throw new Refusal(-32601)
      const checked = new CallParams(params)
      if (!OPEN_METHODS.includes(method)) checkToken(checked, call.model)
      const result = METHODS[method]!(checked, call)
      return result instanceof Promise ? result.then(answered, refused) : answered(result)
    } catch (error) {
      return refused(error)
    }
  },
  tell: (messages) => messages
}

/** @throws {Refusal} what came is no JSON, or no object. */
export function parseRequest(text: string): Record<string, unknown> {
  let request: unknown
  try {
    request = JSON.parse(text)
  } catch {
    throw new Refusal(-32700)
  }
  if (!isObject(request)) throw new Refusal(-32600)
  return request
}
