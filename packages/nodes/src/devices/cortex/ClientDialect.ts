import type { Params } from './CortexCalls.ts'
import { CORTEX_CODES, type CortexError } from './CortexError.ts'
import { parseCortexMessage, type CortexResponse, type CortexSample, type CortexWarning } from './messages.ts'

/** A call as it is on the wire, without its number. */
export interface WireCall {
  readonly method: string
  readonly params?: Params
  readonly _auth?: string
}

/** What the client acts on, in any Cortex. */
export type CortexMeaning = keyof typeof CORTEX_CODES

/** How one connection speaks: the calls, results and messages of Cortex 2, as another Cortex has them. */
export interface ClientDialect {
  /** Makes a call of Cortex 2, by as many calls as it takes here; the result is that of Cortex 2. */
  call(method: string, params: Params, send: (call: WireCall) => Promise<unknown>): Promise<unknown>
  /** @throws {SyntaxError} when the frame is no message. */
  parse(text: string): readonly (CortexResponse | CortexSample | CortexWarning)[]
  means(error: CortexError, meaning: CortexMeaning): boolean
}

export const cortex2Dialect: ClientDialect = {
  call: async (method, params, send) => await send({ method, params }),
  parse: (text) => [parseCortexMessage(text)],
  means: ({ cortexCode }, meaning) => cortexCode === CORTEX_CODES[meaning]
}
