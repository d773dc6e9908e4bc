import { V1_ERRORS } from '../../../devices/cortex/v1/messages.ts'
import type { Call } from '../Call.ts'
import type { CallParams } from '../params.ts'
import type { V1Subject } from './subjectRules.ts'
import { callMethod } from '../Speech.ts'
import type { Authorisation, V1Accounts } from './V1Accounts.ts'
import type { V1Live } from './V1Live.ts'
import { V1Refusal } from './V1Refusal.ts'

export type V1Method = (params: CallParams, context: V1Context) => unknown

interface V1ContextOptions {
  readonly call: Call
  /** The token that the request has; undefined where it has none. */
  readonly token: unknown
  readonly current: { token?: string; session?: string }
  readonly accounts: V1Accounts
  readonly sessions: Map<string, V1Live>
  /** The user of each profile, by the profile's id. */
  readonly owners: Map<string, string>
  /** By id, which is their name in Cortex 2. */
  readonly subjects: Map<string, V1Subject>
}

/** What a call of the older Cortex can do. */
export class V1Context {
  readonly call: Call
  readonly sessions: Map<string, V1Live>
  readonly owners: Map<string, string>
  readonly subjects: Map<string, V1Subject>
  readonly #options: V1ContextOptions

  constructor(options: V1ContextOptions) {
    this.#options = options
    this.call = options.call
    this.sessions = options.sessions
    this.owners = options.owners
    this.subjects = options.subjects
  }

  authorize(params: CallParams): object {
    const { accounts, call, current } = this.#options
    const { answer, token } = accounts.authorize(params, call)
    current.token = token
    return answer
  }

  /** What the token allows; a request without one has that of its connection. @throws {V1Refusal} */
  get authorisation(): Authorisation {
    const { accounts, call, current, token = current.token } = this.#options
    return accounts.of(typeof token === 'string' ? token : undefined, call)
  }

  /** A call of Cortex 2 on the model. @throws {Refusal} */
  cortex2(method: string, params: object): unknown {
    return callMethod(method, params, this.call)
  }

  set currentSession(session: V1Live) {
    this.#options.current.session = session.id
  }

  /** The session that is named, or that the connection made last. @throws {V1Refusal} */
  session(params: CallParams, name = 'session'): V1Live {
    const named = params.raw(name)
    const id = typeof named === 'string' || typeof named === 'number' ? String(named) : this.#options.current.session
    const session = id === undefined ? undefined : this.sessions.get(id)
    if (session === undefined) throw new V1Refusal(V1_ERRORS.session)
    return session
  }

  /** @throws {V1Refusal} */
  activeSession(params: CallParams): V1Live {
    const session = this.session(params)
    if (session.status !== 'active') throw new V1Refusal(V1_ERRORS.inactive)
    return session
  }

  /** A session that this connection has open. @throws {V1Refusal} */
  get openSession(): V1Live {
    const { client } = this.call
    const current = this.sessions.get(this.#options.current.session ?? '')
    const mine = [current, ...this.sessions.values()].find((one) => one?.client === client && one.status !== 'closed')
    if (mine === undefined) throw new V1Refusal(V1_ERRORS.inactive, 'no session is open')
    return mine
  }
}
