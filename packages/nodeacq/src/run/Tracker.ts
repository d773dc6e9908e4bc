import type { EdgeStatus, ManagerStatus } from '@nodeacq/core'
import type { MeasuredRate } from '@nodeacq/stream'
import type { Graph } from '../graph/Graph.ts'
import { RateMeter } from './RateMeter.ts'
import { summarize, type RunSummary } from './RunSummary.ts'

type NodeEntry = ManagerStatus['nodes'][number]

/**
 * Keeps the newest that is known of every node and edge of a run, also of those whose process is gone, and answers
 * whether going on makes sense.
 */
export class Tracker {
  readonly #graph: Graph
  readonly #nodes = new Map<string, NodeEntry>()
  readonly #edges = new Map<string, EdgeStatus>()
  readonly #deadGroups = new Map<string, string>()
  readonly #stalled = new Set<string>()
  readonly #rates = new RateMeter()

  constructor(graph: Graph) {
    this.#graph = graph
  }

  /** Takes a status in. @param at ms, of a clock that only goes forward */
  add(status: ManagerStatus, at: number): void {
    for (const node of status.nodes) this.#nodes.set(node.name, node)
    for (const edge of status.edges) this.#edges.set(edge.to, edge)
    for (const { name, state } of status.groups) {
      // Nobody closes groups during a run but whoever ends their host.
      if (state === 'dead' || state === 'closed') this.addDeath(name, `node group '${name}' is gone`)
    }
    this.#rates.add(status.nodes, at)
  }

  /** The first reason given for a group stays. Groups that are not of the graph (views) are not missed. */
  addDeath(group: string, reason: string): void {
    if (!this.#graph.groups.some(({ name }) => name === group)) return
    if (!this.#deadGroups.has(group)) this.#deadGroups.set(group, reason)
  }

  /** The edge to that input brought no data for a while. */
  addStall(to: string): void {
    this.#stalled.add(to)
  }

  /** In the order of the graph, with what a dead process left behind. */
  nodes(): (NodeEntry & { readonly rate: number | undefined; readonly measured?: MeasuredRate })[] {
    const entries = this.#graph.nodes.map(({ name }) => this.#nodes.get(name)).filter((node) => node !== undefined)
    return entries.map((node) =>
      this.#deadGroups.has(node.group)
        ? { ...node, state: 'failed', cpu: 0, rate: undefined }
        : node.state === 'running'
          ? { ...node, rate: this.#rates.rate(node.name), ...measuredOf(node) }
          : { ...node, rate: undefined }
    )
  }

  get isBroken(): boolean {
    return this.#deadGroups.size > 0
  }

  isFailed(name: string): boolean {
    const node = this.#nodes.get(name)
    const group = this.#graph.nodes.find((plan) => plan.name === name)?.group
    return node?.state === 'failed' || (group !== undefined && this.#deadGroups.has(group))
  }

  /** Whether anything is left to wait for: a running node, and after a death one that makes data. */
  get isOver(): boolean {
    const running = this.#graph.nodes.filter(
      ({ name }) => this.#nodes.get(name)?.state === 'running' && !this.isFailed(name)
    )
    // What a dead process fed waits for data that will not come; a source that runs is worth waiting for.
    return this.isBroken ? running.every(({ inputs }) => inputs.length > 0) : running.length === 0
  }

  /** A required stream that cannot come any more, because its node, or one it depends on, is gone. */
  get impossibleStream(): string | undefined {
    const lost = this.#graph.require.streams.find(({ node }) => this.#dependsOnFailed(node))
    return lost && `${lost.node}.${lost.output}`
  }

  #dependsOnFailed(name: string): boolean {
    if (this.isFailed(name)) return true
    const inputs = this.#graph.nodes.find((node) => node.name === name)?.inputs ?? []
    return inputs.some(({ from }) => this.#dependsOnFailed(from.node))
  }

  summary(durationSeconds: number): RunSummary {
    const [nodes, edges, deadGroups, stalled] = [this.#nodes, this.#edges, this.#deadGroups, this.#stalled]
    return summarize({ graph: this.#graph, durationSeconds, nodes, edges, deadGroups, stalled })
  }
}

/** What the only stream that a node puts out, or takes in, was measured to have; of several there is no one rate. */
function measuredOf({ inputs, outputs }: NodeEntry): { measured?: MeasuredRate } {
  const streams = outputs.length > 0 ? outputs : inputs
  const measured = streams.length === 1 ? streams[0]!.measuredRate : null
  return measured === null ? {} : { measured }
}
