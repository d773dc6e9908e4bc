import { getNodeType, type Manager, type ManagerHandle, type ManagerStatus } from '@nodeacq/core'
import { parseDType } from '@nodeacq/ndarray'
import type { Remote } from '@nodeacq/rpc'
import {
  nearestNames,
  parseWireParams,
  type InputStream,
  type OutputStream,
  type StreamInfo,
  type WireParams
} from '@nodeacq/stream'
import { ViewerNode, type Oscilloscope } from '@nodeacq/viewers'
import { RunError } from '../errors.ts'
import type { Graph } from '../graph/Graph.ts'

/** A viewer, and the link that shows it. */
export interface OpenView {
  readonly node: string
  readonly url: string
}

type GroupHandle = Awaited<ReturnType<ManagerHandle['createNodeGroup']>>

/** What is said of streams that cannot be shown, and of viewers that do not come up: neither hurts the run. */
type Warn = (text: string) => void

/**
 * Makes an oscilloscope on each signal of each device of a graph that is built, in a process of their own, so that looking
 * costs the others nothing.
 */
export async function addViews(manager: ManagerHandle, status: ManagerStatus, warn: Warn): Promise<OpenView[]> {
  const devices = status.nodes.filter(({ inputs }) => inputs.length === 0)
  const streams = devices.flatMap(({ name, outputs }) => outputs.map((output) => ({ name, output: output.name })))
  const taken = new Set(status.nodes.map(({ name }) => name))
  let views: GroupHandle | undefined
  const open: OpenView[] = []
  for (const { name, output } of streams) {
    try {
      const params = await streamParams(manager, { node: name, output })
      if (!isSignal(parseWireParams(params, `${name}.${output}`))) continue
      views ??= await manager.createNodeGroup({
        name: freeName('views', new Set(status.groups.map((one) => one.name)))
      })
      const node = freeName(`${name}-${output}`, taken)
      taken.add(node)
      const scope = (await views.createNode('Oscilloscope', { name: node })) as unknown as Remote<Oscilloscope>
      await scope.configure()
      await ((await scope.stream('input', 'signals')) as Remote<InputStream>).connect(params)
      await scope.initialize()
      open.push({ node, url: await scope.url() })
    } catch (error) {
      warn(`no view of ${name}.${output}: ${(error as Error).message}`)
    }
  }
  return open
}

/** The links to the viewers that are in the graph itself. */
export async function viewsOf(graph: Graph, nodes: ReadonlyMap<string, unknown>): Promise<OpenView[]> {
  const viewers = graph.nodes.filter(({ type }) => getNodeType(type).prototype instanceof ViewerNode)
  return await Promise.all(
    viewers.map(async ({ name }) => ({ node: name, url: await (nodes.get(name) as Remote<Oscilloscope>).url() }))
  )
}

/** The params of a stream of a graph that is built. @throws {RunError} when there is no such stream. */
export async function streamParams(
  manager: Pick<Remote<Manager>, 'status' | 'listNodeGroups'>,
  { node, output }: { readonly node: string; readonly output: string }
): Promise<WireParams> {
  const { nodes } = await manager.status()
  const place = nodes.find(({ name }) => name === node)
  if (place === undefined) {
    const near = nearestNames(
      node,
      nodes.map(({ name }) => name)
    )
    throw new RunError(`there is no node '${node}' in the run${near.length > 0 ? `; did you mean '${near[0]}'?` : ''}`)
  }
  for (const group of await manager.listNodeGroups()) {
    if ((await group.name) !== place.group) continue
    const stream = (await (await group.getNode(node)).stream('output', output)) as Remote<OutputStream>
    return (await stream.params) as WireParams
  }
  throw new RunError(`node '${node}' is gone with its group '${place.group}'`)
}

function isSignal({ shape, dtype, sampleRate, streamType }: StreamInfo): boolean {
  const isNumbers = shape.length === 2 && 'fiub'.includes(parseDType(dtype).kind)
  return isNumbers && sampleRate > 0 && streamType !== 'event'
}

function freeName(wanted: string, taken: ReadonlySet<string>): string {
  return taken.has(wanted) ? freeName(`${wanted}-view`, taken) : wanted
}
