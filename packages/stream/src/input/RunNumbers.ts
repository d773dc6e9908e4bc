import type { Entry } from '../delivery/RetentionLog.ts'
import type { SideMessage } from '../side/messages.ts'
import type { OutputLink } from './OutputLink.ts'

const RUN_FIELDS = ['run', 'previous', 'headRun', 'sender'] as const

/**
 * The runs of a source as its input numbers them. An output that starts again counts its runs from 0; for whoever
 * listens they come after those of the output before:
 *
 *   source    0 1 2 │ 0 1 …
 *   input     0 1 2 │ 3 4 …      offset 3
 */
export class RunNumbers {
  #offset = 0

  /** Number of the source's run 0. */
  get offset(): number {
    return this.#offset
  }

  /** The source's run 0 is number `first` from now on. */
  startAt(first: number): void {
    this.#offset = first
  }

  /** Run and index as the source numbers them; everything, where they are of an earlier source. */
  toSource({ run, from }: { run: number; from: number }): { run: number; from: number } {
    return run < this.#offset ? { run: 0, from: 0 } : { run: run - this.#offset, from }
  }

  entry(entry: Entry): Entry {
    return this.#offset === 0 ? entry : { ...entry, run: entry.run + this.#offset }
  }

  incoming<M extends SideMessage>(message: M): M {
    if (this.#offset === 0) return message
    const numbered: Record<string, unknown> = { ...message }
    for (const field of RUN_FIELDS) {
      const run = numbered[field]
      if (typeof run === 'number') numbered[field] = run + this.#offset
    }
    return numbered as unknown as M
  }

  /** Undefined for what means nothing to the source of now. */
  outgoing(message: SideMessage): SideMessage | undefined {
    if (message.kind === 'ack') {
      return message.run < this.#offset ? undefined : { ...message, run: message.run - this.#offset }
    }
    if (message.kind === 'sync' && message.from !== null) {
      return { ...message, from: Math.max(0, message.from - this.#offset) }
    }
    return message
  }

  /** A link that speaks of runs as this input numbers them. */
  link(inner: OutputLink): OutputLink {
    return {
      isLocal: inner.isLocal,
      // The first thing that is said, and in the source's numbers.
      hello: (message) => {
        inner.hello(message)
      },
      post: (message) => {
        const translated = this.outgoing(message)
        if (translated) inner.post(translated)
      },
      close: () => {
        inner.close()
      }
    }
  }
}
