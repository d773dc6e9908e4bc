import { V1_ERRORS } from '../../../devices/cortex/v1/messages.ts'
import { STREAM_ALIASES } from '../../../devices/cortex/v1/names.ts'
import type { CallParams } from '../params.ts'
import { Refusal } from '../Refusal.ts'
import { checkScope, type Authorisation } from './V1Accounts.ts'
import type { V1Context, V1Method } from './V1Context.ts'
import { V1Live } from './V1Live.ts'
import { V1Refusal } from './V1Refusal.ts'
import { loadProfile } from './profileRules.ts'

/** Sessions, what they subscribe, and their markers. */
export const sessionRules: Readonly<Record<string, V1Method>> = {
  createSession: (params, context) => {
    const { authorisation, call } = context
    if (authorisation.balance <= 0) throw new V1Refusal(V1_ERRORS.token, 'session balance is zero')
    const headset = headsetOf(params, context)
    checkFree(headset, context)
    const subject = subjectOf(params, context)
    const streams = namesOf(params.object('subscribe', {})['streams'] ?? params.raw('streams'))
    checkScope(streams, authorisation)
    const { id } = context.cortex2('createSession', { headset, status: 'open' }) as { id: string }
    const live = call.client.sessions.get(id)!
    const { licence, user } = authorisation
    const session = new V1Live({ live, client: call.client, licence, user, subject })
    try {
      if (params.has('profile')) loadProfile(params.text('profile'), session, context)
    } catch (error) {
      call.client.close(live)
      throw error
    }
    authorisation.balance -= 1
    context.sessions.set(session.id, session)
    context.currentSession = session
    if (params.has('markers')) session.markers.push(...params.texts('markers'))
    if (params.text('status', 'opened') === 'active') session.activate()
    for (const name of streams) subscribe(session, name)
    return session.describe()
  },

  querySessions: (params, { authorisation, sessions }) => {
    const wanted = (session: V1Live): boolean => {
      const told = session.describe()
      const isEqual = (name: string) => !params.has(name) || told[name] === params.raw(name)
      const isLater = (name: string) => !params.has(name) || timeOf(told[name]) >= timeOf(params.raw(name))
      return (
        authorisation.licence.includes(session.user) &&
        ['id', 'status', 'subject', 'profile'].every(isEqual) &&
        ['created', 'started', 'stopped'].every(isLater)
      )
    }
    return [...sessions.values()].filter(wanted).map((session) => session.describe())
  },

  updateSession: (params, context) => {
    const session = context.session(params, 'id')
    checkLicence(session, context.authorisation)
    session.subscribe('ses')
    if (!params.has('status')) return session.describe()
    const status = params.oneOf('status', ['active', 'paused', 'closed'])
    if (session.status === 'closed') throw new V1Refusal(V1_ERRORS.inactive)
    if (status === 'closed') {
      session.client.close(session.live)
      return session.describe()
    }
    if (status === 'paused') session.pause()
    else {
      checkFree(session.live.headset.id, context, session)
      session.activate()
    }
    // Told as it is now: see V1Speech.
    session.client.warn(-1, { sessionId: session.id })
    return session.describe()
  },

  subscribe: (params, context) => {
    const session = context.activeSession(params)
    const streams = namesOf(params.raw('streams'))
    checkScope(streams, context.authorisation)
    checkLicence(session, context.authorisation)
    const since = params.has('since') ? params.number('since') : undefined
    const told = streams.map((name) => [name, subscribe(session, name, since)] as const)
    if (since !== undefined) replay(session, { streams, since }, context)
    return { sid: session.id, ...Object.fromEntries(told) }
  },

  unsubscribe: (params, context) => {
    const session = context.activeSession(params)
    for (const name of namesOf(params.raw('streams'))) session.unsubscribe(name)
    return []
  },

  injectMarker: (params, context) => {
    const session = context.activeSession(params)
    // An example calls labels tags.
    const labels = params.has('tags') ? params.texts('tags') : params.has('label') ? [params.text('label')] : []
    if (labels.length === 0) throw new Refusal(-32602, 'label: it is not defined')
    for (const label of labels) {
      if (!session.markers.includes(label)) session.markers.push(label)
      session.live.mark({ label }, params.number('time', 0))
    }
    return {}
  }
}

/** The headset that is named, or the one that is connected. @throws {V1Refusal} */
function headsetOf(params: CallParams, { call }: V1Context): string {
  const { headsets } = call.model
  const connected = [...headsets.values()].find(({ status }) => status === 'connected')
  const headset = params.has('headset') ? headsets.get(params.text('headset')) : connected
  if (headset?.status !== 'connected') throw new V1Refusal(V1_ERRORS.headset, 'it is not connected')
  return headset.id
}

/** @throws {V1Refusal} when another active session has the headset. */
function checkFree(headset: string, { sessions }: V1Context, own?: V1Live): void {
  for (const session of sessions.values()) {
    if (session !== own && session.status === 'active' && session.live.headset.id === headset)
      throw new V1Refusal(V1_ERRORS.inUse)
  }
}

/** The user, unless a subject is named: only one of those can be in one session at a time. @throws {V1Refusal} */
function subjectOf(params: CallParams, { authorisation, sessions, subjects }: V1Context): string {
  if (!params.has('subject')) return authorisation.user
  const id = params.text('subject')
  if (subjects.get(id)?.user !== authorisation.user) throw new V1Refusal(V1_ERRORS.subject)
  for (const { status, subject } of sessions.values()) {
    if (status === 'active' && subject === id) throw new V1Refusal(V1_ERRORS.subject, 'it is in use')
  }
  return id
}

function checkLicence(session: V1Live, { licence }: Authorisation): void {
  if (session.licence !== licence) throw new V1Refusal(V1_ERRORS.session, 'it has another licence')
}

function namesOf(streams: unknown): string[] {
  if (streams === undefined) return []
  if (!Array.isArray(streams) || !streams.every((name) => typeof name === 'string'))
    throw new Refusal(-32602, 'streams: expected a list of texts')
  return streams.map((name) => STREAM_ALIASES[name] ?? name)
}

/** @throws {V1Refusal} */
function subscribe(session: V1Live, name: string, since?: number): object {
  const description = session.subscribe(name, since)
  if (description === undefined) throw new V1Refusal(V1_ERRORS.stream, name)
  return description
}

/** What happened comes again from the log; samples are made again. */
function replay(
  session: V1Live,
  { streams, since }: { streams: readonly string[]; since: number },
  { call }: V1Context
): void {
  for (const stream of ['ses', 'pro'].filter((name) => streams.includes(name))) {
    const events = session.log.since((session.started ?? session.created) + since, stream)
    // After the answer to the call.
    call.later(0, () => session.client.send(...events.map((replayed) => ({ replayed }))))
  }
}

/** ms of the epoch, of a number or a date; -Infinity where there is none. */
function timeOf(value: unknown): number {
  if (typeof value === 'number') return value
  return typeof value === 'string' ? Date.parse(value) : -Infinity
}
