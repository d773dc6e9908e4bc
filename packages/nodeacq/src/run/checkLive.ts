import { mkdir, rmdir } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createManager } from '@nodeacq/core'
import { RunError } from '../errors.ts'
import type { Graph, GraphNode } from '../graph/Graph.ts'
import { registeredTypes } from '../graph/registeredTypes.ts'
import { buildGraph } from './buildGraph.ts'
import { preflightItems, type PreflightItem } from './preflight.ts'
import { diskRoom } from './requirements.ts'
import { StreamRates } from './StreamRates.ts'

export interface LiveCheckOptions {
  /** s that the graph runs. */
  readonly seconds: number
  /** Ends it early, in order. */
  readonly signal?: AbortSignal | undefined
}

/** ms between two looks at the graph. */
const INTERVAL = 250

/**
 * Runs a graph for a moment without recording anything, and looks at what a recording would need: nodes, required streams
 * and their rates, clocks, disks, the certificate of the machine. Nothing is left of it.
 * @throws {RunError} when the graph cannot be built or started
 */
export async function checkLive(graph: Graph, { seconds, signal }: LiveCheckOptions): Promise<PreflightItem[]> {
  const idle = { ...graph, nodes: graph.nodes.map(withoutAutostart) }
  const importRoots = [
    dirname(resolve(graph.file)),
    process.cwd(),
    ...graph.modules.map((module) => dirname(module.absolutePath))
  ]
  const made = graph.out === undefined ? undefined : await mkdir(graph.out, { recursive: true })
  const manager = await createManager({ mode: 'local', importRoots: [...new Set(importRoots)] })
  try {
    const { streams } = await buildGraph(manager, idle, { signal })
    await manager.startAll().catch((cause: unknown) => {
      throw new RunError(`${graph.file}: the graph does not start: ${(cause as Error).message}`, { cause })
    })
    const rates = new StreamRates()
    const end = performance.now() + seconds * 1000
    let status = await manager.status()
    while (performance.now() < end && !signal?.aborted) {
      await sleep(INTERVAL)
      status = await manager.status()
      rates.add(status, performance.now())
    }
    const room = await diskRoom(graph, { status, streams })
    return await preflightItems(graph, { status, streams, room, rates })
  } finally {
    await manager.close()
    if (made !== undefined) await removeFolders(graph.out!, made)
  }
}

/** A recorder of the graph waits, so that nothing is recorded. */
function withoutAutostart(node: GraphNode): GraphNode {
  const schema = registeredTypes().find(node.type)?.configSchema
  const mayWait = schema !== undefined && 'autostart' in schema.shape
  return mayWait ? { ...node, configure: { ...node.configure, autostart: false } } : node
}

/** The folders from `path` up to the first that was made, as far as nothing is in them. */
async function removeFolders(path: string, first: string): Promise<void> {
  for (let folder = path; folder.length >= first.length; folder = dirname(folder)) {
    if (
      !(await rmdir(folder).then(
        () => true,
        () => false
      ))
    )
      return
  }
}
