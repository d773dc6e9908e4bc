import { edgeOf } from './edges.ts'
import type { Node } from './Node.ts'
import type { EdgeStatus } from './status.ts'

/** An edge that brings no data although its source goes on, or brings data again. */
export interface Stall {
  readonly kind: 'edgeStalled' | 'edgeRecovered'
  readonly node: string
  /** `node.output` and `node.input`. */
  readonly from: string
  readonly to: string
  /** How long it brought nothing, ms; to about a second. */
  readonly stalledMs: number
}

/** ms between two looks at the inputs. */
const PERIOD = 1000
/** Looks in a row that find an edge stalled before it counts: after a process was busy for long, the first one errs. */
const LOOKS = 2

interface Edge {
  /** Chunks when it was looked at last, and when that number was new. */
  chunks: number
  since: number
  /** How many looks in a row have found it stalled. */
  looks: number
}

/** Looks at the inputs of running nodes once a second and tells when one falls silent and when data comes again. */
export class StallWatch {
  readonly #nodes: () => readonly Node[]
  readonly #tell: (stall: Stall) => void
  #edges = new Map<string, Edge>()
  #timer: NodeJS.Timeout | undefined

  constructor(nodes: () => readonly Node[], tell: (stall: Stall) => void) {
    this.#nodes = nodes
    this.#tell = tell
  }

  /** Safe to call twice. The timer does not keep the process alive. */
  start(): void {
    this.#timer ??= setInterval(() => this.#look(), PERIOD).unref()
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    const now = performance.now()
    // What is not looked at any more, because its node stopped, is forgotten.
    const edges = new Map<string, Edge>()
    for (const node of this.#nodes()) {
      if (!node.isRunning) continue
      for (const input of Object.values(node.inputs)) {
        if (!input.isConnected) continue
        const status = edgeOf(node.name, input.status())
        edges.set(status.to, this.#judge(node.name, status, now))
      }
    }
    this.#edges = edges
  }

  #judge(node: string, { from, to, chunks, stalled }: EdgeStatus, now: number): Edge {
    const before = this.#edges.get(to)
    if (before === undefined) return { chunks, since: now, looks: 0 }
    const isSilent = stalled && chunks === before.chunks
    const looks = isSilent ? before.looks + 1 : 0
    const stall = { node, from, to, stalledMs: Math.round(now - before.since) }
    if (looks === LOOKS) this.#tell({ kind: 'edgeStalled', ...stall })
    if (looks === 0 && before.looks >= LOOKS) this.#tell({ kind: 'edgeRecovered', ...stall })
    return { chunks, since: chunks === before.chunks && looks > 0 ? before.since : now, looks }
  }
}

/** In words, for logs and events. */
export function describeStall({ kind, from, to, stalledMs }: Stall): string {
  const time = `${(stalledMs / 1000).toFixed(1)} s`
  return kind === 'edgeStalled'
    ? `${from} → ${to} is stalled: no data for ${time}, although its source goes on or cannot be heard`
    : `${from} → ${to} brings data again after ${time}`
}
