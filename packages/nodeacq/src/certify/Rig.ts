import { mkdtemp, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createManager, type ManagerHandle } from '@nodeacq/core'
import type { LatencyMonitor, RawRecorder, SimulatedDevice } from '@nodeacq/nodes'
import type { Remote } from '@nodeacq/rpc'
import { MACHINE, monotonicNow, type InputStream, type OutputStream, type WireParams } from '@nodeacq/stream'
import { RunError } from '../errors.ts'
import type { CertifyPlan } from './CertifyPlan.ts'
import { measureNetwork, type NetworkReport } from './measureNetwork.ts'

type Group = Awaited<ReturnType<ManagerHandle['createNodeGroup']>>

/** Groups of the rig; each is a process. */
const RECORDER = 'recorder'
const VIEWER = 'viewer'
const INPUT = 'signals'

/** The nodes of one trial, initialized. */
export interface TrialNodes {
  readonly devices: readonly Remote<SimulatedDevice>[]
  readonly monitors: readonly Remote<LatencyMonitor>[]
  /** Recorded files, one for each device. */
  readonly files: readonly string[]
}

/**
 * The processes that trials run in:
 *
 * ```
 *   device-1 ══► recorder   every device into a file of its own, complete
 *   device-2 ══► viewer     of every device the newest
 * ```
 * The devices may be on another machine. Processes stay for all trials, as their code is compiled then; nodes and files are
 * new for each.
 */
export class Rig implements AsyncDisposable {
  readonly manager: ManagerHandle
  readonly #plan: CertifyPlan
  readonly #groups: ReadonlyMap<string, Group>
  readonly #folder: string
  readonly #names: readonly string[]
  #trials = 0
  #clockOffset = 0

  private constructor(manager: ManagerHandle, plan: CertifyPlan, at: { groups: Map<string, Group>; folder: string }) {
    this.manager = manager
    this.#plan = plan
    this.#groups = at.groups
    this.#folder = at.folder
    this.#names = deviceNames(plan)
  }

  /** Starts the processes. @throws RunError when the host does not answer or a process does not start */
  static async start(plan: CertifyPlan, signal: AbortSignal | undefined): Promise<Rig> {
    const folder = await mkdtemp(join(plan.folder, '.nodeacq-certify-')).catch((cause: unknown) => {
      throw new RunError(`${plan.folder}: cannot make a folder there: ${(cause as Error).message}`, { cause })
    })
    const manager = await createManager({ mode: 'local' })
    try {
      if (plan.host !== undefined) await manager.addHost(plan.host, { name: plan.host })
      signal?.throwIfAborted()
      const host = plan.host === undefined ? {} : { host: plan.host }
      const groups = await Promise.all([
        ...deviceNames(plan).map(async (name) => [name, await manager.createNodeGroup({ name, ...host })] as const),
        ...[RECORDER, VIEWER].map(async (name) => [name, await manager.createNodeGroup({ name })] as const)
      ])
      signal?.throwIfAborted()
      return new Rig(manager, plan, { groups: new Map(groups), folder })
    } catch (cause) {
      await manager.close()
      await rm(folder, { recursive: true, force: true })
      if (signal?.aborted) throw new RunError('stopped before it began', { cause })
      throw new RunError((cause as Error).message, { cause })
    }
  }

  /** The way to the host with the devices; their clock is known from then on. */
  async measureNetwork(): Promise<NetworkReport> {
    const group = this.#group(this.#names[0]!)
    const device = (await group.createNode('SimulatedDevice', { name: 'clock' })) as unknown as Remote<SimulatedDevice>
    try {
      const report = await measureNetwork(async () => await device.clock(), { machine: MACHINE, now: monotonicNow })
      this.#clockOffset = report.clockOffsetMs
      return report
    } finally {
      await this.#remove(group, 'clock')
    }
  }

  /** Makes the nodes of a trial at `factor` times the wanted rate. */
  async build(factor: number): Promise<TrialNodes> {
    const { shape, chunkSize } = this.#plan
    const folder = join(this.#folder, `trial-${++this.#trials}`)
    const sampleRate = shape.sampleRate * factor
    const recorder = (await this.#create(RECORDER, 'RawRecorder', RECORDER)) as unknown as Remote<RawRecorder>
    await recorder.configure({ folder, certificate: false })
    const devices: Remote<SimulatedDevice>[] = []
    const monitors: Remote<LatencyMonitor>[] = []
    for (const name of this.#names) {
      const device = (await this.#create(name, 'SimulatedDevice', name)) as unknown as Remote<SimulatedDevice>
      await device.configure({ channelCount: shape.channels, sampleRate, dtype: shape.dtype, chunkSize })
      const output = (await device.stream('output', INPUT)) as Remote<OutputStream>
      await output.configure(this.#outputOptions(sampleRate))
      await device.initialize()
      const params = (await output.params) as WireParams
      await ((await recorder.stream('input', name)) as Remote<InputStream>).connect(params)
      const monitor = (await this.#create(
        VIEWER,
        'LatencyMonitor',
        `view-${name}`
      )) as unknown as Remote<LatencyMonitor>
      await monitor.configure({ clockOffset: this.#clockOffset })
      await ((await monitor.stream('input', INPUT)) as Remote<InputStream>).connect(params)
      await monitor.initialize()
      devices.push(device)
      monitors.push(monitor)
    }
    await recorder.initialize()
    return { devices, monitors, files: this.#names.map((name) => join(folder, `${name}.raw`)) }
  }

  /** Closes the nodes of the trial and removes its files. What a dead process leaves undone is left. */
  async clear(): Promise<void> {
    const names = [
      ...this.#names.map((name) => [name, name]),
      [RECORDER, RECORDER],
      ...this.#names.map((name) => [VIEWER, `view-${name}`])
    ] as const
    // Inputs before the outputs they are connected to would leave the devices waiting for them.
    for (const [group, name] of names) await this.#remove(this.#group(group!), name!).catch(() => undefined)
    await rm(join(this.#folder, `trial-${this.#trials}`), { recursive: true, force: true })
  }

  /** Whether an edge, by its `to`, is one into the recorder. */
  isRecorded(to: string): boolean {
    return to.startsWith(`${RECORDER}.`)
  }

  /** Whether every process lives. */
  async isWhole(): Promise<boolean> {
    const { groups } = await this.manager.status()
    // One that does not answer is busy, which is what trials are for.
    const alive = new Set(groups.filter(({ state }) => state !== 'dead' && state !== 'closed').map(({ name }) => name))
    return [...this.#groups.keys()].every((name) => alive.has(name))
  }

  /** Ends the processes at once. */
  async kill(): Promise<void> {
    const hosts = await this.manager.listHosts()
    await Promise.allSettled(
      hosts.flatMap((host) =>
        [...this.#groups.keys()].map(async (name) => await host.closeNodeGroup(name, { force: true }))
      )
    )
  }

  /** Ends the processes and removes every file. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.manager.close()
    await rm(this.#folder, { recursive: true, force: true })
  }

  #outputOptions(sampleRate: number): Record<string, unknown> {
    const { transferMode, shape, chunkSize } = this.#plan
    if (transferMode === 'plaindata') return { transferMode }
    const seconds = 5
    const most = Math.floor(RING_BYTES / (shape.channels * 8))
    return { transferMode, bufferSize: Math.max(8 * chunkSize, Math.min(Math.ceil(sampleRate * seconds), most)) }
  }

  async #create(group: string, type: string, name: string): Promise<Awaited<ReturnType<Group['createNode']>>> {
    return await this.#group(group).createNode(type, { name })
  }

  async #remove(group: Group, name: string): Promise<void> {
    const node = await group.getNode(name)
    if (await node.isRunning) await node.stop({ timeout: 1000 })
    await node.close()
    await group.removeNode(name)
  }

  #group(name: string): Group {
    return this.#groups.get(name)!
  }
}

/** Of a shared ring. */
const RING_BYTES = 256 * 1024 * 1024

function deviceNames({ devices }: CertifyPlan): string[] {
  return Array.from({ length: devices }, (_, k) => `device-${k + 1}`)
}

/** Bytes that the files of a trial hold. */
export async function recordedBytes(files: readonly string[]): Promise<number> {
  const sizes = await Promise.all(
    files.map((file) =>
      stat(file).then(
        ({ size }) => size,
        () => 0
      )
    )
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}
