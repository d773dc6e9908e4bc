import type { ManagerHandle } from '@nodeacq/core'
import type { Remote } from '@nodeacq/rpc'
import type { InputStream, OutputStream, WireParams } from '@nodeacq/stream'
import { RunError } from '../errors.ts'
import { machineOf } from '../graph/checkPlacement.ts'
import { LOCAL_HOST, type Graph, type GraphModule, type GraphNode } from '../graph/Graph.ts'
import { placeText, type Place } from '../graph/SourceText.ts'

type GroupHandle = Awaited<ReturnType<ManagerHandle['createNodeGroup']>>
type InputHandle = Remote<InputStream>
type OutputHandle = Remote<OutputStream>
type NodeHandle = Awaited<ReturnType<GroupHandle['createNode']>>

/** A graph that exists: every node is initialized and nothing runs yet. */
export interface BuiltGraph {
  readonly groups: ReadonlyMap<string, GroupHandle>
  readonly nodes: ReadonlyMap<string, NodeHandle>
  /** Params of every stream that something is connected to or that is required, by `node.output`. */
  readonly streams: ReadonlyMap<string, WireParams>
}

export interface BuildOptions {
  /** Ends the building between two steps. */
  readonly signal?: AbortSignal | undefined
  /** ms that a host has to answer. */
  readonly hostTimeout?: number
}

/**
 * Makes what a graph file describes: connects the hosts, starts the groups, loads the modules, and takes every node,
 * sources first, through configure → connect → outputs → params → initialize.
 * @throws {RunError} naming the node and its line. Whoever owns the manager then closes it, and with it what was made.
 */
export async function buildGraph(
  manager: ManagerHandle,
  graph: Graph,
  options: BuildOptions = {}
): Promise<BuiltGraph> {
  const { signal, hostTimeout = 5000 } = options
  await connectHosts(manager, graph, hostTimeout)
  signal?.throwIfAborted()
  const groups = await createGroups(manager, graph)
  const nodes = new Map<string, NodeHandle>()
  const streams = new Map<string, WireParams>()
  for (const node of graph.nodes) {
    signal?.throwIfAborted()
    nodes.set(node.name, await buildNode(node, { group: groups.get(node.group)!, streams, nodes }))
  }
  for (const { node, output } of graph.require.streams) await streamParams({ node, output }, { streams, nodes })
  return { groups, nodes, streams }
}

/** Runs a step; what goes wrong in it is told with its place in the file. */
async function step<T>(what: string, place: Place, work: () => Promise<T>, node?: string): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new RunError(`${placeText(place)}: ${what}: ${reason}`, { cause: error, ...(node !== undefined && { node }) })
  }
}

/** All at once; every host that does not answer is named. */
async function connectHosts(manager: ManagerHandle, graph: Graph, timeout: number): Promise<void> {
  const results = await Promise.allSettled(
    graph.hosts.map(({ name, address, place }) =>
      step(`host '${name}'`, place, async () => void (await manager.addHost(address, { name, timeout })))
    )
  )
  const problems = results.filter((result) => result.status === 'rejected').map(({ reason }) => reason as Error)
  if (problems.length === 0) return
  throw new RunError(problems.map(({ message }) => message).join('\n'), { cause: problems[0] })
}

async function createGroups(manager: ManagerHandle, graph: Graph): Promise<Map<string, GroupHandle>> {
  const addresses = new Map(graph.hosts.map(({ name, address }) => [name, address]))
  const groups = await Promise.all(
    graph.groups.map(async ({ name, host, place }) => {
      const options = { name, ...(host !== LOCAL_HOST && { host: addresses.get(host)! }) }
      const group = await step(`group '${name}'`, place, async () => await manager.createNodeGroup(options))
      const isHere = machineOf(host, graph.hosts) === LOCAL_HOST
      for (const module of graph.modules.filter((module) => module.host === undefined || module.host === host)) {
        const what = `module '${module.path}' in group '${name}'`
        await step(what, module.place, async () => await group.registerModule(modulePath(module, isHere)))
      }
      return [name, group] as const
    })
  )
  return new Map(groups)
}

/** On this machine the file that was checked; elsewhere the path as written, which is relative to that host's folder. */
function modulePath({ absolutePath, path }: GraphModule, isHere: boolean): string {
  return isHere ? absolutePath : path
}

interface Streams {
  readonly streams: Map<string, WireParams>
  readonly nodes: ReadonlyMap<string, NodeHandle>
}

async function buildNode(
  plan: GraphNode,
  { group, streams, nodes }: Streams & { group: GroupHandle }
): Promise<NodeHandle> {
  const { name, type, place } = plan
  const subject = `node '${name}' (${type} in group ${plan.group})`
  const at = <T>(what: string, where: Place, work: () => Promise<T>) => step(`${subject}: ${what}`, where, work, name)
  const node = await at('create', place, async () => await group.createNode(type, { name }))
  await at('configure', place, async () => await node.configure({ ...plan.configure }))
  for (const input of plan.inputs) {
    await at(`input '${input.name}'`, input.place, async () => {
      const params = await streamParams(input.from, { streams, nodes })
      const options = input.delivery === undefined ? {} : { delivery: input.delivery }
      // `stream` names the nearest when there is none.
      const stream = (await node.stream('input', input.name)) as InputHandle
      await stream.connect(params, options)
    })
  }
  for (const [output, options] of Object.entries(plan.outputs)) {
    await at(`output '${output}'`, place, async () => {
      const stream = (await node.stream('output', output)) as OutputHandle
      await stream.configure(options)
    })
  }
  if (Object.keys(plan.params).length > 0) {
    await at('params', place, async () => await node.setParams({ ...plan.params }))
  }
  await at('initialize', place, async () => await node.initialize())
  return node
}

/** An output is described by its params, a plain map: whoever connects to it needs no way to its node. */
async function streamParams(from: { node: string; output: string }, { streams, nodes }: Streams): Promise<WireParams> {
  const key = `${from.node}.${from.output}`
  const known = streams.get(key)
  if (known !== undefined) return known
  const stream = (await nodes.get(from.node)!.stream('output', from.output)) as OutputHandle
  const params = (await stream.params) as WireParams
  streams.set(key, params)
  return params
}
