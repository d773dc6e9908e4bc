import { stat } from 'node:fs/promises'
import { installModuleHooks } from '@nodeacq/rpc'
import { readAttachments } from '@nodeacq/nodes'
import { ArgumentError, GraphError } from '../errors.ts'
import type { Graph } from '../graph/Graph.ts'
import { parseGraph } from '../graph/parseGraph.ts'
import { readGraph } from '../graph/readGraph.ts'
import { registeredTypes } from '../graph/registeredTypes.ts'

export interface RecordedGraphOptions {
  /** Another graph file than the one that the recording keeps. */
  readonly file?: string | undefined
  /** `path.to.key=value`, applied after what was changed when it was recorded. */
  readonly set: readonly string[]
  /** What `${out}` stands for. */
  readonly out: string
}

/** Attachment with what `--set` changed, one line each; see `readGraph`. */
const CHANGES = 'graph-changes.txt'

/**
 * The graph that a recording was made with, as it keeps it.
 * @throws {ArgumentError} when it keeps none. @throws {GraphError} when it is no good here.
 */
export async function recordedGraph(recording: string, { file, set, out }: RecordedGraphOptions): Promise<Graph> {
  if (file !== undefined) return await readGraph(file, { set, out })
  const isFile = (await stat(recording).catch(() => undefined))?.isFile() === true
  const attachments = isFile ? await readAttachments(recording) : new Map<string, string>()
  const found = [...attachments].find(([name]) => /\.(ya?ml|json)$/.test(name) && name !== 'certificate.json')
  if (found === undefined) {
    throw new ArgumentError(`${recording}: keeps no graph; name the graph file with --graph`)
  }
  const [name, text] = found
  const changes =
    attachments
      .get(CHANGES)
      ?.split('\n')
      .filter((line) => line !== '') ?? []
  installModuleHooks()
  const { graph, mistakes } = await parseGraph(text, name, {
    catalog: registeredTypes(),
    set: [...changes, ...set],
    out
  })
  if (graph === undefined) throw new GraphError(mistakes)
  return graph
}
