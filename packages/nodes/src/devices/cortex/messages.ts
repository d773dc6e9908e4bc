/**
 * What comes from Cortex 2: one JSON object per text frame, told apart by a member.
 *
 *   id       response  {id, jsonrpc, result} or {id, jsonrpc, error: {code, message}}
 *   sid      sample    {sid, time, <stream>: [...]}, time in s of the epoch
 *   warning  warning   {jsonrpc, warning: {code, message}}, message a text or an object
 */
export interface CortexResponse {
  readonly kind: 'response'
  readonly id: number | string | null
  readonly result?: unknown
  readonly error?: { readonly code: number; readonly message: string }
}

/** One sample of one stream. */
export interface CortexSample {
  readonly kind: 'sample'
  readonly session: string
  readonly stream: string
  /** s of the epoch, with a fraction. */
  readonly time: number
  /** One value for each of the stream's `cols`, nested where they are. */
  readonly values: readonly unknown[]
}

/** Something that happened on Cortex's side. */
export interface CortexWarning {
  readonly kind: 'warning'
  readonly code: number
  /** Cortex's own words: `behavior` where the message is an object. */
  readonly text: string
  /** Members of the message, such as `sessionId`, `headsetId`, `recordId`; empty where it is a text. */
  readonly details: Readonly<Record<string, unknown>>
}

/** @throws {SyntaxError} when the frame is none of the three. */
export function parseCortexMessage(text: string): CortexResponse | CortexSample | CortexWarning {
  const message = parseJson(text)
  if (!isObject(message)) throw new SyntaxError('expected an object')
  if (isObject(message['warning'])) return toWarning(message['warning'])
  if (typeof message['sid'] === 'string') return toSample(message['sid'], message)
  if ('id' in message && ('result' in message || isObject(message['error']))) return toResponse(message)
  throw new SyntaxError("expected a member 'id' with a result or an error, 'sid' or 'warning'")
}

/** The parser's own message would quote the frame, which may hold a token. @throws {SyntaxError} */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new SyntaxError('expected JSON')
  }
}

function toResponse(message: Readonly<Record<string, unknown>>): CortexResponse {
  const { id, result, error } = message
  const known = typeof id === 'number' || typeof id === 'string' ? id : null
  if (!isObject(error)) return { kind: 'response', id: known, result }
  const { code, message: text } = error
  return {
    kind: 'response',
    id: known,
    error: { code: typeof code === 'number' ? code : 0, message: typeof text === 'string' ? text : 'no text' }
  }
}

function toSample(session: string, message: Readonly<Record<string, unknown>>): CortexSample {
  const time = message['time']
  const [stream, values] = Object.entries(message).find(([name]) => name !== 'sid' && name !== 'time') ?? []
  if (stream === undefined || !Array.isArray(values) || typeof time !== 'number') {
    throw new SyntaxError("expected a sample with 'time' and one stream")
  }
  return { kind: 'sample', session, stream, time, values }
}

function toWarning({ code, message }: Readonly<Record<string, unknown>>): CortexWarning {
  const details = isObject(message) ? message : {}
  const text = typeof message === 'string' ? message : details['behavior']
  return {
    kind: 'warning',
    code: typeof code === 'number' ? code : -1,
    text: typeof text === 'string' ? text : '',
    details
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
