import type { CortexSample, CortexWarning } from '../messages.ts'
import type { Columns, Session, SubscribeResult } from '../results.ts'
import type { V1Notification } from './messages.ts'
import { STREAM_ALIASES, STREAM_NAMES } from './names.ts'
import { toV2Stream, type StreamForm } from './streams.ts'

const V2_NAMES = new Map(Object.entries(STREAM_NAMES).map(([v2, v1]) => [v1, v2]))

/** A session of the older Cortex, as its client knows it. */
export class V1Session {
  readonly id: string
  readonly headset: string
  /** Labels of markers, in the order in which they were first used: samples have their index. */
  readonly labels: string[] = []
  readonly #forms = new Map<string, StreamForm>()
  /** Made only to see headsets, until the user wants one. */
  isProvisional = false

  constructor({ id, headset }: { id: unknown; headset: unknown }) {
    this.id = String(id)
    this.headset = typeof headset === 'string' ? headset : ''
  }

  /** Notes the streams of an answer `{sid, <stream>: {cols, freq}}`. */
  open(answer: Readonly<Record<string, unknown>>): SubscribeResult['success'] {
    const opened: SubscribeResult['success'][number][] = []
    for (const [name, description] of Object.entries(answer)) {
      const stream = STREAM_ALIASES[name] ?? name
      const streamName = V2_NAMES.get(stream)
      const { cols, freq } = (description ?? {}) as { cols?: Columns; freq?: number }
      if (streamName === undefined || !Array.isArray(cols)) continue
      const form = toV2Stream(stream, cols)
      this.#forms.set(stream, form)
      const rate = typeof freq === 'number' && freq > 0 ? freq : undefined
      opened.push({ streamName, sid: this.id, cols: form.cols, ...(rate !== undefined && { rate }) })
    }
    return opened
  }

  shut(streams: readonly string[]): void {
    for (const stream of streams) this.#forms.delete(stream)
  }

  noteMarker(label: string): void {
    if (!this.labels.includes(label)) this.labels.push(label)
  }

  /** The samples of Cortex 2 in a notification, and what it says of the session. */
  messagesOf({ session, time, streams }: V1Notification): (CortexSample | CortexWarning)[] {
    return Object.entries(streams).flatMap(([name, values]): (CortexSample | CortexWarning)[] => {
      if (name === 'ses') return [warningOf(session, values)]
      const stream = STREAM_ALIASES[name] ?? name
      const form = this.#forms.get(stream)
      const streamName = V2_NAMES.get(stream)
      if (form === undefined || streamName === undefined) return []
      const own = form.values(values, this.labels)
      return [{ kind: 'sample', session, stream: streamName, time: time / 1000, values: own }]
    })
  }
}

/** A session that the server closed is warning 1; other changes have no number in Cortex 2. */
function warningOf(sessionId: string, [status, headset, profile]: readonly unknown[]): CortexWarning {
  const isClosed = status === 'closed'
  const text = isClosed ? 'Session was closed' : `Session is ${String(status)}`
  return { kind: 'warning', code: isClosed ? 1 : -1, text, details: { sessionId, status, headset, profile } }
}

const STATUS: Readonly<Record<string, Session['status']>> = {
  opened: 'opened',
  active: 'activated',
  paused: 'opened',
  closed: 'closed'
}

/** A session object of the older Cortex as one of Cortex 2. */
export function toV2Session(session: Readonly<Record<string, unknown>>): Session {
  const text = (name: string): string => (typeof session[name] === 'string' ? session[name] : '')
  return {
    id: String(session['id']),
    status: STATUS[text('status')] ?? 'opened',
    owner: '',
    license: '',
    appId: '',
    started: text('started'),
    stopped: text('stopped'),
    streams: [],
    recordIds: [],
    recording: false,
    headset: text('headset')
  }
}
