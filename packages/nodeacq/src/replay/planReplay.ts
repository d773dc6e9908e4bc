import { replayOutputs, type RecordedStream } from '@nodeacq/nodes'
import { ArgumentError } from '../errors.ts'
import {
  DEFAULT_GROUP,
  LOCAL_HOST,
  type Graph,
  type GraphInput,
  type GraphNode,
  type StreamName
} from '../graph/Graph.ts'

/** A recorded stream that a graph computes from others. */
export interface ReplayTarget {
  /** As the recorder called it. */
  readonly stream: string
  /** `filter.signals` */
  readonly output: string
}

/** A recorded stream that cannot be computed again, and why. */
export interface NotReplayed extends ReplayTarget {
  readonly reason: string
}

export interface ReplayPlan {
  /** The graph with the recording in the place of its devices, and a recorder for what it computes. */
  readonly graph: Graph
  readonly targets: readonly ReplayTarget[]
  readonly skipped: readonly NotReplayed[]
}

export interface Recorded {
  readonly file: string
  /** Streams of samples. */
  readonly streams: readonly RecordedStream[]
  /** Names of all that was recorded, also of events. */
  readonly names: ReadonlySet<string>
}

/** Node that plays the recording, and node that records what comes of it. */
export const PLAYER = 'recording'
const RECORDER = 'recomputed'
/** How data goes from one process to the next does not matter where everything is in one. */
const TRANSPORT = new Set([
  'protocol',
  'interface',
  'port',
  'transferMode',
  'bufferSize',
  'double',
  'advertise',
  'compression'
])

const keyOf = ({ node, output }: StreamName): string => `${node}.${output}`

/**
 * Puts a recording in the place of the devices of the graph that it was made with.
 * @param result where what is computed is recorded
 * @throws {ArgumentError} when the graph did not make the recording
 */
export function planReplay(graph: Graph, recorded: Recorded, result: string): ReplayPlan {
  const nodes = new Map(graph.nodes.map((node) => [node.name, node]))
  const recorder = recorderOf(graph, recorded)
  const wanted = recorder.inputs.filter(({ name }) => recorded.names.has(name))
  const outputs = replayOutputs(recorded.streams)
  /** Output of the player for each stream of the graph that was recorded. */
  const played = new Map<string, string>()
  for (const { name, from } of recorder.inputs) {
    const output = outputs.get(name)
    if (output !== undefined && !played.has(keyOf(from))) played.set(keyOf(from), output)
  }

  /** Why a stream cannot be had, from the recording or by computing; undefined when it can. */
  const lacks = (from: StreamName): string | undefined => (played.has(keyOf(from)) ? undefined : lacksOf(from))
  const lacksOf = ({ node, output }: StreamName): string | undefined => {
    const { inputs, type } = nodes.get(node)!
    if (inputs.length === 0) return `${node}.${output} (${type}) was not recorded`
    return inputs.map(({ from }) => lacks(from)).find((reason) => reason !== undefined)
  }

  const targets: ReplayTarget[] = []
  const skipped: NotReplayed[] = []
  for (const { name, from } of wanted) {
    if (nodes.get(from.node)!.inputs.length === 0) continue
    const target = { stream: name, output: keyOf(from) }
    const reason = lacksOf(from)
    if (reason === undefined) targets.push(target)
    else skipped.push({ ...target, reason })
  }

  const needed = new Set<string>()
  const need = (name: string): void => {
    if (needed.has(name)) return
    needed.add(name)
    for (const { from } of nodes.get(name)!.inputs) if (isComputed(from)) need(from.node)
  }
  // A stream that is compared is computed for the nodes behind it too, so that each is held to what it made itself.
  const isTarget = new Set(targets.map(({ output }) => output))
  const isComputed = (from: StreamName): boolean => isTarget.has(keyOf(from)) || !played.has(keyOf(from))
  for (const { output } of targets) need(output.split('.')[0]!)

  const redirect = (input: GraphInput): GraphInput => {
    const from = isComputed(input.from) ? input.from : { node: PLAYER, output: played.get(keyOf(input.from))! }
    return { ...input, from, delivery: 'complete' }
  }
  const computed = graph.nodes
    .filter(({ name }) => needed.has(name))
    .map((node) => ({
      ...node,
      group: DEFAULT_GROUP,
      inputs: node.inputs.map(redirect),
      outputs: withoutTransport(node)
    }))
  const { place } = recorder
  const plain = { group: DEFAULT_GROUP, params: {}, outputs: {}, place }
  const player: GraphNode = {
    ...plain,
    name: PLAYER,
    type: 'FileReplay',
    configure: { file: recorded.file, pace: 'max', units: 'digital' },
    inputs: []
  }
  const sink: GraphNode = {
    ...plain,
    name: RECORDER,
    type: 'Recorder',
    configure: { file: result, certificate: false, verify: 'off', sync: 0 },
    inputs: wanted
      .filter(({ name }) => targets.some(({ stream }) => stream === name))
      .map((input) => ({ ...input, delivery: 'complete' as const }))
  }
  return {
    graph: {
      ...graph,
      hosts: [],
      groups: [{ name: DEFAULT_GROUP, host: LOCAL_HOST, place }],
      modules: graph.modules.map((module) => ({ ...module, host: undefined })),
      nodes: [player, ...computed, sink],
      require: { streams: [], diskFreeMinutes: undefined, place: undefined },
      out: undefined
    },
    targets,
    skipped
  }
}

/** The node whose inputs are what was recorded. */
function recorderOf(graph: Graph, { file, names }: Recorded): GraphNode {
  const counts = graph.nodes.map((node) => node.inputs.filter(({ name }) => names.has(name)).length)
  const most = Math.max(0, ...counts)
  if (most < names.size || most === 0) {
    const list = [...names].join(', ')
    throw new ArgumentError(
      `${file}: no node of the graph '${graph.name}' records ${list}; name its graph with --graph`
    )
  }
  return graph.nodes[counts.indexOf(most)]!
}

function withoutTransport({ outputs }: GraphNode): GraphNode['outputs'] {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, options]) => [
      name,
      Object.fromEntries(Object.entries(options).filter(([key]) => !TRANSPORT.has(key)))
    ])
  )
}
