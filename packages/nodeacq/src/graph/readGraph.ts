import { readdir, readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { installModuleHooks } from '@nodeacq/rpc'
import { ArgumentError, GraphError } from '../errors.ts'
import type { Graph, GraphNode } from './Graph.ts'
import { nearest } from './nearest.ts'
import { parseGraph } from './parseGraph.ts'
import { registeredTypes } from './registeredTypes.ts'

/**
 * Reads and checks a graph file.
 * @throws {ArgumentError} when there is no such file. @throws {GraphError} with all of its mistakes.
 */
export async function readGraph(
  file: string,
  { set, out }: { set: readonly string[]; out?: string | undefined }
): Promise<Graph> {
  const text = await readFile(file, 'utf8').catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw new ArgumentError(`${file}: cannot be read: ${error.message}`, { cause: error })
    const similar = await similarFile(file)
    throw new ArgumentError(
      `${file}: there is no such file${similar === undefined ? '' : `; did you mean '${similar}'?`}`
    )
  })
  installModuleHooks()
  const { graph, mistakes } = await parseGraph(text, file, { catalog: registeredTypes(), set, out })
  if (graph === undefined) throw new GraphError(mistakes)
  return { ...graph, nodes: graph.nodes.map((node) => withGraphFile(node, text, { file, set })) }
}

/** Recorders that keep texts in their files. */
const KEEPERS: ReadonlySet<string> = new Set(['Recorder', 'Hdf5Recorder', 'HDF5Recorder'])

/** A recording keeps the graph that it was made with, and what was changed in it on the command line. */
function withGraphFile(
  node: GraphNode,
  text: string,
  { file, set }: { file: string; set: readonly string[] }
): GraphNode {
  if (!KEEPERS.has(node.type)) return node
  const given = node.configure['attachments'] as Readonly<Record<string, string>> | undefined
  const changes = set.length === 0 ? {} : { 'graph-changes.txt': `${set.join('\n')}\n` }
  const attachments = { [basename(file)]: text, ...changes, ...given }
  return { ...node, configure: { ...node.configure, attachments } }
}

async function similarFile(file: string): Promise<string | undefined> {
  const names = await readdir(dirname(file)).catch(() => [])
  const similar = nearest(
    basename(file),
    names.filter((name) => /\.(ya?ml|json)$/i.test(name))
  )
  return similar && join(dirname(file), similar)
}
