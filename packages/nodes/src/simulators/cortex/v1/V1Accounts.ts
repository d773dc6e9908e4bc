import { V1_ERRORS } from '../../../devices/cortex/v1/messages.ts'
import type { Call } from '../Call.ts'
import type { CallParams } from '../params.ts'
import { V1Refusal } from './V1Refusal.ts'

/** What a token allows. */
export interface Authorisation {
  /** The user's part is that of sessions which the token may see. */
  readonly licence: string
  readonly user: string
  readonly scopes: readonly string[]
  /** Sessions that may still be made. */
  balance: number
}

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const LICENSED = ['basic', 'eeg', 'pm']

/** Who may use the older Cortex: its tokens, the user's dialogs, and the service that stands behind. */
export class V1Accounts {
  readonly #authorisations = new Map<string, Authorisation>()

  /** @throws {V1Refusal} */
  authorize(params: CallParams, call: Call): { answer: object; token: string } {
    checkTime(params)
    const { model } = call
    if (params.has('username') && params.text('username') !== model.options.username) {
      ask('passwordDialog', call)
      model.options.username = params.text('username')
    }
    const licence = params.text('license', '')
    const wanted = params.has('scopes') ? params.texts('scopes') : ['basic']
    const isBasic = wanted.every((scope) => scope === 'basic')
    // The user is asked for what no licence covers.
    if (licence === '' && !isBasic) ask('authorizationDialog', call)
    else if (model.refusalsLeft > 0) ask('authorizationDialog', call)
    const user = model.options.username
    call.note('authService', { user, license: licence, scopes: wanted })
    if (user === '') throw new V1Refusal(V1_ERRORS.token, 'no user is logged in')
    const scopes = licence === '' ? ['basic', ...wanted.filter((scope) => scope !== 'basic')] : LICENSED
    const token = model.newToken()
    const balance = params.number('debit', 10)
    this.#authorisations.set(token, { licence: `${user}/${licence || 'basic'}`, user, scopes, balance })
    if (licence === '' && isBasic) return { answer: { _auth: token }, token }
    return { answer: { _auth: token, expires: new Date(Date.now() + 2 * DAY).toISOString(), scopes }, token }
  }

  /** @throws {V1Refusal} the token is none, or has expired. */
  of(token: string | undefined, { model }: Call): Authorisation {
    const state = token === undefined ? undefined : model.tokens.get(token)
    const authorisation = token === undefined ? undefined : this.#authorisations.get(token)
    if (state === 'expired') throw new V1Refusal(V1_ERRORS.expired)
    if (state === undefined || authorisation === undefined) throw new V1Refusal(V1_ERRORS.token)
    return authorisation
  }
}

/** EEG and metrics need their scope, and neither is in 'basic'. @throws {V1Refusal} */
export function checkScope(streams: readonly string[], { scopes }: Authorisation): void {
  const hasEeg = scopes.includes('eeg') || scopes.includes('extra')
  if (streams.includes('eeg') && !hasEeg) throw new V1Refusal(V1_ERRORS.eeg)
  if (streams.includes('cog') && !scopes.includes('pm')) throw new V1Refusal(V1_ERRORS.stream, 'metrics unavailable')
}

/** @throws {V1Refusal} when the licence has nothing but 'basic'. */
export function checkBeyondBasic({ scopes }: Authorisation): void {
  if (scopes.every((scope) => scope === 'basic')) throw new V1Refusal(V1_ERRORS.token, "the scope is 'basic'")
}

function checkTime(params: CallParams): void {
  const ms = params.number('time', Date.now())
  if (Math.abs(ms - Date.now()) > MINUTE) throw new V1Refusal(V1_ERRORS.token, 'time differs by more than a minute')
}

/** The user answers at once: as often as the simulator was told to, no. */
function ask(dialog: 'authorizationDialog' | 'passwordDialog', { model, note }: Call): void {
  note(dialog, {})
  if (model.refusalsLeft === 0) return
  model.refusalsLeft -= 1
  throw new V1Refusal(V1_ERRORS.token, 'the user refused')
}
