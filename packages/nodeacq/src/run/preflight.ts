import { hostname } from 'node:os'
import type { ManagerStatus } from '@nodeacq/core'
import { certificatePath, doubtsAbout, readCertificate } from '@nodeacq/nodes'
import type { WireParams } from '@nodeacq/stream'
import type { Graph, RequiredStream } from '../graph/Graph.ts'
import { placeText } from '../graph/SourceText.ts'
import { formatCount, formatMs, formatRate } from '../screen/format.ts'
import { describeRoom, type DiskRoom } from './requirements.ts'
import type { StreamRates } from './StreamRates.ts'

/** One line of a pre-flight list. `fail`: the recording contract is not met. */
export interface PreflightItem {
  readonly level: 'ok' | 'warn' | 'fail'
  /** `amp.signals`, `disk`, `clock of lab`. */
  readonly subject: string
  readonly text: string
}

export interface PreflightContext {
  readonly status: ManagerStatus
  /** Params of every stream that is required, by `node.output`. */
  readonly streams: ReadonlyMap<string, WireParams>
  readonly rates: StreamRates
  readonly room: readonly DiskRoom[]
}

/** Part of its nominal rate that a stream may be off. */
const RATE_TOLERANCE = 0.02
/** Minutes of free disk below which somebody should know, where the graph does not ask for any. */
const FEW_MINUTES = 30

/** What of a graph's contract (`require`) is not met by the graph as it runs now, in words with places. */
export function unmetContract(graph: Graph, context: PreflightContext): string[] {
  return [...streamItems(graph, context), ...diskItems(graph, context)]
    .filter(({ level }) => level === 'fail')
    .map(({ subject, text }) => `require: ${subject}: ${text}`)
}

/** All that can be said of a graph that runs before something is recorded with it. */
export async function preflightItems(graph: Graph, context: PreflightContext): Promise<PreflightItem[]> {
  return [
    ...nodeItems(context.status),
    ...streamItems(graph, context),
    ...diskItems(graph, context),
    ...clockItems(context.status),
    ...(await certificateItems(context.room))
  ]
}

function nodeItems({ nodes, groups }: ManagerStatus): PreflightItem[] {
  const gone = groups.filter(({ state }) => state === 'dead' || state === 'unresponsive')
  const failed = nodes.filter(({ state }) => state === 'failed')
  const stalled = nodes.flatMap(({ name, inputs }) =>
    inputs.filter((input) => input.stalled).map((input) => `${name}.${input.name}`)
  )
  const problems: PreflightItem[] = [
    ...gone.map(({ name, state }) => ({ level: 'fail' as const, subject: `group ${name}`, text: `is ${state}` })),
    ...failed.map(({ name, error }) => ({ level: 'fail' as const, subject: name, text: error?.message ?? 'failed' })),
    ...stalled.map((subject) => ({ level: 'fail' as const, subject, text: 'gets no data although its source goes on' }))
  ]
  if (problems.length > 0) return problems
  const running = nodes.filter(({ state }) => state === 'running').length
  return [{ level: 'ok', subject: 'nodes', text: `${running} of ${nodes.length} run` }]
}

function streamItems(graph: Graph, { streams, rates }: PreflightContext): PreflightItem[] {
  return graph.require.streams.map((stream): PreflightItem => {
    const subject = `${stream.node}.${stream.output}`
    const problem = streamProblem(stream, streams.get(subject), rates)
    if (problem !== undefined) return { level: 'fail', subject, text: `${problem} (${placeText(stream.place)})` }
    const seen = rates.rate(subject)
    const rate = seen?.isMeasured ? { hz: seen.hz!, uncertainty: seen.uncertainty } : undefined
    if (!hasRate(streams.get(subject))) {
      return { level: 'ok', subject, text: `there, ${formatCount(seen?.samples ?? 0)} so far` }
    }
    return { level: 'ok', subject, text: `delivers ${formatRate(seen?.hz, rate)} Hz` }
  })
}

function streamProblem(
  { node, output, sampleRate }: RequiredStream,
  params: WireParams | undefined,
  rates: StreamRates
): string | undefined {
  if (params === undefined) return 'is not there'
  const nominal = Number(params['sample_rate'] ?? 0)
  if (sampleRate !== undefined && nominal !== sampleRate) return `has ${nominal} Hz, expected ${sampleRate} Hz`
  if (!hasRate(params)) return undefined
  const seen = rates.rate(`${node}.${output}`)
  if (seen?.hz === undefined || seen.hz === 0) return 'delivers nothing'
  const off = Math.abs(seen.hz - nominal)
  if (off <= RATE_TOLERANCE * nominal + seen.uncertainty) return undefined
  return `delivers ${formatRate(seen.hz)} Hz, expected ${formatRate(nominal)} Hz`
}

/** Events come when they come. */
function hasRate(params: WireParams | undefined): boolean {
  return Number(params?.['sample_rate'] ?? 0) > 0 && !String(params?.['streamtype']).startsWith('event')
}

function diskItems({ require: { diskFreeMinutes, place } }: Graph, { room }: PreflightContext): PreflightItem[] {
  return room.map((disk): PreflightItem => {
    const isEnough = disk.minutes >= (diskFreeMinutes ?? 0)
    const text = describeRoom(disk)
    if (!isEnough) {
      const expected = `expected ${diskFreeMinutes} minutes (${placeText(place!)})`
      return { level: 'fail', subject: 'disk', text: `${text}, ${expected}` }
    }
    const isLittle = diskFreeMinutes === undefined && disk.minutes < FEW_MINUTES
    return { level: isLittle ? 'warn' : 'ok', subject: 'disk', text }
  })
}

function clockItems({ hosts }: ManagerStatus): PreflightItem[] {
  return hosts
    .filter(({ address }) => address.includes('://'))
    .map(({ name, state, clock }): PreflightItem => {
      const subject = `clock of ${name}`
      if (state === 'lost') return { level: 'fail', subject, text: 'the host is lost' }
      if (clock === null) return { level: 'warn', subject, text: 'is not measured' }
      return { level: 'ok', subject, text: `known to ${formatMs(clock.uncertainty)}` }
    })
}

async function certificateItems(room: readonly DiskRoom[]): Promise<PreflightItem[]> {
  const subject = 'certificate'
  const path = certificatePath()
  if (path === undefined) return []
  const bytesPerSecond = room.reduce((sum, disk) => sum + disk.bytesPerSecond, 0)
  try {
    const found = await readCertificate(path)
    if (found === undefined) {
      return [{ level: 'warn', subject, text: "there is none of this machine; 'nodeacq certify' makes one" }]
    }
    const now = Date.now()
    const doubts = doubtsAbout(found.certificate, { bytesPerSecond, hostname: hostname(), now })
    if (doubts.length > 0) return doubts.map((text) => ({ level: 'warn' as const, subject, text }))
    const days = Math.floor((now - Date.parse(found.certificate.date)) / 86_400_000)
    return [{ level: 'ok', subject, text: `${days} days old, and good for what is recorded here` }]
  } catch (error) {
    return [{ level: 'warn', subject, text: (error as Error).message }]
  }
}
