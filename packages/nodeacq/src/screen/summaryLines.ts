import type { RunSummary, SummaryEdge, SummaryNode } from '../run/RunSummary.ts'
import { formatCount, formatMs } from './format.ts'
import { layoutTable, type Cell, type Column } from './layoutTable.ts'
import type { Paint } from './Paint.ts'

const NODE_COLUMNS: readonly Column[] = [
  { title: 'NODE' },
  { title: 'TYPE', priority: 1 },
  { title: 'GROUP', priority: 2 },
  { title: 'HOST', priority: 0 },
  { title: 'STATE' }
]

const EDGE_COLUMNS: readonly Column[] = [
  { title: 'EDGE' },
  { title: 'DELIVERY', priority: 1 },
  { title: 'CHUNKS', align: 'right', priority: 2 },
  { title: 'SAMPLES', align: 'right' },
  { title: 'LOST', align: 'right' },
  { title: 'SKIPPED', align: 'right', priority: 3 },
  { title: 'LATENCY p50 / p99', align: 'right', priority: 0 }
]

/** A finished run for people: what each node and edge did, what was recorded, and the verdict in words. */
export function summaryLines(summary: RunSummary, { width, paint }: { width: number; paint: Paint }): string[] {
  const { graph, durationSeconds, nodes, edges, recordings } = summary
  const table = { width, paintTitle: paint.dim }
  const nodeRows = nodes.map((node) => [node.name, node.type, node.group, node.host, stateCell(node, paint)])
  const edgeRows = edges.map((edge) => [
    `${edge.from} → ${edge.to}`,
    edge.delivery,
    formatCount(edge.chunks),
    formatCount(edge.samples),
    edge.lostSamples === 0 ? '0' : { text: formatCount(edge.lostSamples), paint: paint.bad },
    formatCount(edge.skippedSamples),
    edge.latencyMs === null ? '–' : `${formatMs(edge.latencyMs.p50)} / ${formatMs(edge.latencyMs.p99)}`
  ])
  const nodeWidth = Math.max(0, ...recordings.map(({ node }) => node.length))
  return [
    paint.bold(`${graph} ran ${durationSeconds.toFixed(1)} s`),
    '',
    ...layoutTable(NODE_COLUMNS, nodeRows, table),
    ...(edgeRows.length > 0 ? ['', ...layoutTable(EDGE_COLUMNS, edgeRows, table)] : []),
    ...(recordings.length > 0 ? [''] : []),
    // Paths are never cut: somebody will copy them.
    ...recordings.map(({ node, path }) => `recorded  ${node.padEnd(nodeWidth)}  ${path}`),
    '',
    summary.ok ? paint.good(verdict(summary)) : paint.bad(verdict(summary))
  ]
}

function stateCell({ state, error }: SummaryNode, paint: Paint): Cell {
  if (state === 'failed')
    return { text: error === null ? 'failed' : `failed: ${firstLine(error.message)}`, paint: paint.bad }
  return { text: state === 'initialized' ? 'ended' : state }
}

/** The outcome in one sentence. */
function verdict({ ok, nodes, edges }: RunSummary): string {
  const failed = nodes.filter(({ state }) => state === 'failed')
  const lossy = edges.filter(({ lostSamples }) => lostSamples > 0)
  const stalled = edges.filter((edge) => edge.stalled)
  const problems = [
    ...failed.map(({ name }) => `node '${name}' failed`),
    ...lossy.map(
      (edge) => `${formatCount(edge.lostSamples)} samples lost on ${edge.from} → ${edge.to}${reasonOf(edge)}`
    ),
    ...stalled.map(({ from, to }) => `${from} → ${to} brought no data for some time`)
  ]
  if (problems.length === 0) return ok ? `ok: nothing lost${skippedText(edges)}` : 'not ok'
  return `${ok ? 'ok' : 'not ok'}: ${problems.join('; ')}`
}

function reasonOf({ delivery }: SummaryEdge): string {
  return delivery === 'complete' ? '' : ` (${delivery} may lose)`
}

function skippedText(edges: readonly SummaryEdge[]): string {
  const skipped = edges.reduce((sum, edge) => sum + edge.skippedSamples, 0)
  return skipped === 0 ? '' : `; ${formatCount(skipped)} samples skipped by inputs that only want the latest`
}

const firstLine = (text: string) => text.split('\n')[0]!
