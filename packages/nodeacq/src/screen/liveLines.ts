import type { ManagerStatus } from '@nodeacq/core'
import type { MeasuredRate } from '@nodeacq/stream'
import { formatBar, formatClock, formatCount, formatMs, formatRate, formatShare } from './format.ts'
import { layoutTable, truncate, type Cell, type Column, type Row } from './layoutTable.ts'
import type { Paint } from './Paint.ts'

/** What the live table shows of a run. */
export interface LiveView {
  readonly graph: string
  /** s since the start. */
  readonly elapsed: number
  /** s, from `--duration`. */
  readonly duration: number | undefined
  readonly nodes: readonly LiveNode[]
}

export type LiveNode = Pick<
  ManagerStatus['nodes'][number],
  'name' | 'state' | 'cpu' | 'progress' | 'inputs' | 'recording'
> & {
  /** Samples per second. */
  readonly rate: number | undefined
  /** The rate as the stream's clock has it, once it is known. */
  readonly measured?: MeasuredRate
}

const COLUMNS: readonly Column[] = [
  { title: 'NODE' },
  { title: 'STATE', minWidth: 7 },
  { title: 'RATE /s', align: 'right' },
  { title: 'LOST', align: 'right' },
  { title: 'SKIPPED', align: 'right', priority: 1 },
  { title: 'LATENCY', align: 'right', priority: 2, minWidth: 7 },
  { title: 'CPU', align: 'right', priority: 0, minWidth: 5 }
]

/** One frame of the live table, `width` columns wide. */
export function liveLines(view: LiveView, { width, paint }: { width: number; paint: Paint }): string[] {
  const rows = view.nodes.map((node) => rowOf(node, paint))
  return [truncate(headLine(view, width), width), ...layoutTable(COLUMNS, rows, { width, paintTitle: paint.dim })]
}

function headLine({ graph, elapsed, duration, nodes }: LiveView, width: number): string {
  const clock = duration === undefined ? formatClock(elapsed) : `${formatClock(elapsed)} / ${formatClock(duration)}`
  const head = `${graph}  ${clock}`
  const finite = nodes.map(({ progress }) => progress).filter((progress) => progress !== null)
  const fractions = [
    duration === undefined ? 0 : elapsed / duration,
    ...(finite.length > 0 ? [Math.min(...finite)] : [])
  ]
  if (duration === undefined && finite.length === 0) return head
  const room = Math.min(40, width - head.length - 9)
  return room < 5 ? head : `${head}  ${formatBar(Math.max(...fractions), room)}`
}

function rowOf({ name, state: ownState, rate, measured, cpu, inputs, recording }: LiveNode, paint: Paint): Row {
  const lost = inputs.reduce((sum, { lostSamples }) => sum + lostSamples, 0)
  const skipped = inputs.reduce((sum, { skippedSamples }) => sum + skippedSamples, 0)
  const isStalled = inputs.some(({ stalled }) => stalled)
  const latencies = inputs.map(({ latencyMs }) => latencyMs?.p50).filter((ms) => ms !== undefined)
  const state = ownState === 'running' && recording !== undefined ? recording.state : ownState
  const none: Cell = { text: '–', paint: paint.dim }
  const hasInputs = inputs.length > 0
  return [
    name,
    stateCell(isStalled && ownState === 'running' ? 'stalled' : state, paint),
    rate === undefined ? none : formatRate(rate, measured),
    !hasInputs ? none : lost === 0 ? '0' : { text: formatCount(lost), paint: paint.bad },
    !hasInputs ? none : formatCount(skipped),
    latencies.length === 0 ? none : formatMs(Math.max(...latencies)),
    formatShare(cpu)
  ]
}

function stateCell(state: string, paint: Paint): Cell {
  const paints: Record<string, (text: string) => string> = {
    running: paint.good,
    recording: paint.good,
    failed: paint.bad,
    stalled: paint.warn
  }
  // Between runs a node is `initialized`; whoever looks at a run wants to know that it is through.
  return { text: state === 'initialized' ? 'ended' : state, paint: paints[state] ?? paint.dim }
}
