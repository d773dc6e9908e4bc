import { DeviceError } from '@nodeacq/core'
import type { Params } from '../CortexCalls.ts'
import type { CortexError } from '../CortexError.ts'
import type { Headset } from '../results.ts'
import { V1_ERRORS } from './messages.ts'
import { STREAM_NAMES } from './names.ts'
import { PROFILE_CALLS } from './profileCalls.ts'
import { SUBJECT_CALLS } from './subjectCalls.ts'
import { isError, type V1Calls } from './V1Calls.ts'
import { toV2Session, V1Session } from './V1Session.ts'

/** A call of Cortex 2 by calls of the older one; the result is that of Cortex 2. */
export type V1Call = (params: Params, calls: V1Calls) => Promise<unknown>

const SESSION_STATUS: Readonly<Record<string, string>> = { active: 'active', paused: 'paused', close: 'closed' }
const ALL_SCOPES = ['basic', 'eeg', 'pm']

/** The right is asked for, and given, within `authorize`. */
const granted: V1Call = async () => await Promise.resolve({ accessGranted: true, message: 'authorize asks the user' })

/** What the older Cortex has of the calls of Cortex 2. */
export const V1_CALLS: Readonly<Record<string, V1Call>> = {
  requestAccess: granted,
  hasAccessRight: granted,
  authorize: async ({ clientId, license, debit }, calls) => {
    // Without a licence the server asks the user for what is beyond 'basic'.
    const params = {
      client: clientId,
      time: Date.now(),
      ...(license === undefined ? { scopes: ALL_SCOPES } : { license }),
      ...(debit !== undefined && { debit })
    }
    const { _auth, ...rest } = await calls.ask('authorize', params)
    return { cortexToken: _auth, ...rest }
  },

  queryHeadsets: async ({ id }, calls) => {
    if (!(await hasSession(calls))) return []
    const found = await calls.list('queryHeadsets', id === undefined ? {} : { id })
    return found.map(toHeadset)
  },

  controlDevice: async ({ command, headset, mappings }, calls) => {
    if (command === 'refresh') return { command, message: 'the older Cortex looks for headsets by itself' }
    const status = command === 'connect' ? 'connected' : 'paired'
    if (command === 'connect') calls.known.headset = String(headset)
    await calls.ask('updateHeadset', {
      _id: headset,
      status,
      ...(mappings !== undefined && { settings: { mappings } })
    })
    return { command, message: '' }
  },

  updateHeadset: async ({ headset, setting }, calls) => {
    await calls.ask('updateHeadset', { _id: headset, settings: setting })
    return { headset, message: '' }
  },

  updateHeadsetCustomInfo: async ({ headsetId, customName, headbandPosition }, calls) => {
    const params = {
      _id: headsetId,
      ...(customName !== undefined && { name: customName }),
      ...(headbandPosition !== undefined && { settings: { headbandPosition } })
    }
    return toHeadset(await calls.ask('updateHeadset', params))
  },

  createSession: async ({ headset, status }, calls) => {
    const isActive = status === 'active'
    const provisional = [...calls.known.sessions.values()].find(({ isProvisional }) => isProvisional)
    if (provisional === undefined || provisional.headset !== headset) {
      if (provisional) await close(provisional, calls)
      return toV2Session(await openSession({ headset, status: isActive ? 'active' : 'opened' }, calls))
    }
    provisional.isProvisional = false
    if (isActive) return toV2Session(await calls.ask('updateSession', { id: provisional.id, status: 'active' }))
    return toV2Session({ id: provisional.id, status: 'opened', headset })
  },

  updateSession: async ({ session, status }, calls) => {
    const answer = await calls.ask('updateSession', { id: session, status: SESSION_STATUS[String(status)] ?? status })
    if (status === 'close') calls.known.sessions.delete(String(session))
    return toV2Session(answer)
  },

  // Sessions stay listed after their end, and those of other programs are listed too.
  querySessions: async (_, calls) => {
    const found = await calls.list('querySessions', {})
    const { sessions } = calls.known
    return found
      .filter(({ id, status }) => status !== 'closed' && sessions.get(String(id))?.isProvisional === false)
      .map(toV2Session)
  },

  subscribe: async ({ session: id, streams, since }, calls) => {
    const session = calls.session(id)
    const success: unknown[] = []
    const failure: unknown[] = []
    // A stream that is refused takes the whole call with it; how a session goes on is always wanted.
    for (const streamName of streams as string[]) {
      const params = { session: id, streams: [STREAM_NAMES[streamName] ?? streamName, 'ses'] }
      try {
        success.push(
          ...session.open(await calls.ask('subscribe', { ...params, ...(since !== undefined && { since }) }))
        )
      } catch (error) {
        if (!isError(error, V1_ERRORS.stream) && !isError(error, V1_ERRORS.eeg)) throw error
        const { cortexCode: code, text: message } = error as CortexError
        failure.push({ streamName, code, message })
      }
    }
    return { success, failure }
  },

  unsubscribe: async ({ session: id, streams }, calls) => {
    const names = (streams as string[]).map((name) => STREAM_NAMES[name] ?? name)
    await calls.send('unsubscribe', { session: id, streams: names })
    calls.session(id).shut(names)
    return { success: (streams as string[]).map((streamName) => ({ streamName, message: '' })), failure: [] }
  },

  injectMarker: async ({ session: id, label, time, value, port = '' }, calls) => {
    await calls.send('injectMarker', { session: id, label, time })
    calls.session(id).noteMarker(String(label))
    const at = new Date(Number(time)).toISOString()
    const marker = { uuid: '', type: 'instance', value, label, port, startDatetime: at, endDatetime: at }
    return { marker }
  },

  ...PROFILE_CALLS,
  ...SUBJECT_CALLS
}

async function openSession(params: Params, calls: V1Calls): Promise<Record<string, unknown>> {
  const answer = await calls.ask('createSession', params)
  if (answer['id'] === undefined) throw new DeviceError('Cortex: createSession: the answer has no id')
  const session = new V1Session({ id: answer['id'], headset: answer['headset'] ?? params['headset'] })
  calls.known.sessions.set(session.id, session)
  return answer
}

/** Headsets are told only to who has a session: without one, one is opened that the user gets when he wants one. */
async function hasSession(calls: V1Calls): Promise<boolean> {
  const { sessions, headset } = calls.known
  if (sessions.size > 0) return true
  try {
    const { id } = await openSession({ status: 'opened', ...(headset !== undefined && { headset }) }, calls)
    sessions.get(String(id))!.isProvisional = true
    return true
  } catch (error) {
    if (isError(error, V1_ERRORS.headset)) return false
    throw error
  }
}

async function close({ id }: V1Session, calls: V1Calls): Promise<void> {
  await calls.send('updateSession', { id, status: 'closed' })
  calls.known.sessions.delete(id)
}

function toHeadset({ id, status, label, name, ...rest }: Readonly<Record<string, unknown>>): Headset {
  const customName = label ?? name
  return {
    ...rest,
    id: String(id),
    status: status === 'connected' ? 'connected' : 'discovered',
    ...(typeof customName === 'string' && { customName })
  }
}
