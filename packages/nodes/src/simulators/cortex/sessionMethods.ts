import { headsetOf, sessionOf, type Method } from './Call.ts'
import { LiveSession } from './LiveSession.ts'
import { refusal, Refusal } from './Refusal.ts'
import { LICENSED } from './streams.ts'

/** Sessions and what they subscribe. */
export const sessionMethods: Readonly<Record<string, Method>> = {
  createSession: (params, call) => {
    const { client, model, zeroOf } = call
    const status = params.oneOf('status', ['open', 'active'])
    const headset = headsetOf(params, call)
    if (headset.status !== 'connected') throw new Refusal(-32004)
    for (const session of client.sessions.values()) if (session.headset === headset) throw new Refusal(-32005)
    const session = new LiveSession(headset, model.appId, zeroOf(headset.id))
    if (status === 'active') session.status = 'activated'
    client.sessions.set(session.id, session)
    return session.describe()
  },

  updateSession: (params, call) => {
    const session = sessionOf(params, call)
    if (params.oneOf('status', ['active', 'close']) === 'active') session.status = 'activated'
    else call.client.close(session)
    return session.describe()
  },

  querySessions: (_, { client }) => [...client.sessions.values()].map((session) => session.describe()),

  subscribe: (params, call) => {
    const session = sessionOf(params, call)
    const success: object[] = []
    const failure: object[] = []
    for (const streamName of params.texts('streams')) {
      const isLocked = LICENSED.includes(streamName) && session.status !== 'activated'
      const cols = isLocked ? undefined : session.subscribe(streamName)
      if (cols) success.push({ streamName, sid: session.id, cols })
      else failure.push({ streamName, ...refusal(isLocked ? -32012 : -32016) })
    }
    return { success, failure }
  },

  unsubscribe: (params, call) => {
    const session = sessionOf(params, call)
    const success: object[] = []
    const failure: object[] = []
    for (const streamName of params.texts('streams')) {
      if (session.unsubscribe(streamName)) success.push({ streamName, message: 'Unsubscribed.' })
      else failure.push({ streamName, ...refusal(-32016) })
    }
    return { success, failure }
  }
}
