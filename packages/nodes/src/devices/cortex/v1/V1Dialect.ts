import { DeviceError } from '@nodeacq/core'
import type { ClientDialect, CortexMeaning, WireCall } from '../ClientDialect.ts'
import type { Params } from '../CortexCalls.ts'
import type { CortexError } from '../CortexError.ts'
import { isObject, type CortexResponse, type CortexSample, type CortexWarning } from '../messages.ts'
import { V1_CALLS } from './calls.ts'
import { parseV1Message, V1_ERRORS, type V1Error } from './messages.ts'
import { isError, V1Calls, type Known } from './V1Calls.ts'

/** What the errors of the older Cortex mean to the client. */
const MEANINGS: Partial<Record<CortexMeaning, V1Error>> = {
  noHeadset: V1_ERRORS.headset,
  sessionExists: V1_ERRORS.inUse,
  tokenInvalid: V1_ERRORS.token,
  tokenExpired: V1_ERRORS.expired
}

/** The older Cortex: one for each connection, whose sessions it knows. */
export class V1Dialect implements ClientDialect {
  readonly #known: Known = { sessions: new Map() }

  async call(method: string, params: Params, send: (call: WireCall) => Promise<unknown>): Promise<unknown> {
    const call = Object.hasOwn(V1_CALLS, method) ? V1_CALLS[method] : undefined
    if (call === undefined) throw new DeviceError(`Cortex: ${method}: the older Cortex (dialect v1) has no such call`)
    const { cortexToken, ...rest } = params
    return await call(rest, new V1Calls(send, cortexToken, this.#known))
  }

  parse(text: string): readonly (CortexResponse | CortexSample | CortexWarning)[] {
    const message = parseV1Message(text)
    const { sessions } = this.#known
    if (message.kind === 'notification') {
      const messages = sessions.get(message.session)?.messagesOf(message) ?? []
      if (message.streams['ses']?.[0] === 'closed') sessions.delete(message.session)
      return messages
    }
    const { error, ...response } = message
    // Samples may come in the same turn as the answer that describes them.
    if (isObject(response.result) && 'sid' in response.result) {
      sessions.get(String(response.result['sid']))?.open(response.result)
    }
    return [error ? { ...response, error: { code: error.code, message: error.text } } : response]
  }

  means(error: CortexError, meaning: CortexMeaning): boolean {
    const known = MEANINGS[meaning]
    return known !== undefined && isError(error, known)
  }
}
