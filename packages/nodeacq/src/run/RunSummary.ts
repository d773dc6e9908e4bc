import type { EdgeStatus, ManagerStatus, NodeFailure, NodeState } from '@nodeacq/core'
import type { Delivery } from '@nodeacq/stream'
import type { Graph } from '../graph/Graph.ts'

/** What is known when a run is over; the object that `nodeacq run --json` prints. */
export interface RunSummary {
  readonly graph: string
  readonly durationSeconds: number
  /** No node failed, no group died, and nothing was lost on an edge that promises to be complete. */
  readonly ok: boolean
  readonly nodes: readonly SummaryNode[]
  readonly edges: readonly SummaryEdge[]
  readonly recordings: readonly { readonly node: string; readonly path: string }[]
}

export interface SummaryNode {
  readonly name: string
  readonly type: string
  readonly group: string
  readonly host: string
  /** As it was when the run ended; `failed` also when the node's process died. */
  readonly state: NodeState
  readonly error: NodeFailure | null
  /** What the node counts itself, e.g. `nonFiniteSamples` of a filter. */
  readonly counters: Readonly<Record<string, number>>
}

export interface SummaryEdge {
  readonly from: string
  readonly to: string
  readonly delivery: Delivery
  readonly chunks: number
  readonly samples: number
  readonly lostSamples: number
  readonly skippedSamples: number
  readonly duplicatedSamples: number
  readonly gaps: number
  /** It brought no data for some time of the run, although its source went on. */
  readonly stalled: boolean
  readonly latencyMs: { readonly p50: number; readonly p99: number } | null
}

/** What was seen during a run, for the summary. */
export interface RunRecord {
  readonly graph: Graph
  readonly durationSeconds: number
  /** Newest status in which each node was found; a dead group leaves its last one. */
  readonly nodes: ReadonlyMap<string, ManagerStatus['nodes'][number]>
  /** Newest counters of each edge, by `to`. */
  readonly edges: ReadonlyMap<string, EdgeStatus>
  /** Groups that died, with the reason in words. */
  readonly deadGroups: ReadonlyMap<string, string>
  /** Edges that brought no data for a while, by `to`. */
  readonly stalled: ReadonlySet<string>
}

/** Puts a summary together. Nodes and edges stand in the order of the graph. */
export function summarize({ graph, durationSeconds, nodes, edges, deadGroups, stalled }: RunRecord): RunSummary {
  const hostOf = new Map(graph.groups.map((group) => [group.name, group.host]))
  const summaryNodes = graph.nodes.map((node): SummaryNode => {
    const { name, type, group } = node
    const status = nodes.get(name)
    const place = { name, type, group, host: hostOf.get(group) ?? '', counters: status?.counters ?? {} }
    const death = deadGroups.get(group)
    if (death !== undefined && status?.state !== 'failed') {
      return { ...place, state: 'failed', error: { name: 'GroupError', code: 'GROUP', message: death } }
    }
    return { ...place, state: status?.state ?? 'created', error: status?.error ?? null }
  })
  const promised = completeInputs(graph)
  const known = graph.nodes.flatMap((node) => node.inputs.map((input) => edges.get(`${node.name}.${input.name}`)))
  const summaryEdges = known.filter((edge) => edge !== undefined).map((edge) => edgeOf(edge, stalled))
  const isLossy = summaryEdges.some(
    ({ to, delivery, lostSamples }) => lostSamples > 0 && (delivery === 'complete' || promised.has(to))
  )
  const recordings = graph.nodes.flatMap(({ name: node }) =>
    (nodes.get(node)?.recordings ?? []).map((path) => ({ node, path }))
  )
  // A node that still runs did not obey its stop: its group has stopped answering.
  const isStopped = summaryNodes.every(({ state }) => state !== 'failed' && state !== 'running')
  const ok = deadGroups.size === 0 && !isLossy && isStopped
  return { graph: graph.name, durationSeconds, ok, nodes: summaryNodes, edges: summaryEdges, recordings }
}

/** Inputs that the file wants complete: their loss counts even where the source could only promise less (pyacq). */
function completeInputs(graph: Graph): Set<string> {
  const inputs = graph.nodes.flatMap((node) =>
    node.inputs.map((input) => ({ ...input, to: `${node.name}.${input.name}` }))
  )
  return new Set(inputs.filter(({ delivery }) => delivery === 'complete').map(({ to }) => to))
}

function edgeOf(edge: EdgeStatus, wasStalled: ReadonlySet<string>): SummaryEdge {
  const { from, to, delivery, chunks, samples, lostSamples, skippedSamples, duplicatedSamples, gaps } = edge
  const stalled = wasStalled.has(to)
  const counts = { chunks, samples, lostSamples, skippedSamples, duplicatedSamples, gaps }
  const { latencyMs } = edge
  return { from, to, delivery, ...counts, stalled, latencyMs: latencyMs && { p50: latencyMs.p50, p99: latencyMs.p99 } }
}
