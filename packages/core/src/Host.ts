import { hostname } from 'node:os'
import {
  DisconnectedError,
  getLogger,
  spawnProcess,
  withOptions,
  type ExitReport,
  type LogLevel,
  type LogRecord,
  type Remote,
  type SpawnedProcess
} from '@nodeacq/rpc'
import { regainGroup } from './links.ts'
import { childEntry, type ChildSettings } from './childProcess.ts'
import { EventLog, type Logged } from './EventLog.ts'
import { GroupError, NameTakenError } from './errors.ts'
import { readClock, type ClockReading } from './HostClock.ts'
import { ANSWER_TIME, within } from './links.ts'
import type { Measured } from './metrics/metricsText.ts'
import { MetricsServer, type MetricsOptions } from './metrics/MetricsServer.ts'
import { ownProcess } from './metrics/ownProcess.ts'
import { STOP_TIMEOUT } from './Node.ts'
import type { NodeGroup } from './NodeGroup.ts'
import { SILENT, type GroupState } from './status.ts'

export type HostEvent =
  | { readonly kind: 'groupExited'; readonly group: string; readonly exit: ExitReport; readonly expected: boolean }
  | { readonly kind: 'log'; readonly record: LogRecord }

export interface HostOptions extends ChildSettings {
  name?: string
  /** Log server on this machine that the groups send their records to. */
  logAddress?: string | null
}

export interface GroupRequest {
  name: string
  /** Log server of the caller, when it can be reached from here; default: the host's own. */
  logAddress?: string | null
  logLevel?: LogLevel | number
}

interface Child {
  readonly process: SpawnedProcess
  group?: Remote<NodeGroup>
  closing: boolean
}

const log = getLogger('nodeacq.Host')
/** Extra field of a record that has come over a host. */
const RELAYED = 'relayed_by'

/** Starts, watches and ends the node-group processes of one machine. */
export class Host implements AsyncDisposable {
  readonly name: string
  readonly #options: HostOptions
  readonly #children = new Map<string, Child>()
  readonly #events = new EventLog<HostEvent>()
  readonly #metrics = new MetricsServer(() => this.#measure())

  constructor(options: HostOptions = {}) {
    this.#options = options
    this.name = options.name ?? hostname()
  }

  get '~proxied'(): true {
    return true
  }

  /**
   * Starts a process with a NodeGroup in it and returns the group, which that process owns.
   * @throws {NameTakenError} @throws {GroupError} when the process does not come up; its last output is in the message.
   */
  async createNodeGroup({ name, logAddress, logLevel }: GroupRequest): Promise<Remote<NodeGroup>> {
    if (typeof name !== 'string' || name === '') throw new GroupError(String(name), 'expected a name that is text')
    if (this.#children.has(name)) throw new NameTakenError(`Nodegroup named ${name} already exists on ${this.name}`)
    const { importRoots, insecure, advertise, interface: networkInterface = '127.0.0.1' } = this.#options
    let child: SpawnedProcess
    try {
      child = await spawnProcess({
        name,
        address: `tcp://${networkInterface}:*`,
        entry: childEntry({ importRoots, insecure, advertise, interface: networkInterface }),
        logAddress: logAddress ?? this.#options.logAddress ?? null,
        ...(logLevel !== undefined && { logLevel })
      })
    } catch (error) {
      throw new GroupError(name, `its process on ${this.name} did not start: ${(error as Error).message}`, error)
    }
    const entry: Child = { process: child, closing: false }
    this.#children.set(name, entry)
    void child.exited.then((exit) => this.#exited(name, entry, exit))
    try {
      const core = await child.client.import<{ NodeGroup: { new (...args: unknown[]): NodeGroup } }>(
        'pyacq.core.nodegroup'
      )
      const group = (await (core as unknown as { NodeGroup(o: object): Promise<Remote<NodeGroup>> }).NodeGroup({
        name
      })) as Remote<NodeGroup>
      await child.client.set('nodegroup', group)
      entry.group = group
      return group
    } catch (error) {
      child.kill()
      throw new GroupError(name, `its process on ${this.name} did not answer: ${(error as Error).message}`, error)
    }
  }

  #exited(name: string, child: Child, exit: ExitReport): void {
    if (this.#children.get(name) === child) this.#children.delete(name)
    // Ending with code 0 is what a group does that was closed by somebody else.
    const expected = child.closing || (exit.code === 0 && exit.signal === null)
    this.#events.append({ kind: 'groupExited', group: name, exit, expected })
    if (!expected) log.error(`node group '${name}' (process ${child.process.pid}) is gone: ${describeExit(exit)}`)
  }

  /**
   * Ends one group: its nodes stop and close, then its process ends. It is killed when that takes longer than `timeout`
   * ms for either, or at once with `force`.
   */
  async closeNodeGroup(name: string, { timeout = 2 * STOP_TIMEOUT, force = false } = {}): Promise<void> {
    const child = this.#children.get(name)
    if (!child) return
    child.closing = true
    if (force) {
      child.process.kill()
      await child.process.exited
      return
    }
    await closeGroup(child, timeout).catch((error: unknown) =>
      log.warning(`node group '${name}' did not close properly`, error)
    )
    await child.process.stop({ timeout })
  }

  async closeAllNodeGroups({ force = false }: { force?: boolean } = {}): Promise<void> {
    await Promise.all([...this.#children.keys()].map((name) => this.closeNodeGroup(name, { force })))
  }

  /** Names of the groups whose processes live. pyacq polls with this; here a death is known when it happens. */
  checkSpawners(): string[] {
    return [...this.#children.keys()]
  }

  get spawners(): string[] {
    return this.checkSpawners()
  }

  /** For `events`: a record from one of the groups' processes, on its way to the managers. */
  forwardLog(record: LogRecord): void {
    // A manager in this process shows what it gets from hosts, which must not set out again.
    if (record[RELAYED] === undefined) this.#events.append({ kind: 'log', record: { ...record, [RELAYED]: this.name } })
  }

  /** Deaths and log records since `since`; waits up to `timeout` ms for the first. */
  events(since?: number, options?: { timeout?: number }): Promise<{ next: number; events: Logged<HostEvent>[] }> {
    return this.#events.read(since, options)
  }

  status(): { name: string; pid: number; groups: { name: string; pid: number }[] } {
    const groups = [...this.#children].map(([name, child]) => ({ name, pid: child.process.pid }))
    return { name: this.name, pid: process.pid, groups }
  }

  /** What the monotonic clock of this machine shows. */
  readClock(): ClockReading {
    return readClock()
  }

  /**
   * Serves the metrics of this host's groups for Prometheus until the host closes, and gives the URL.
   * @throws {MetricsError}
   */
  serveMetrics(options?: MetricsOptions): Promise<string> {
    return this.#metrics.start(options)
  }

  async #measure(): Promise<Measured> {
    const host = this.name
    const reports = await Promise.all(
      [...this.#children].map(async ([name, child]) => {
        const report =
          child.group &&
          (await within(ANSWER_TIME, child.group)
            .status()
            .catch(() => undefined))
        const { nodes, ...group } = report ?? { ...SILENT, nodes: [] }
        const state: GroupState = report ? 'running' : 'unresponsive'
        return {
          group: { ...group, name, host, state, exit: null },
          nodes: nodes.map((node) => ({ ...node, group: name, host }))
        }
      })
    )
    const nodes = reports.flatMap((report) => report.nodes)
    return { hosts: [], groups: reports.map(({ group }) => group), nodes, own: ownProcess('host', host) }
  }

  /** Ends every group and lets the readers of `events` go. Safe to call twice. */
  async close(): Promise<void> {
    this.#metrics.close()
    await this.closeAllNodeGroups()
    this.#events.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

/** Asks a group to stop and close its nodes, on a new connection when the old one broke. */
async function closeGroup({ group, process }: Child, timeout: number): Promise<void> {
  if (!group) return
  try {
    await withOptions(group, { timeout }).close()
  } catch (error) {
    if (!(error instanceof DisconnectedError) || process.exit !== undefined) throw error
    await withOptions(await regainGroup(process.address), { timeout }).close()
  }
}

/** An exit in words, with the last lines the process wrote. */
export function describeExit(exit: ExitReport): string {
  const how = exit.signal ? `signal ${exit.signal}` : `exit code ${exit.code}`
  const lines = exit.lastLines.slice(-5)
  return lines.length > 0 ? `${how}; its last lines:\n  ${lines.join('\n  ')}` : how
}
