import { openParts, replayOutputs, type RecordedStream } from '@nodeacq/nodes'
import type { WireParams } from '@nodeacq/stream'
import type { Graph } from '../graph/Graph.ts'
import { DEFAULT_GROUP, LOCAL_HOST } from '../graph/Graph.ts'
import { SourceText } from '../graph/SourceText.ts'
import { runGraph, type RunMessage } from '../run/runGraph.ts'
import type { RunSummary } from '../run/RunSummary.ts'
import type { ListenOptions } from '../run/serveManager.ts'
import { PLAYER } from './planReplay.ts'

export interface PlayOptions {
  readonly pace: number | 'max'
  readonly loop: boolean
  /** s from the start of the recording. */
  readonly from: number
  readonly units: 'physical' | 'digital'
  readonly listen?: ListenOptions | undefined
  readonly signal?: AbortSignal | undefined
  readonly kill?: AbortSignal | undefined
  /** Told when it plays. */
  readonly onStart?: ((played: PlayedRecording) => void) | undefined
  /** 0–1; not told while it plays again and again. */
  readonly onProgress?: ((part: number) => void) | undefined
  readonly onMessage?: ((message: RunMessage) => void) | undefined
}

/** Where viewers and scripts get the streams of a recording that is played. */
export interface PlayedRecording {
  /** Address of the manager. */
  readonly manager: string | undefined
  /** Name of each output, and what connects an input to it. */
  readonly outputs: readonly { readonly name: string; readonly params: WireParams }[]
  /** s of the recording. */
  readonly seconds: number
}

/** Plays a recording to whoever connects, until its end or for ever. @throws RecordingFileError @throws {RunError} */
export async function playRecording(file: string, options: PlayOptions): Promise<RunSummary> {
  const files = await openParts(file)
  const streams = [...new Map(files.flatMap((part) => part.streams.map((stream) => [stream.name, stream]))).values()]
  const seconds = files.reduce((sum, part) => sum + Math.max(0, ...part.streams.map(secondsOf)), 0)
  for (const part of files) await part.close()
  const names = [...new Set([...replayOutputs(streams).values(), 'events'])]
  const { pace, loop, from, units, onStart, onProgress } = options
  const configure = { file, pace, loop, from, units }
  return await runGraph(graphOf(configure, names), {
    listen: options.listen,
    signal: options.signal,
    kill: options.kill,
    onMessage: options.onMessage,
    onStart: ({ manager, streams: params }) => {
      const outputs = names.map((name) => ({ name, params: params.get(`${PLAYER}.${name}`)! }))
      onStart?.({ manager, outputs, seconds })
    },
    onStatus: ({ nodes }) => {
      const progress = nodes.find(({ name }) => name === PLAYER)?.progress
      if (typeof progress === 'number') onProgress?.(progress)
    }
  })
}

function secondsOf({ offset, sampleCount, gaps, sampleRate }: RecordedStream): number {
  const missing = gaps.reduce((sum, { from, to }) => sum + to - from, 0)
  return sampleRate > 0 ? offset + (sampleCount + missing) / sampleRate : 0
}

/** One node in a process of its own; its outputs are named so that their params are known. */
function graphOf(configure: Readonly<Record<string, unknown>>, names: readonly string[]): Graph {
  const place = { source: new SourceText('replay', ''), start: 0, end: 0 }
  const plain = { params: {}, inputs: [], outputs: {}, place }
  return {
    name: 'replay',
    file: 'replay',
    hosts: [],
    modules: [],
    groups: [{ name: DEFAULT_GROUP, host: LOCAL_HOST, place }],
    nodes: [{ ...plain, name: PLAYER, type: 'FileReplay', group: DEFAULT_GROUP, configure }],
    require: {
      streams: names.map((output) => ({ node: PLAYER, output, sampleRate: undefined, place })),
      diskFreeMinutes: undefined,
      place
    },
    out: undefined
  }
}
