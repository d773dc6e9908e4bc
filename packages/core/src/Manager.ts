import { nearestNames } from '@nodeacq/stream'
import { addressOf, getLogger, logAddress, logLevelNumber, RpcClient, type LogLevel, type Remote } from '@nodeacq/rpc'
import { edgesOf } from './edges.ts'
import { HostError, NameTakenError, NotFoundError } from './errors.ts'
import type { Logged } from './EventLog.ts'
import { Host } from './Host.ts'
import { HostClock } from './HostClock.ts'
import { ANSWER_TIME, isAlive, sameObject, within, type GroupLink, type HostLink } from './links.ts'
import { STOP_TIMEOUT, type Node } from './Node.ts'
import type { ManagerOptions } from './ManagerOptions.ts'
import type { Measured } from './metrics/metricsText.ts'
import { MetricsServer, type MetricsOptions } from './metrics/MetricsServer.ts'
import { ownProcess } from './metrics/ownProcess.ts'
import type { NodeGroup } from './NodeGroup.ts'
import { closingTime } from './recording/RecordControl.ts'
import { Recordings, type RecorderStatus, type StartRecordingOptions } from './recording/Recordings.ts'
import { SILENT, type GroupStatus, type HostStatus, type ManagerStatus, type NodeStatus } from './status.ts'
import { levels } from './topology.ts'
import { Watch, type ManagerEvent } from './Watch.ts'

type ManagedNode = NodeStatus & { readonly group: string; readonly host: string }

const log = getLogger('nodeacq.Manager')
const LOCAL = 'local'

/**
 * The point of control: connects to hosts, creates groups, starts and stops the graph, knows every node and edge.
 * It opens every connection itself; deaths and log records of other machines come back on those.
 */
export class Manager implements AsyncDisposable {
  readonly #options: ManagerOptions
  readonly #hosts = new Map<string, HostLink>()
  readonly #groups = new Map<string, GroupLink>()
  readonly #watch = new Watch(this.#groups)
  readonly #metrics = new MetricsServer(() => this.#measure())
  readonly #recordings: Recordings
  #localHost: Host | undefined
  #defaultGroup: Promise<Remote<NodeGroup>> | undefined
  #groupCount = 0
  #closed: Promise<void> | undefined

  constructor(options: ManagerOptions = {}) {
    this.#options = options
    const status = () => this.status()
    this.#recordings = new Recordings({ status, groups: this.#groups, contract: options.recordContract })
  }

  get '~proxied'(): true {
    return true
  }

  /**
   * Connects to a host server, once per address, and returns its Host.
   * @throws {HostError} when nothing answers within `timeout` ms, or what answers is no host.
   */
  async addHost(
    address: string,
    { name = address, timeout = 5000 }: { name?: string; timeout?: number } = {}
  ): Promise<Remote<Host>> {
    const known = [...this.#hosts.values()].find((link) => link.address === address && link.state === 'connected')
    if (known) return known.host
    if (this.#hosts.get(name)?.state === 'connected') throw new NameTakenError(`a host is named '${name}' already`)
    let client: RpcClient | undefined
    try {
      client = await RpcClient.connect(address, { connectTimeout: timeout })
      const host = await client.get<Remote<Host>>('host')
      this.#addHost({ name, address, host, client, clock: new HostClock(), state: 'connected' })
      return host
    } catch (error) {
      await client?.close()
      throw new HostError(address, `${(error as Error).message}; is host_server running there?`, error)
    }
  }

  /** pyacq's name of `addHost`. */
  getHost(address: string, options?: { name?: string; timeout?: number }): Promise<Remote<Host>> {
    return this.addHost(address, options)
  }

  listHosts(): Remote<Host>[] {
    return [...this.#hosts.values()].map((link) => link.host)
  }

  /** Closes this manager's groups on a host and forgets the host, which goes on. */
  async disconnectHost(which: Remote<Host> | string): Promise<void> {
    const link = await this.#findHost(which)
    for (const group of this.#groupsOf(link.name)) await this.#closeGroup(group)
    this.#hosts.delete(link.name)
    await link.client?.close()
  }

  /**
   * Starts a process with a NodeGroup.
   * @param options.name unique; default `nodegroup_<n>`
   * @param options.host a Host, its address or its name; default the manager's own machine
   * @throws {NameTakenError} @throws {HostError} @throws {GroupError}
   */
  async createNodeGroup({
    name = `nodegroup_${this.#groupCount}`,
    host,
    logLevel
  }: { name?: string; host?: Remote<Host> | string | null; logLevel?: LogLevel | number } = {}): Promise<
    Remote<NodeGroup>
  > {
    this.#groupCount++
    if (typeof name !== 'string' || name === '')
      throw new TypeError(`a node group's name must be text, got ${String(name)}`)
    const before = this.#groups.get(name)
    if (before && before.state !== 'dead' && before.state !== 'closed') {
      throw new NameTakenError(`Nodegroup named ${name} already exists`)
    }
    const link = host === undefined || host === null || host === LOCAL ? this.#local() : await this.#findHost(host)
    if (link.state === 'lost') throw new HostError(link.address, 'the connection to it is lost')
    const group = await link.host.createNodeGroup({
      name,
      // Beyond this machine the records come back through the host, on the connection we opened to it.
      ...(link.name === LOCAL && { logAddress: logAddress() }),
      logLevel: logLevel ?? logLevelNumber()
    })
    this.#addGroup({ name, hostName: link.name, group, state: 'running', exit: null })
    return group
  }

  /** Makes a group known that the manager did not start: the one in the script's process. */
  registerGroup(group: Remote<NodeGroup>, { name, host }: { name: string; host: string }): void {
    this.#addGroup({ name, hostName: host, group, state: 'running', exit: null })
  }

  /** Told by a host that polls its children (pyacq); ours report by themselves. */
  nodegroupClosed(group: Remote<NodeGroup>): void {
    for (const link of this.#groups.values()) if (addressOf(link.group) === addressOf(group)) link.state = 'closed'
  }

  listNodeGroups(): Remote<NodeGroup>[] {
    return [...this.#groups.values()].filter(isAlive).map((link) => link.group)
  }

  /** A group on the manager's own machine, made on first use. */
  get defaultNodeGroup(): Promise<Remote<NodeGroup>> {
    this.#defaultGroup ??= this.createNodeGroup({ name: 'default' })
    return this.#defaultGroup
  }

  /** Creates a node. `host` is a group, a host (a group is made there on first use) or the address of a host. */
  async createNode(
    type: string,
    { host, ...options }: { host?: Remote<NodeGroup> | Remote<Host> | string; name?: string } = {}
  ): Promise<Remote<Node>> {
    const group = await this.#groupFor(host)
    return group.createNode(type, options)
  }

  /** Starts every node that is initialized, consumers before their sources, so that no first chunk is missed. */
  async startAll(): Promise<void> {
    const nodes = (await this.status()).nodes.filter((node) => node.state !== 'closed' && node.state !== 'running')
    const started: ManagedNode[] = []
    try {
      for (const level of this.#levels(nodes).reverse()) {
        await Promise.all(
          level.map(async (node) => {
            await this.#groups.get(node.group)!.group.startNode(node.name)
            started.push(node)
          })
        )
      }
    } catch (error) {
      for (const node of started) await this.#stopNode(node, STOP_TIMEOUT).catch(() => undefined)
      throw error
    }
  }

  /**
   * Stops every running node: sources first, then each consumer when it has worked off what was sent, recorders last.
   * A node that does not finish within `timeout` ms is aborted.
   */
  async stopAll({ timeout = STOP_TIMEOUT }: { timeout?: number } = {}): Promise<void> {
    const nodes = (await this.status()).nodes.filter((node) => node.state === 'running')
    const problems: unknown[] = []
    for (const level of this.#levels(nodes)) {
      await Promise.all(
        level.map((node) => this.#stopNode(node, timeout).catch((error: unknown) => problems.push(error)))
      )
    }
    if (problems.length > 0) throw new AggregateError(problems, `${problems.length} nodes did not stop properly`)
  }

  startAllNodes(): Promise<void> {
    return this.startAll()
  }

  stopAllNodes(options?: { timeout?: number }): Promise<void> {
    return this.stopAll(options)
  }

  #levels(nodes: readonly ManagedNode[]): ManagedNode[][] {
    const places = nodes.map((node) => ({
      name: node.name,
      sources: node.inputs.map((input) => input.from?.node ?? ''),
      node
    }))
    return levels(places).map((level) => level.map((place) => place.node))
  }

  async #stopNode(node: ManagedNode, timeout: number): Promise<void> {
    const link = this.#groups.get(node.group)
    // The node itself aborts after `timeout`, and again waits as long for that to take effect.
    const limit = 2 * (timeout + closingTime(node.recording)) + 5000
    if (link && isAlive(link)) await within(limit, link.group).stopNode(node.name, { timeout })
  }

  /** Hosts, groups, nodes and edges as they are now. A group that does not answer is `unresponsive`, not dead. */
  async status(): Promise<ManagerStatus> {
    const reports = await Promise.all(
      [...this.#groups.values()].map(async (link): Promise<{ group: GroupStatus; nodes: ManagedNode[] }> => {
        const base = { name: link.name, host: link.hostName, exit: link.exit }
        if (isAlive(link)) {
          try {
            const report = await within(ANSWER_TIME, link.group).status()
            const nodes = report.nodes.map((node) => ({ ...node, group: link.name, host: link.hostName }))
            link.state = 'running'
            const { pid, cpu, cpuSeconds, memory, metrics } = report
            return { group: { ...base, state: link.state, pid, cpu, cpuSeconds, memory, metrics }, nodes }
          } catch {
            if (link.state === 'running') link.state = 'unresponsive'
          }
        }
        return { group: { ...base, ...SILENT, exit: link.exit, state: link.state }, nodes: [] }
      })
    )
    const hosts = [...this.#hosts.values()].map((link): HostStatus => ({
      name: link.name,
      address: link.address,
      state: link.state,
      clock: link.clock.status,
      groups: this.#groupsOf(link.name).map((group) => group.name)
    }))
    const nodes = reports.flatMap((report) => report.nodes)
    return { hosts, groups: reports.map((report) => report.group), nodes, edges: edgesOf(nodes) }
  }

  /**
   * Starts a recording with every recorder that is idle: all prepare, and begin when all are ready. If one cannot, none does.
   * Gives the recorders that record now.
   * @throws {RecordError} naming those that cannot, or what of the contract is not met and nobody overrides.
   */
  startRecording(options?: StartRecordingOptions): Promise<RecorderStatus[]> {
    return this.#recordings.start(options)
  }

  /**
   * Ends every recording; the nodes run on. Gives what became of each: with `wait` (default) when all are closed and
   * checked, otherwise at once. @throws {RecordError} when nothing is recorded.
   */
  async stopRecording(options?: { wait?: boolean }): Promise<RecorderStatus[]> {
    await this.#watch.notes.sent()
    return await this.#recordings.stop(options)
  }

  /** Every recorder of the graph, and the recording it makes or made last. */
  recordStatus(): Promise<RecorderStatus[]> {
    return this.#recordings.status()
  }

  /**
   * Puts a text into every recording that runs, at `time` (ms since 1970 UTC; default now).
   * @throws {RecordError} when nothing is recorded.
   */
  annotate(text: string, options?: { time?: number }): Promise<RecorderStatus[]> {
    return this.#recordings.annotate(text, options)
  }

  /**
   * Serves the metrics of the whole graph for Prometheus until the manager closes, and gives the URL.
   * @throws {MetricsError}
   */
  serveMetrics(options?: MetricsOptions): Promise<string> {
    return this.#metrics.start(options)
  }

  async #measure(): Promise<Measured> {
    const status = await this.status()
    // In a script or `nodeacq run` the process of the manager is that of a group.
    if (status.groups.some(({ pid, host }) => pid === process.pid && !this.#hosts.has(host))) return status
    return { ...status, own: ownProcess('manager', LOCAL) }
  }

  /** What happened since event number `since`; waits up to `timeout` ms for the first. */
  events(since?: number, options?: { timeout?: number }): Promise<{ next: number; events: Logged<ManagerEvent>[] }> {
    return this.#watch.events.read(since, options)
  }

  /** Address of the log server that records go to, and the level as pyacq's number. */
  getLoggerInfo(): [string | null, number] {
    return [logAddress(), logLevelNumber()]
  }

  /** Stops and ends every group that this manager started. */
  async closeAllNodeGroups(): Promise<void> {
    const open = [...this.#groups.values()].filter(isAlive)
    if (open.length > 0) await this.stopAll().catch((error: unknown) => log.warning('stopping the graph', error))
    await Promise.all(open.map((link) => this.#closeGroup(link)))
    for (const [name, link] of this.#groups) if (this.#hosts.has(link.hostName)) this.#groups.delete(name)
    this.#defaultGroup = undefined
  }

  /** Stops the graph in order and ends every process this manager started. Safe to call twice. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    this.#metrics.close()
    await this.closeAllNodeGroups()
    this.#watch.close()
    await this.#localHost?.close()
    for (const link of this.#hosts.values()) await link.client?.close()
    this.#hosts.clear()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #closeGroup(link: GroupLink): Promise<void> {
    if (!isAlive(link)) return
    link.state = 'closed'
    const host = this.#hosts.get(link.hostName)
    if (!host) return // the script's own group: its process closes it
    await within(5 * STOP_TIMEOUT, host.host)
      .closeNodeGroup(link.name)
      .catch((error: unknown) => log.warning(`ending the process of group '${link.name}'`, error))
  }

  #addGroup(link: GroupLink): void {
    this.#groups.set(link.name, link)
    void this.#watch.group(link)
  }

  #addHost(link: HostLink): void {
    this.#hosts.set(link.name, link)
    const isCurrent = () => this.#hosts.get(link.name) === link
    void this.#watch.host(link, isCurrent)
    void link.clock.follow(link, isCurrent)
  }

  #local(): HostLink {
    const known = this.#hosts.get(LOCAL)
    if (known) return known
    this.#localHost = new Host({ name: LOCAL, ...this.#options })
    // The methods of a Host are the same on the object and on its proxy.
    const link: HostLink = {
      name: LOCAL,
      address: LOCAL,
      host: this.#localHost as unknown as Remote<Host>,
      clock: new HostClock(),
      state: 'connected'
    }
    this.#addHost(link)
    return link
  }

  async #findHost(which: Remote<Host> | string): Promise<HostLink> {
    const links = [...this.#hosts.values()]
    for (const link of links) {
      if (
        typeof which === 'string' ? link.name === which || link.address === which : await sameObject(link.host, which)
      )
        return link
    }
    if (typeof which === 'string' && which.includes('://')) {
      await this.addHost(which)
      return this.#findHost(which)
    }
    const near = typeof which === 'string' ? nearestNames(which, this.#hosts.keys()) : []
    throw new NotFoundError(
      `the manager knows no host ${typeof which === 'string' ? `'${which}'` : 'like this'}${near.length ? `; did you mean '${near[0]}'?` : '; connect to it with addHost'}`
    )
  }

  async #groupFor(host: Remote<NodeGroup> | Remote<Host> | string | undefined): Promise<Remote<NodeGroup>> {
    if (host === undefined || host === null) return this.defaultNodeGroup
    for (const link of this.#groups.values()) {
      if (typeof host === 'string' ? link.name === host : await sameObject(link.group, host)) return link.group
    }
    const link = await this.#findHost(host as Remote<Host> | string)
    const name = `default@${link.name}`
    return this.#groups.get(name)?.group ?? this.createNodeGroup({ name, host: link.name })
  }

  #groupsOf(host: string): GroupLink[] {
    return [...this.#groups.values()].filter((link) => link.hostName === host)
  }
}
