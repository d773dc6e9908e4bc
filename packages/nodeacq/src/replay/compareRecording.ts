import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openParts, type RecordedEvent, type SampleFile } from '@nodeacq/nodes'
import { ArgumentError, RunError } from '../errors.ts'
import type { RunMessage } from '../run/runGraph.ts'
import { runGraph } from '../run/runGraph.ts'
import { compareStreams, type StreamComparison } from './compareStreams.ts'
import { planReplay, PLAYER, type NotReplayed, type ReplayTarget } from './planReplay.ts'
import { recordedGraph } from './recordedGraph.ts'

export interface CompareOptions {
  /** Another graph file than the one that the recording keeps. */
  readonly graph?: string | undefined
  readonly set: readonly string[]
  /** Keeps what was computed, `recomputed.mcap`, in this folder; default: nowhere. */
  readonly out?: string | undefined
  readonly signal?: AbortSignal | undefined
  readonly onMessage?: ((message: RunMessage) => void) | undefined
  /** 0–1 */
  readonly onProgress?: ((part: number) => void) | undefined
}

/** What became of one recorded stream when its graph ran again. */
export interface ComparedStream extends ReplayTarget, StreamComparison {
  readonly kind: 'samples' | 'events'
}

export interface ReplayReport {
  readonly file: string
  readonly graph: string
  /** Everything that could be computed again is what was recorded. */
  readonly ok: boolean
  readonly streams: readonly ComparedStream[]
  readonly skipped: readonly NotReplayed[]
  /** It began while the graph ran already: what nodes remembered then is not in it. */
  readonly beganLater: boolean
}

/**
 * Runs the graph that made a recording again, with the recording in the place of its devices, and compares what it computes
 * with what was recorded. @throws {ArgumentError} @throws {RunError}
 */
export async function compareRecording(file: string, options: CompareOptions): Promise<ReplayReport> {
  const recorded = await openParts(file)
  const folder = options.out ?? (await mkdtemp(join(tmpdir(), 'nodeacq-replay-')))
  const recomputed: SampleFile[] = []
  try {
    await mkdir(folder, { recursive: true })
    const graph = await recordedGraph(file, { file: options.graph, set: options.set, out: folder })
    const result = join(folder, 'recomputed.mcap')
    const plan = planReplay(graph, { file, ...(await contentOf(recorded)) }, result)
    if (plan.targets.length === 0) {
      const reasons = plan.skipped.map(({ stream, reason }) => `\n  ${stream}: ${reason}`).join('')
      throw new ArgumentError(`${file}: nothing in it was computed from what is in it${reasons}`)
    }
    const summary = await runGraph(plan.graph, {
      listen: false,
      signal: options.signal,
      onMessage: options.onMessage,
      onStatus: ({ nodes }) => options.onProgress?.(nodes.find(({ name }) => name === PLAYER)?.progress ?? 0)
    })
    if (options.signal?.aborted) throw new RunError('stopped before all was compared')
    const failed = summary.nodes.find(({ error }) => error !== null)
    if (failed) throw new RunError(`node '${failed.name}' failed: ${failed.error!.message}`, { node: failed.name })
    recomputed.push(...(await openParts(result)))
    const streams: ComparedStream[] = []
    for (const target of plan.targets) streams.push(await compareTarget(target, recorded, recomputed))
    const ok = streams.every(isEqual)
    const beganLater = recorded[0]!.streams.some(({ startIndex }) => startIndex > 0)
    return { file, graph: graph.name, ok, streams, skipped: plan.skipped, beganLater }
  } finally {
    for (const each of [...recorded, ...recomputed]) await each.close()
    if (options.out === undefined) await rm(folder, { recursive: true, force: true })
  }
}

export function isEqual({ different, missing, mismatch }: StreamComparison): boolean {
  return different === 0 && missing === 0 && mismatch === undefined
}

async function contentOf(files: readonly SampleFile[]) {
  const streams = [...new Map(files.flatMap((file) => file.streams.map((stream) => [stream.name, stream]))).values()]
  const names = new Set(streams.map(({ name }) => name))
  for (const file of files)
    for (const { streamName } of await file.events()) if (streamName !== undefined) names.add(streamName)
  return { streams, names }
}

async function compareTarget(
  target: ReplayTarget,
  recorded: readonly SampleFile[],
  recomputed: readonly SampleFile[]
): Promise<ComparedStream> {
  const pick = (files: readonly SampleFile[]) =>
    files.flatMap(({ streams }) => streams.filter(({ name }) => name === target.stream))
  const [own, other] = [pick(recorded), pick(recomputed)]
  if (own.length > 0 || other.length > 0) return { ...target, kind: 'samples', ...(await compareStreams(own, other)) }
  const [events, others] = [await eventsOf(recorded, target.stream), await eventsOf(recomputed, target.stream)]
  return { ...target, kind: 'events', ...compareEvents(events, others) }
}

async function eventsOf(files: readonly SampleFile[], stream: string): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = []
  for (const file of files) events.push(...(await file.events()).filter((event) => event.streamName === stream))
  return events
}

/** One by one, in their order. */
function compareEvents(recorded: readonly RecordedEvent[], recomputed: readonly RecordedEvent[]): StreamComparison {
  const text = ({ index, value, label, duration }: RecordedEvent): string =>
    JSON.stringify({ index, value, label, duration })
  const shared = Math.min(recorded.length, recomputed.length)
  const different = recorded.slice(0, shared).flatMap((event, k) => (text(event) === text(recomputed[k]!) ? [] : [k]))
  const k = different[0] ?? (recomputed.length > recorded.length ? shared : undefined)
  const first =
    k === undefined
      ? undefined
      : {
          index: (recorded[k] ?? recomputed[k]!).index,
          channel: undefined,
          recorded: recorded[k] ? text(recorded[k]) : 'no event',
          recomputed: text(recomputed[k]!)
        }
  const extra = recomputed.length - shared
  const last = extra > 0 ? recomputed.at(-1)!.index : recorded[different.at(-1) ?? -1]?.index
  return { samples: shared, different: different.length + extra, first, last, missing: recorded.length - shared }
}
