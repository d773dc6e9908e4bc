import type { ManagerStatus } from '@nodeacq/core'

type NodeEntry = ManagerStatus['nodes'][number]

/** s over which rates are averaged: chunks of slow streams must not make the figure jump. */
const WINDOW = 2

/** Samples per second of each node, from the counters of successive statuses. */
export class RateMeter {
  /** Counters of each node, oldest first. */
  readonly #history = new Map<string, { at: number; count: number }[]>()

  /** Takes a status in. @param at ms, of a clock that only goes forward */
  add(nodes: readonly NodeEntry[], at: number): void {
    for (const node of nodes) {
      const history = this.#history.get(node.name) ?? []
      const count = countOf(node)
      // A counter that went back belongs to a new run.
      if ((history.at(-1)?.count ?? 0) > count) history.length = 0
      history.push({ at, count })
      while (history.length > 2 && at - history[1]!.at >= WINDOW * 1000) history.shift()
      this.#history.set(node.name, history)
    }
  }

  /** Samples per second that a node puts out, or takes in when it has no outputs; undefined before there are two statuses. */
  rate(node: string): number | undefined {
    const history = this.#history.get(node)
    const [first, last] = [history?.[0], history?.at(-1)]
    if (first === undefined || last === undefined || last.at <= first.at) return undefined
    return ((last.count - first.count) / (last.at - first.at)) * 1000
  }
}

function countOf({ inputs, outputs }: NodeEntry): number {
  const streams: readonly { readonly samples: number }[] = outputs.length > 0 ? outputs : inputs
  return streams.reduce((sum, { samples }) => sum + samples, 0)
}
