import { nearestNames } from '@nodeacq/stream'
import { hostname } from 'node:os'
import { memoryUsage } from 'node:process'
import { getLogger } from '@nodeacq/rpc'
import { CpuMeter, cpuSeconds } from './CpuMeter.ts'
import { EventLog, type Logged } from './EventLog.ts'
import { NameTakenError, NodeRunningError, NodeTypeError, NotFoundError } from './errors.ts'
import { STOP_TIMEOUT, type Node } from './Node.ts'
import type { NodeOptions } from './NodeClass.ts'
import type { Measured } from './metrics/metricsText.ts'
import { MetricsServer, type MetricsOptions } from './metrics/MetricsServer.ts'
import { getNodeType, isNodeClass, nodeTypeAliases, nodeTypes, registerNodeType } from './nodeTypes.ts'
import type { NodeFailure, NodeStatus } from './status.ts'
import { addProcessGroup, removeProcessGroup } from './processGroups.ts'
import { describeStall, StallWatch, type Stall } from './StallWatch.ts'
import { importUserModule } from './userModules.ts'
import type { NodeState } from './nodeState.ts'
import type { Annotation, PrepareOptions, RecordControl, RecordNote, RecordStatus } from './recording/RecordControl.ts'

type Values = Readonly<Record<string, unknown>>

export type GroupEvent =
  | { readonly kind: 'nodeState'; readonly node: string; readonly state: NodeState }
  | { readonly kind: 'nodeFailed'; readonly node: string; readonly failure: NodeFailure }
  | { readonly kind: 'recordState'; readonly node: string; readonly recording: RecordStatus }
  | { readonly kind: 'paramsChanged'; readonly node: string; readonly old: Values; readonly params: Values }
  | Stall

export interface GroupReport {
  readonly pid: number
  readonly cpu: number
  readonly cpuSeconds: number
  readonly memory: number
  readonly metrics: string | null
  readonly nodes: readonly NodeStatus[]
}

export interface NodeGroupOptions {
  name?: string
}

const log = getLogger('nodeacq.NodeGroup')

/** The nodes of one process. Created by a Host in a new process, or in the script's own (`manager.localGroup`). */
export class NodeGroup implements AsyncDisposable {
  readonly name: string
  readonly #nodes = new Map<string, Node>()
  readonly #events = new EventLog<GroupEvent>()
  readonly #cpu = new CpuMeter()
  readonly #stalls = new StallWatch(
    () => this.listNodes(),
    (stall) => this.#tellStall(stall)
  )
  readonly #metrics = new MetricsServer(() => this.#measure())
  #closed: Promise<void> | undefined

  constructor({ name = 'nodegroup' }: NodeGroupOptions = {}) {
    this.name = name
    addProcessGroup(this)
  }

  get '~proxied'(): true {
    return true
  }

  /**
   * Creates a node of a registered type and adds it.
   * @throws {UnknownNodeTypeError} naming the nearest. @throws {NameTakenError}
   */
  createNode(type: string, options: NodeOptions = {}): Node {
    const NodeType = getNodeType(type)
    const name = options.name || this.#freeName(NodeType.typeName ?? NodeType.name)
    this.#requireFree(name)
    const node = new NodeType({ ...options, name })
    this.addNode(node)
    return node
  }

  /** Adds a node that was made here. @throws {NameTakenError} */
  addNode(node: Node): void {
    this.#requireFree(node.name)
    this.#nodes.set(node.name, node)
    this.#stalls.start()
    node.on('stateChanged', (state) => this.#events.append({ kind: 'nodeState', node: node.name, state }))
    node.on('paramsChanged', (change) =>
      this.#events.append({ kind: 'paramsChanged', node: node.name, old: { ...change.old }, params: { ...change.new } })
    )
    node.on('recordChanged', (recording) => this.#events.append({ kind: 'recordState', node: node.name, recording }))
    node.on('failed', (failure) => this.#events.append({ kind: 'nodeFailed', node: node.name, failure }))
  }

  /** Takes a node out; it is not closed. @throws {NodeRunningError} @throws {NotFoundError} */
  removeNode(node: Node | string): void {
    const found = typeof node === 'string' ? this.getNode(node) : node
    if (this.#nodes.get(found.name) !== found) {
      throw new NotFoundError(`node group '${this.name}' has no node '${found.name}'`)
    }
    if (found.isRunning) throw new NodeRunningError(found.name)
    this.#nodes.delete(found.name)
  }

  /** @throws {NotFoundError} naming the nearest. */
  getNode(name: string): Node {
    const node = this.#nodes.get(name)
    if (node) return node
    const near = nearestNames(name, this.#nodes.keys())
    throw new NotFoundError(
      `node group '${this.name}' has no node '${name}'${near.length ? `; did you mean '${near[0]}'?` : ''}`
    )
  }

  /** In the order of creation. */
  listNodes(): Node[] {
    return [...this.#nodes.values()]
  }

  /** Registered names, and the aliases under which pyacq knows them. */
  listNodeTypes(): string[] {
    return [...nodeTypes(), ...Object.keys(nodeTypeAliases())]
  }

  /**
   * Imports a module and registers one Node class of it. A module is a file below the allowed roots of this process.
   * @throws {NodeTypeError} when the module has no such class.
   */
  async registerNodeTypeFromModule(module: string, className: string): Promise<void> {
    const exports = await importUserModule(module)
    const found = exports[className]
    if (!isNodeClass(found)) {
      const classes = Object.keys(exports).filter((key) => isNodeClass(exports[key]))
      throw new NodeTypeError(
        `module ${module} exports no Node class '${className}'; it exports ${classes.join(', ') || 'none'}`
      )
    }
    registerNodeType(found)
  }

  /** Registers every Node class that a module exports and returns their names. */
  async registerModule(module: string): Promise<string[]> {
    const classes = Object.values(await importUserModule(module)).filter(isNodeClass)
    if (classes.length === 0) throw new NodeTypeError(`module ${module} exports no Node class`)
    for (const found of classes) registerNodeType(found)
    return classes.map((found) => found.typeName ?? found.name)
  }

  startNode(name: string): Promise<void> {
    return this.getNode(name).start()
  }

  stopNode(name: string, options?: { timeout?: number }): Promise<void> {
    const node = this.getNode(name)
    return node.isRunning ? node.stop(options) : Promise.resolve()
  }

  /** Starts every node that is ready, consumers before their sources in the order of creation reversed. */
  async startAllNodes(): Promise<void> {
    for (const node of this.listNodes().reverse()) if (!node.isRunning) await node.start()
  }

  /** Stops every running node, in the order of creation. */
  async stopAllNodes({ timeout = STOP_TIMEOUT }: { timeout?: number } = {}): Promise<void> {
    for (const node of this.listNodes()) if (node.isRunning) await node.stop({ timeout })
  }

  /** As `RecordControl.prepare` of a node; those below likewise. @throws {NotFoundError} when it records nothing. */
  prepareRecording(name: string, options?: PrepareOptions): Promise<void> {
    return this.#recorder(name).prepare(options)
  }

  beginRecording(name: string): Promise<void> {
    return this.#recorder(name).begin()
  }

  cancelRecording(name: string): Promise<void> {
    return this.#recorder(name).cancel()
  }

  endRecording(name: string): Promise<void> {
    return this.#recorder(name).end()
  }

  annotate(name: string, annotation: Annotation): Promise<void> {
    return this.#recorder(name).annotate(annotation)
  }

  async noteRecording(name: string, notes: readonly RecordNote[]): Promise<void> {
    await this.#recorder(name).note?.(notes)
  }

  #recorder(name: string): RecordControl {
    const { recordControl, type } = this.getNode(name)
    if (recordControl === undefined) throw new NotFoundError(`node '${name}' (${type}) records nothing`)
    return recordControl
  }

  anyNodeRunning(): boolean {
    return this.listNodes().some((node) => node.isRunning)
  }

  /** What the nodes do, and what the process uses. */
  status(): GroupReport {
    const cpu = this.#cpu.share()
    const nodes = this.listNodes().map((node) => ({ ...node.status(), cpu }))
    const metrics = this.#metrics.url
    return { pid: process.pid, cpu, cpuSeconds: cpuSeconds(), memory: memoryUsage.rss(), metrics, nodes }
  }

  /**
   * Serves the metrics of this process for Prometheus until the group closes, and gives the URL. Those of a whole graph
   * are served by its manager.
   * @throws {MetricsError}
   */
  serveMetrics(options?: MetricsOptions): Promise<string> {
    return this.#metrics.start(options)
  }

  #measure(): Measured {
    const { nodes, ...report } = this.status()
    const place = { group: this.name, host: hostname() }
    const group = { ...report, name: this.name, host: place.host, state: 'running', exit: null } as const
    return { hosts: [], groups: [group], nodes: nodes.map((node) => ({ ...node, ...place })) }
  }

  #tellStall(stall: Stall): void {
    if (stall.kind === 'edgeStalled') log.warning(describeStall(stall))
    else log.info(describeStall(stall))
    this.#events.append(stall)
  }

  events(since?: number, options?: { timeout?: number }): Promise<{ next: number; events: Logged<GroupEvent>[] }> {
    return this.#events.read(since, options)
  }

  /** Stops and closes every node; in a process of its own the process then ends. Safe to call twice. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    await this.stopAllNodes().catch((error: unknown) => log.error(`closing group '${this.name}'`, error))
    for (const node of this.listNodes()) {
      await node.close().catch((error: unknown) => log.error(`closing node '${node.name}'`, error))
    }
    this.#nodes.clear()
    this.#stalls.close()
    this.#metrics.close()
    this.#events.close()
    removeProcessGroup(this)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #requireFree(name: string): void {
    if (this.#nodes.has(name)) throw new NameTakenError(`node group '${this.name}' has a node '${name}' already`)
  }

  #freeName(type: string): string {
    for (let n = 0; ; n++) if (!this.#nodes.has(`${type}${n}`)) return `${type}${n}`
  }
}
