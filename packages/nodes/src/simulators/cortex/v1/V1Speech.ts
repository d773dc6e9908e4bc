import { isObject } from '../../../devices/cortex/messages.ts'
import { toV1Notification, V1_ERRORS } from '../../../devices/cortex/v1/messages.ts'
import { commandToV1, STREAM_NAMES } from '../../../devices/cortex/v1/names.ts'
import type { Call, ClientState } from '../Call.ts'
import type { CortexModel } from '../CortexModel.ts'
import { CallParams } from '../params.ts'
import { Refusal } from '../Refusal.ts'
import { callMethod, parseRequest, type Speech } from '../Speech.ts'
import { V1Accounts } from './V1Accounts.ts'
import { V1Context, type V1Method } from './V1Context.ts'
import type { V1Live } from './V1Live.ts'
import type { Logged } from './V1Log.ts'
import { headsetRules } from './headsetRules.ts'
import { profileRules } from './profileRules.ts'
import { sessionRules } from './sessionRules.ts'
import { subjectRules, type V1Subject } from './subjectRules.ts'
import { toV1Error, V1Refusal } from './V1Refusal.ts'

const METHODS: Readonly<Record<string, V1Method>> = {
  authorize: (params, context) => context.authorize(params),
  ...sessionRules,
  ...headsetRules,
  ...profileRules,
  ...subjectRules
}

/** The document writes names in either case, and two methods under two names. */
const NAMES = new Map([
  ...Object.keys(METHODS).map((name) => [name.toLowerCase(), name] as const),
  ['querysession', 'querySessions'],
  ['createmarker', 'injectMarker']
])

/** What the Cortex of the older document says, in front of the same headsets, sessions and profiles. */
export class V1Speech implements Speech {
  readonly #accounts = new V1Accounts()
  readonly #sessions = new Map<string, V1Live>()
  readonly #owners = new Map<string, string>()
  readonly #subjects = new Map<string, V1Subject>()
  /** Of each connection: the token that it got last, and the session that it made last. */
  readonly #current = new WeakMap<ClientState, { token?: string; session?: string }>()

  /** The first headset is connected: the older Cortex connects by itself. */
  constructor({ headsets }: CortexModel) {
    const [first] = headsets.values()
    if (first) first.status = 'connected'
  }

  answer(text: string, call: Call): object | undefined {
    let id: unknown
    let isAnswered = true
    try {
      const request = parseRequest(text)
      id = request['id']
      isAnswered = 'id' in request
      const result = this.#call(request, call)
      return isAnswered ? { id, jsonrpc: '2.0', result } : undefined
    } catch (error) {
      if (!(error instanceof Refusal) && !(error instanceof V1Refusal)) throw error
      return isAnswered ? { id: id ?? null, jsonrpc: '2.0', error: toV1Error(error) } : undefined
    }
  }

  #call(request: Readonly<Record<string, unknown>>, call: Call): unknown {
    const { method, params, jsonrpc } = request
    if (typeof method !== 'string' || jsonrpc !== '2.0') throw new Refusal(-32600)
    const name = NAMES.get(method.toLowerCase())
    call.note(name ?? method, params)
    if (name === undefined) throw new V1Refusal(V1_ERRORS.method)
    const inParams = isObject(params) ? params['_auth'] : undefined
    const current = this.#current.get(call.client) ?? {}
    this.#current.set(call.client, current)
    const context = new V1Context({
      call,
      current,
      token: request['_auth'] ?? inParams,
      accounts: this.#accounts,
      sessions: this.#sessions,
      owners: this.#owners,
      subjects: this.#subjects
    })
    return METHODS[name]!(new CallParams(params), context)
  }

  /** Samples of a session that have the same time are one notification. */
  tell(messages: readonly object[], client: ClientState): readonly object[] {
    const told = new Map<string, Told>()
    const replayed: object[] = []
    for (const message of messages as readonly Readonly<Record<string, unknown>>[]) {
      const { sid, time, warning, replayed: again, ...streams } = message
      if (again !== undefined) replayed.push(toV1Notification(again as Logged))
      const session = this.#sessions.get(String(isObject(warning) ? sessionOfWarning(warning) : sid))
      if (session === undefined || session.client !== client) continue
      const ms = typeof time === 'number' ? Math.round(time * 1000) : Date.now()
      for (const [name, values] of Object.entries(this.#streamsOf(session, streams, warning))) {
        // A sample that comes twice is told twice.
        let key = `${session.id} ${ms}`
        while (told.get(key)?.streams[name]) key += '+'
        const notification = told.get(key) ?? { session, time: ms, streams: {} }
        notification.streams[name] = values
        told.set(key, notification)
      }
    }
    // Streams come one after the other, notifications in the order of their times.
    const inOrder = [...told.values()].toSorted((a, b) => a.time - b.time)
    const now = inOrder.map(({ session, time, streams }) => {
      const notification = { session: session.id, time, streams }
      session.log.add(notification)
      return toV1Notification(notification)
    })
    return [...replayed, ...now]
  }

  #streamsOf(session: V1Live, streams: Readonly<Record<string, unknown>>, warning: unknown): Record<string, unknown[]> {
    if (warning !== undefined) {
      return session.has('ses') ? { ses: [session.status, session.live.headset.id, session.profile] } : {}
    }
    const [[name, values] = ['', []]] = Object.entries(streams)
    if (name === 'sys') return this.#training(session, values as readonly unknown[])
    const stream = STREAM_NAMES[name] ?? name
    const own = session.valuesOf(stream, values as readonly unknown[])
    return own === undefined ? {} : { [stream]: own }
  }

  /** How a training goes on. What succeeded is kept: the older Cortex does not ask. */
  #training(session: V1Live, [detection, event]: readonly unknown[]): Record<string, unknown[]> {
    const { training } = session
    if (training === undefined) return {}
    const status = String(event).replace(/^.._/, '').toLowerCase()
    if (status === 'succeeded') {
      callMethod(
        'training',
        { session: session.id, detection, action: training.action, status: 'accept' },
        training.call
      )
      return {}
    }
    const { settings } = training.call.model.loadedOn(session.live.headset.id)
    const times = settings.trained[training.detection][training.action] ?? 0
    const state = status === 'completed' ? 'complete' : status
    const values = [commandToV1(training.action), times, settings.lastScore, state]
    if (state === 'complete') training.save()
    const own = session.valuesOf('pro', values)
    return own === undefined ? {} : { pro: own }
  }
}

interface Told {
  readonly session: V1Live
  /** ms of the epoch. */
  readonly time: number
  readonly streams: Record<string, unknown[]>
}

/** A session that was closed by the server. */
function sessionOfWarning({ message }: Readonly<Record<string, unknown>>): unknown {
  return isObject(message) ? message['sessionId'] : undefined
}
