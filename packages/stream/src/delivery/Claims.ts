import type { ChunkLog } from './ChunkLog.ts'
import type { Consumer } from './Consumer.ts'

/** Names, and inputs that are gone, that are remembered. */
const MOST = 1000

/** A place in a run: everything before is safe. */
export interface Acknowledged {
  readonly run: number
  readonly index: number
}

/**
 * Who may still ask for chunks that were sent: named inputs for what they have not acknowledged, and inputs whose
 * connection broke for what they had not taken.
 *
 *   acknowledged by 'disk'      taken by an input that is away
 *            ▼                            ▼
 *   ─ free ──┼── kept, up to the limits of the retention ──► newest
 */
export class Claims {
  readonly #log: () => ChunkLog
  readonly #acknowledged = new Map<string, Acknowledged & { position: number }>()
  readonly #away = new Map<string, number>()

  constructor(log: () => ChunkLog) {
    this.#log = log
  }

  /** Only where somebody acknowledges is anything freed before its time. */
  get isInUse(): boolean {
    return this.#acknowledged.size > 0
  }

  get acknowledged(): Readonly<Record<string, Acknowledged>> {
    return Object.fromEntries([...this.#acknowledged].map(([name, { run, index }]) => [name, { run, index }]))
  }

  of(name: string): Acknowledged | undefined {
    return this.#acknowledged.get(name)
  }

  /** Further names than are remembered do not count. */
  acknowledge(name: string, { run, index }: Acknowledged): void {
    if (!this.#acknowledged.has(name) && this.#acknowledged.size >= MOST) return
    this.#acknowledged.set(name, { run, index, position: this.#log().find(run, index) })
  }

  /** An input may come back over another connection, or another one in its name; `input` is that name, if it has one. */
  wentAway(input: string, position: number): void {
    this.#away.set(input, position)
    for (const [gone, at] of this.#away) {
      if (!this.#log().keeps(at) || this.#away.size > MOST) this.#away.delete(gone)
    }
  }

  cameBack(input: string): void {
    this.#away.delete(input)
  }

  /** Position of the oldest chunk that somebody may still ask for, `consumers` among them. */
  wantedFrom(consumers: Iterable<Pick<Consumer, 'service' | 'oldestUntaken'>>): number {
    let position = Infinity
    for (const { service, oldestUntaken } of consumers) {
      if (service === 'complete') position = Math.min(position, oldestUntaken)
    }
    for (const claim of this.#acknowledged.values()) position = Math.min(position, claim.position)
    for (const [input, at] of this.#away) {
      // The limits have taken what it would come back for.
      if (!this.#log().keeps(at)) this.#away.delete(input)
      else position = Math.min(position, at)
    }
    return position
  }
}
