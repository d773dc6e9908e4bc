import { isObject, parseJson } from '../messages.ts'

/**
 * Messages of the older Cortex: one JSON object per text frame, both ends.
 *
 *   request       {id?, jsonrpc, method, params?, _auth?, _hash?}        without id it is not answered
 *   response      {id, jsonrpc, result} or {id, jsonrpc, error: {code, text}}
 *   notification  {id: <session>, time, <stream>: […], <stream>: […]}   time in ms of the epoch; any number of streams
 *
 * A response and a notification both have an `id`: what has a `time` is a notification. The token `_auth` may be among the
 * params too. Source: the older Cortex document.
 */
export interface V1Response {
  readonly kind: 'response'
  readonly id: number | string | null
  readonly result?: unknown
  readonly error?: V1Error
}

export interface V1Error {
  readonly code: number
  readonly text: string
}

export interface V1Notification {
  readonly kind: 'notification'
  readonly session: string
  /** ms of the epoch. */
  readonly time: number
  readonly streams: Readonly<Record<string, readonly unknown[]>>
}

/** Errors that the document names. Four share a code: only their text tells them apart. */
export const V1_ERRORS = {
  token: { code: 100, text: 'Invalid Auth Token' },
  stream: { code: 101, text: 'Invalid Stream Name' },
  session: { code: 102, text: 'Invalid Session Id' },
  profile: { code: 103, text: 'Invalid Profile Id' },
  headset: { code: 104, text: 'Invalid Headset Id' },
  subject: { code: 105, text: 'Invalid Subject Id' },
  method: { code: 106, text: 'Unknown Method' },
  inactive: { code: 106, text: 'Session Not Active' },
  expired: { code: 106, text: 'Auth Token Expired' },
  inUse: { code: 106, text: 'Headset In Use' },
  eeg: { code: 123, text: 'eegData unavailable' }
} as const satisfies Record<string, V1Error>

/** What a client reads. @throws {SyntaxError} when the frame is neither a response nor a notification. */
export function parseV1Message(text: string): V1Response | V1Notification {
  const message = parseJson(text)
  if (!isObject(message)) throw new SyntaxError('expected an object')
  const { id, time, result, error } = message
  if (typeof time === 'number') return toNotification(message, time)
  if (id === undefined || (result === undefined && !isObject(error))) {
    throw new SyntaxError("expected a member 'id' with a result, an error or a time")
  }
  const known = typeof id === 'number' || typeof id === 'string' ? id : null
  if (!isObject(error)) return { kind: 'response', id: known, result }
  const { code, text: words } = error
  return {
    kind: 'response',
    id: known,
    error: { code: typeof code === 'number' ? code : 0, text: typeof words === 'string' ? words : 'no text' }
  }
}

/** Sessions are texts, and numbers in some examples. */
function toNotification(message: Readonly<Record<string, unknown>>, time: number): V1Notification {
  const { id, time: _, ...members } = message
  if (typeof id !== 'string' && typeof id !== 'number') throw new SyntaxError('expected a session')
  const streams: Record<string, readonly unknown[]> = {}
  for (const [name, values] of Object.entries(members)) {
    if (!Array.isArray(values)) throw new SyntaxError(`expected values of stream '${name}'`)
    streams[name] = values
  }
  if (Object.keys(streams).length === 0) throw new SyntaxError('expected a stream')
  return { kind: 'notification', session: String(id), time, streams }
}

/** What a server sends of a session. */
export function toV1Notification({ session, time, streams }: Omit<V1Notification, 'kind'>): object {
  return { id: session, time, ...streams }
}
