import { setTimeout as sleep } from 'node:timers/promises'
import { parseDType } from '@nodeacq/ndarray'
import type { ManagerStatus } from '@nodeacq/core'
import type { CertificateTrial } from '@nodeacq/nodes'
import type { CertifyPlan } from './CertifyPlan.ts'
import { judgeTrial } from './judgeTrial.ts'
import { shapeRate } from './parseShape.ts'
import { recordedBytes, type Rig, type TrialNodes } from './Rig.ts'

export interface TrialOptions {
  /** Times the wanted rate. */
  readonly factor: number
  readonly seconds: number
  /** Ends the trial before its time; what was seen until then is reported. */
  readonly signal?: AbortSignal | undefined
}

/** ms between two looks. */
const INTERVAL = 200
/** s in which programs get up to speed; latencies and lags of that time do not count, losses do. */
const SETTLE = 1
/** s behind at which waiting longer tells nothing new. */
const HOPELESS = 3
const STOP_TIMEOUT = 3000

/** Runs the rig at one rate and says what came of it. */
export async function runTrial(rig: Rig, plan: CertifyPlan, options: TrialOptions): Promise<CertificateTrial> {
  try {
    return await new Trial(rig, plan, options).run()
  } finally {
    await rig.clear()
  }
}

/** s after which streams keep as much for consumers that are behind as they ever will. */
const RETENTION = 6
/** s that memory has to be watched to say something. */
const MEMORY_WATCH = 3

interface Usage {
  readonly cpuSeconds: number
  readonly at: number
  readonly host: string
  readonly memory: { readonly at: number; readonly bytes: number }[]
  cpu: number
}

class Trial {
  readonly #rig: Rig
  readonly #plan: CertifyPlan
  readonly #options: TrialOptions
  readonly #failures = new Set<string>()
  readonly #backlog: number[] = []
  readonly #usage = new Map<string, Usage>()
  #status: ManagerStatus | undefined
  #start = 0

  constructor(rig: Rig, plan: CertifyPlan, options: TrialOptions) {
    this.#rig = rig
    this.#plan = plan
    this.#options = options
  }

  async run(): Promise<CertificateTrial> {
    try {
      return await this.#run(await this.#rig.build(this.#options.factor))
    } catch (error) {
      // A process that died says more than the call that it cut off.
      await this.#look().catch(() => undefined)
      const [failure] = this.#failures
      throw failure === undefined ? error : new Error(failure, { cause: error })
    }
  }

  async #run(nodes: TrialNodes): Promise<CertificateTrial> {
    const { manager } = this.#rig
    const { seconds } = this.#options
    await manager.startAll()
    this.#start = performance.now()
    const settle = Math.min(SETTLE, seconds / 4)
    await this.#watchUntil(settle)
    await Promise.all([...nodes.devices.map((device) => device.resetPace()), ...nodes.monitors.map((m) => m.reset())])
    this.#backlog.length = 0
    this.#usage.clear()
    await this.#watchUntil(seconds)
    const ran = this.#elapsed
    // As they were at work: stopping is no part of it.
    const [paces, reports] = await Promise.all([
      Promise.all(nodes.devices.map(async (device) => await device.pace())),
      Promise.all(nodes.monitors.map(async (monitor) => await monitor.report()))
    ]).catch((): [[], []] => [[], []])
    await manager.stopAll({ timeout: STOP_TIMEOUT }).catch((error: unknown) => {
      const errors = error instanceof AggregateError ? (error.errors as Error[]) : [error as Error]
      for (const { message } of errors) this.#failures.add(message)
    })
    await this.#look()
    return await this.#report({ ran, nodes, paces, reports })
  }

  get #elapsed(): number {
    return (performance.now() - this.#start) / 1000
  }

  async #watchUntil(seconds: number): Promise<void> {
    const { signal } = this.#options
    for (;;) {
      const left = seconds - this.#elapsed
      if (left <= 0 || signal?.aborted || this.#isHopeless) return
      await sleep(Math.min(INTERVAL, left * 1000), undefined, { signal }).catch(() => undefined)
      await this.#look()
    }
  }

  get #isHopeless(): boolean {
    const isLossy = this.#recordedEdges.some(({ lostSamples }) => lostSamples > 0)
    return isLossy || this.#failures.size > 0 || (this.#backlog.at(-1) ?? 0) > HOPELESS
  }

  get #recordedEdges(): ManagerStatus['edges'] {
    return this.#status?.edges.filter(({ to }) => this.#rig.isRecorded(to)) ?? []
  }

  async #look(): Promise<void> {
    const status = (this.#status = await this.#rig.manager.status())
    for (const { name, state, exit } of status.groups) {
      if (state === 'dead') this.#failures.add(`process '${name}' died (${exit?.signal ?? `code ${exit?.code}`})`)
    }
    for (const { name, error } of status.nodes) {
      if (error !== null) this.#failures.add(`node '${name}' failed: ${error.message}`)
    }
    this.#measureBacklog(status)
    this.#measureUse(status)
  }

  #measureBacklog({ nodes }: ManagerStatus): void {
    const rate = this.#plan.shape.sampleRate * this.#options.factor
    const sent = new Map(nodes.flatMap(({ name, outputs }) => outputs.map(({ index }) => [name, index] as const)))
    const behind = nodes
      .filter(({ name }) => this.#rig.isRecorded(`${name}.`))
      .flatMap(({ inputs }) => inputs.map(({ name, next }) => (sent.get(name) ?? 0) - (next ?? 0)))
    if (behind.length > 0) this.#backlog.push(Math.max(0, ...behind) / rate)
  }

  #measureUse({ groups }: ManagerStatus): void {
    const at = performance.now()
    for (const { name, host, cpuSeconds, memory, state } of groups) {
      if (host === 'script' || state !== 'running') continue
      const use = this.#usage.get(name)
      if (use === undefined) this.#usage.set(name, { cpuSeconds, at, host, memory: [{ at, bytes: memory }], cpu: 0 })
      else {
        use.memory.push({ at, bytes: memory })
        use.cpu = ((cpuSeconds - use.cpuSeconds) * 1000) / (at - use.at)
      }
    }
  }

  async #report(seen: {
    ran: number
    nodes: TrialNodes
    paces: readonly Awaited<ReturnType<TrialNodes['devices'][number]['pace']>>[]
    reports: readonly Awaited<ReturnType<TrialNodes['monitors'][number]['report']>>[]
  }): Promise<CertificateTrial> {
    const { shape, devices, maxLatency } = this.#plan
    const { factor } = this.#options
    const recorded = await recordedBytes(seen.nodes.files)
    const latencies = seen.reports.flatMap(({ latencyMs, chunks }) =>
      latencyMs === null ? [] : [{ ...latencyMs, chunks }]
    )
    const worst = latencies.toSorted((a, b) => b.p99 - a.p99)[0] ?? null
    const drifts = seen.reports.flatMap(({ clock }) => clock ?? [])
    const errors = seen.reports.flatMap(({ clockErrorMs }) => clockErrorMs ?? [])
    const pace = {
      lag: Math.max(0, ...seen.paces.map(({ lag }) => lag)),
      maxLag: Math.max(0, ...seen.paces.map(({ maxLag }) => maxLag))
    }
    const sampleBytes = shape.channels * parseDType(shape.dtype).itemSize
    const problems = judgeTrial(
      {
        seconds: seen.ran,
        failures: [...this.#failures],
        edges: this.#recordedEdges,
        sentSamples: this.#sentSamples,
        recordedSamples: recorded / sampleBytes,
        backlog: this.#backlog,
        pace,
        latencyP99: worst?.p99 ?? null
      },
      { maxLatency }
    )
    return {
      factor,
      bytesPerSecond: shapeRate(shape, devices) * factor,
      seconds: seen.ran,
      attempts: 1,
      safe: problems.length === 0,
      problems,
      edges: this.#edges(),
      latencyMs: worst,
      backlogSeconds: Math.max(0, ...this.#backlog),
      paceLagSeconds: Math.max(pace.lag, pace.maxLag),
      clock: drifts.toSorted((a, b) => Math.abs(b.driftPpm) - Math.abs(a.driftPpm))[0] ?? null,
      clockErrorMs: errors.toSorted((a, b) => b.p99 - a.p99)[0] ?? null,
      processes: this.#processes(),
      recordedBytes: recorded
    }
  }

  /** Those that must be complete first. */
  #edges(): CertificateTrial['edges'] {
    const edges = this.#status?.edges ?? []
    const recorded = this.#recordedEdges
    return [...recorded, ...edges.filter((edge) => !recorded.includes(edge))].map(
      ({ from, to, delivery, samples, lostSamples, skippedSamples, latencyMs }) => {
        return { from, to, delivery, samples, lostSamples, skippedSamples, latencyMs }
      }
    )
  }

  #processes(): CertificateTrial['processes'] {
    const filled = this.#start + RETENTION * 1000
    const names = [...this.#usage.keys()].toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    return names.map((name) => {
      const { host, cpu, memory } = this.#usage.get(name)!
      const last = memory.at(-1)!
      const first = memory.find(({ at }) => at >= filled)
      const isLong = first !== undefined && last.at - first.at >= MEMORY_WATCH * 1000
      return { name, host, cpu, memoryBytes: last.bytes, memoryGrowthBytes: isLong ? last.bytes - first.bytes : null }
    })
  }

  get #sentSamples(): number {
    const outputs = this.#status?.nodes.flatMap((node) => node.outputs) ?? []
    return outputs.reduce((sum, { samples }) => sum + samples, 0)
  }
}
