import { STREAM_NAMES } from '../../../devices/cortex/v1/names.ts'
import { toV1Stream, type StreamForm } from '../../../devices/cortex/v1/streams.ts'
import type { Detection } from '../bciSettings.ts'
import type { Call, ClientState } from '../Call.ts'
import type { LiveSession } from '../LiveSession.ts'
import { V1Log } from './V1Log.ts'

/** v2 names by those of the older Cortex. */
const V2_STREAMS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(STREAM_NAMES).map(([v2, v1]) => [v1, v2])
)

/** Columns of `ses`, whose messages the session makes itself. */
const SES = { cols: ['Status', 'Headset', 'Profile'] }
/** Limits of values, and the names of states, where the document tells them. */
const DETAILS: Readonly<Record<string, object>> = {
  eeg: { min: 0, max: 8400 },
  con: { min: 0, max: 100 },
  pro: { enums: ['started', 'complete', 'failed', 'reset'] }
}

/** A training on its way. */
interface V1Training {
  readonly detection: Detection
  readonly action: string
  readonly call: Call
  /** Keeps what was trained in the profile. */
  readonly save: () => void
}

export interface V1SessionOptions {
  readonly live: LiveSession
  readonly client: ClientState
  readonly licence: string
  readonly user: string
  readonly subject: string
}

/** A session of the older Cortex: that of Cortex 2, and what the older one knows of it besides. It stays after its end. */
export class V1Live {
  readonly live: LiveSession
  readonly client: ClientState
  readonly licence: string
  readonly user: string
  readonly subject: string
  readonly created = Date.now()
  /** Labels of markers; samples have their index. */
  readonly markers: string[] = []
  readonly log = new V1Log()
  profile = ''
  training: V1Training | undefined
  #started: number | undefined
  #state: 'opened' | 'active' | 'paused' = 'opened'
  readonly #streams = new Map<string, StreamForm>()
  readonly #marks: object[] = []
  #hasSes = false

  constructor({ live, client, licence, user, subject }: V1SessionOptions) {
    this.live = live
    this.client = client
    this.licence = licence
    this.user = user
    this.subject = subject
  }

  get id(): string {
    return this.live.id
  }

  get status(): 'opened' | 'active' | 'paused' | 'closed' {
    return this.live.status === 'closed' ? 'closed' : this.#state
  }

  /** ms of the epoch; undefined before the session was active. */
  get started(): number | undefined {
    return this.#started
  }

  activate(): void {
    if (this.#state === 'active') return
    this.live.status = 'activated'
    this.#started ??= Date.now()
    this.#state = 'active'
    // Streams go on from now, and those that were asked for before begin.
    for (const name of this.#streams.keys()) this.live.subscribe(V2_STREAMS[name]!)
  }

  /** Nothing is told until the session is active again; what was is in its log. */
  pause(): void {
    this.#state = 'paused'
    this.log.attach()
  }

  /** @param since ms from the start of the session; undefined: from now on */
  subscribe(name: string, since?: number): object | undefined {
    if (name === 'ses') {
      this.#hasSes = true
      return SES
    }
    const v2 = V2_STREAMS[name]
    const from = since === undefined ? undefined : (this.#started ?? Date.now()) + since - performance.timeOrigin
    const cols = v2 === undefined ? undefined : this.live.subscribe(v2, from)
    if (cols === undefined) return undefined
    this.#streams.set(name, toV1Stream(name, cols))
    return this.#describe(name)
  }

  unsubscribe(name: string): void {
    if (name === 'ses') this.#hasSes = false
    if (this.#streams.delete(name)) this.live.unsubscribe(V2_STREAMS[name]!)
  }

  has(name: string): boolean {
    return name === 'ses' ? this.#hasSes : this.#streams.has(name)
  }

  /** Values of the stream as the older Cortex has them; undefined when nobody is to be told. */
  valuesOf(name: string, values: readonly unknown[]): unknown[] | undefined {
    if (this.status !== 'active') return undefined
    const form = this.#streams.get(name)
    if (form === undefined || name !== 'eeg') return form?.values(values, this.markers)
    // Markers are the last of the values: one goes with each sample.
    this.#marks.push(...(values.at(-1) as object[]))
    return form.values([...values.slice(0, -1), this.#marks.splice(0, 1)], this.markers)
  }

  /** Every stream that the headset gives, as a session object lists them. */
  get streams(): object {
    const names = [...Object.keys(V2_STREAMS), 'ses']
    return Object.fromEntries(names.map((name) => [name, this.#describe(name)]).filter(([, described]) => described))
  }

  #describe(name: string): object | undefined {
    if (name === 'ses') return SES
    const model = this.live.model(V2_STREAMS[name]!)
    if (model === undefined) return undefined
    const freq = model.rate > 0 ? { freq: model.rate } : {}
    return { cols: toV1Stream(name, model.cols).cols, ...freq, ...DETAILS[name] }
  }

  /** As it is told to clients. */
  describe(): Record<string, unknown> {
    const { attachments, whole } = this.log
    return {
      id: this.id,
      status: this.status,
      created: new Date(this.created).toISOString(),
      started: this.#started === undefined ? null : new Date(this.#started).toISOString(),
      stopped: this.live.stopped === '' ? null : new Date(this.live.stopped).toISOString(),
      headset: this.live.headset.id,
      profile: this.profile,
      subject: this.subject,
      markers: this.markers,
      streams: this.streams,
      ...(attachments.length > 0 && { attachments }),
      ...(this.status === 'closed' && { log: whole })
    }
  }
}
