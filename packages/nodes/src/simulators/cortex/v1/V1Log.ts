/** s that one attachment covers. */
const CHUNK = 10
/** Notifications that are kept of each session; the oldest go first. */
const LIMIT = 20_000

export interface Logged {
  readonly session: string
  /** ms of the epoch. */
  readonly time: number
  readonly streams: Readonly<Record<string, readonly unknown[]>>
}

interface LogPart {
  /** ms of the epoch, of the first notification and the last. */
  readonly from: number
  readonly to: number
  readonly events: number
}

/** What a session has told, kept in memory: as a whole when it is closed, in parts of 10 s when it is paused. */
export class V1Log {
  #events: Logged[] = []
  #attached = 0
  readonly attachments: LogPart[] = []

  add(event: Logged): void {
    this.#events.push(event)
    if (this.#events.length < LIMIT + LIMIT / 10) return
    this.#attached = Math.max(0, this.#attached - (this.#events.length - LIMIT))
    this.#events = this.#events.slice(-LIMIT)
  }

  /** What was told of a stream from a time on. */
  since(ms: number, stream: string): readonly Logged[] {
    return this.#events.filter(({ time, streams }) => time > ms && stream in streams)
  }

  attach(): void {
    const events = this.#events.slice(this.#attached)
    this.#attached = this.#events.length
    const [first] = events
    if (first === undefined) return
    const parts = Map.groupBy(events, ({ time }) => Math.floor((time - first.time) / (CHUNK * 1000)))
    for (const part of parts.values()) this.attachments.push(partOf(part)!)
  }

  get whole(): LogPart {
    return partOf(this.#events) ?? { from: 0, to: 0, events: 0 }
  }
}

function partOf(events: readonly Logged[]): LogPart | undefined {
  const [first] = events
  if (first === undefined) return undefined
  return { from: first.time, to: events.at(-1)!.time, events: events.length }
}
