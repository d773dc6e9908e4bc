import { arch, availableParallelism, cpus, hostname, platform, release, totalmem } from 'node:os'
import type { Certificate, CertificateTrial } from '@nodeacq/nodes'
import { RunError } from '../errors.ts'
import { version } from '../version.ts'
import type { CertifyPlan } from './CertifyPlan.ts'
import { freeBytes, measureDisk } from './measureDisk.ts'
import { shapeRate } from './parseShape.ts'
import { Rig } from './Rig.ts'
import { runTrial } from './runTrial.ts'
import { searchLength, searchRate } from './searchRate.ts'
import { speedProblem, verdictOf, type Findings } from './verdict.ts'

/** What happens now. */
export interface CertifyStep {
  readonly text: string
  /** s that it takes, and that everything may still take from its beginning. */
  readonly seconds: number
  readonly secondsLeft: number
}

export interface CertifyOptions {
  /** Ends it in order; what is known until then is reported. */
  readonly signal?: AbortSignal | undefined
  /** Ends its processes at once. */
  readonly kill?: AbortSignal | undefined
  readonly onStep?: (step: CertifyStep) => void
  readonly onDisk?: (disk: NonNullable<Certificate['disk']>) => void
  readonly onNetwork?: (network: NonNullable<Certificate['network']>) => void
  readonly onTrial?: (trial: CertificateTrial) => void
}

/** s at the wanted rate before anything counts, so that programs are compiled and files were written. */
const WARM_UP = 1
/** s that building and clearing a trial takes, about. */
const OVERHEAD = 1
const MAX_DISK_SECONDS = 10
/** Problems that one hitch of the machine can make. */
const HITCHES: ReadonlySet<string> = new Set(['late', 'behind', 'pace'])
/** Free space that a trial needs, of what it records. */
const SPARE = 1.3

/**
 * Measures a machine with simulated devices: the disk alone, the network to the host, the wanted rate, then higher rates
 * (or lower ones, when the wanted fails) up to the greatest that is safe.
 * @throws RunError when it cannot begin
 */
export async function certify(plan: CertifyPlan, options: CertifyOptions = {}): Promise<Certificate> {
  await using rig = await Rig.start(plan, options.signal)
  const onKill = () => void rig.kill()
  options.kill?.addEventListener('abort', onKill)
  try {
    return await new Certification(rig, plan, options).run()
  } finally {
    options.kill?.removeEventListener('abort', onKill)
  }
}

class Certification {
  readonly #rig: Rig
  readonly #plan: CertifyPlan
  readonly #options: CertifyOptions
  readonly #bytesPerSecond: number
  readonly #trials: CertificateTrial[] = []
  #disk: Certificate['disk'] = null
  #network: Certificate['network'] = null
  #isWhole = false
  #secondsLeft: number

  constructor(rig: Rig, plan: CertifyPlan, options: CertifyOptions) {
    this.#rig = rig
    this.#plan = plan
    this.#options = options
    this.#bytesPerSecond = shapeRate(plan.shape, plan.devices)
    const search = plan.limit > 1 ? searchLength(plan) * (this.#searchSeconds + OVERHEAD) : 0
    this.#secondsLeft = this.#diskSeconds + WARM_UP + OVERHEAD + plan.seconds + OVERHEAD + search
  }

  get #diskSeconds(): number {
    return Math.min(this.#plan.seconds / 2, MAX_DISK_SECONDS)
  }

  /** s of each trial of the search. */
  get #searchSeconds(): number {
    return Math.max(1, this.#plan.seconds / 3)
  }

  async run(): Promise<Certificate> {
    try {
      await this.#measureDisk()
      await this.#measureNetwork()
      await this.#measureRates()
      this.#isWhole = await this.#rig.isWhole()
    } catch (error) {
      // Ctrl-C reaches the processes of the rig too, and then anything may fail; what is known stays known.
      if (!this.#options.signal?.aborted) throw error
    }
    const findings = this.#findings()
    return { ...findings, verdict: verdictOf(findings) }
  }

  async #measureDisk(): Promise<void> {
    const { folder } = this.#plan
    const { signal } = this.#options
    this.#step('disk alone', this.#diskSeconds)
    const speed = await measureDisk(folder, { seconds: this.#diskSeconds, ...(signal && { signal }) }).catch(
      (cause: unknown) => {
        throw new RunError(`${folder}: the disk cannot be measured: ${(cause as Error).message}`, { cause })
      }
    )
    signal?.throwIfAborted()
    this.#disk = { ...speed, hours: speed.freeBytes / this.#bytesPerSecond / 3600 }
    this.#options.onDisk?.(this.#disk)
  }

  async #measureNetwork(): Promise<void> {
    if (this.#plan.host === undefined) return
    this.#step(`network to ${this.#plan.host}`, 0)
    this.#network = await this.#rig.measureNetwork()
    this.#options.onNetwork?.(this.#network)
  }

  async #measureRates(): Promise<void> {
    const { seconds, limit } = this.#plan
    this.#step('warm-up', WARM_UP + OVERHEAD)
    if (await this.#hasRoom(1, WARM_UP)) await this.#run(1, WARM_UP)
    const wanted = await this.#try(1, seconds)
    if (limit <= 1) return
    const holds = async (factor: number) => {
      // After a death no trial tells anything about a rate.
      const isWhole = await this.#rig.isWhole()
      return isWhole && (await this.#try(factor, this.#searchSeconds)).safe
    }
    if (await this.#rig.isWhole()) await searchRate(holds, { wantedIsSafe: wanted.safe, limit })
  }

  /** A trial, if the disk has room for it; what the disk alone cannot do is not tried above the wanted rate. */
  async #try(factor: number, seconds: number): Promise<CertificateTrial> {
    const { signal, onTrial } = this.#options
    this.#step(factor === 1 ? 'wanted rate' : 'largest safe rate', seconds + OVERHEAD)
    const tooSlow = speedProblem(this.#disk, this.#bytesPerSecond * factor)
    const hasRoom = await this.#hasRoom(factor, seconds)
    const isRun = hasRoom && (tooSlow === undefined || factor === 1)
    const trial = isRun ? await this.#runTwice(factor, seconds) : this.#notRun(factor)
    const problems = [
      ...(tooSlow === undefined ? [] : [tooSlow]),
      ...(hasRoom
        ? []
        : [{ kind: 'room', text: `the disk has no room for a trial of ${seconds.toFixed(0)} s` } as const]),
      ...trial.problems
    ]
    const judged = { ...trial, problems, safe: problems.length === 0 }
    // A trial that was cut short speaks for the wanted rate, as far as it went, but not for the search.
    if (!signal?.aborted || (factor === 1 && trial.seconds >= 1)) {
      this.#trials.push(judged)
      onTrial?.(judged)
    }
    signal?.throwIfAborted()
    return judged
  }

  /** A machine has hitches that say nothing about the rate: what was only late has a second chance. */
  async #runTwice(factor: number, seconds: number): Promise<CertificateTrial> {
    const trial = await this.#run(factor, seconds)
    const isHitch = trial.problems.length > 0 && trial.problems.every(({ kind }) => HITCHES.has(kind))
    const isWhole = trial.seconds >= seconds * 0.95
    if (!isHitch || !isWhole || this.#options.signal?.aborted) return trial
    this.#secondsLeft += seconds + OVERHEAD
    this.#step('once more, as it was only late', seconds + OVERHEAD)
    const second = await this.#run(factor, seconds)
    return this.#options.signal?.aborted ? trial : { ...second, attempts: 2 }
  }

  /** @throws when it was stopped */
  async #run(factor: number, seconds: number): Promise<CertificateTrial> {
    const { signal } = this.#options
    signal?.throwIfAborted()
    try {
      const trial = await runTrial(this.#rig, this.#plan, { factor, seconds, signal })
      this.#options.kill?.throwIfAborted()
      return trial
    } catch (error) {
      signal?.throwIfAborted()
      // A ring that does not fit into memory, a host that is gone: a reason like any other.
      return { ...this.#notRun(factor), problems: [{ kind: 'failed', text: (error as Error).message }] }
    }
  }

  #notRun(factor: number): CertificateTrial {
    return {
      factor,
      bytesPerSecond: this.#bytesPerSecond * factor,
      seconds: 0,
      attempts: 0,
      safe: false,
      problems: [],
      edges: [],
      latencyMs: null,
      backlogSeconds: 0,
      paceLagSeconds: 0,
      clock: null,
      clockErrorMs: null,
      processes: [],
      recordedBytes: 0
    }
  }

  async #hasRoom(factor: number, seconds: number): Promise<boolean> {
    return (await freeBytes(this.#plan.folder)) > this.#bytesPerSecond * factor * seconds * SPARE
  }

  #step(text: string, seconds: number): void {
    this.#options.onStep?.({ text, seconds, secondsLeft: Math.max(seconds, this.#secondsLeft) })
    this.#secondsLeft -= seconds
  }

  #findings(): Findings {
    const { shape, devices, chunkSize, seconds, hours, folder, host, transferMode, maxLatency, margin, limit } =
      this.#plan
    const safe = this.#trials.filter((trial) => trial.safe).toSorted((a, b) => b.factor - a.factor)[0]
    return {
      format: 'nodeacq-certificate',
      version: 1,
      date: new Date().toISOString(),
      nodeacq: version(),
      node: process.version,
      complete: this.#isWhole,
      machine: machineFacts(),
      wanted: { ...shape, devices, chunkSize, bytesPerSecond: this.#bytesPerSecond, hours },
      conditions: { seconds, transferMode, folder, host: host ?? null, maxLatencyMs: maxLatency, margin, limit },
      disk: this.#disk,
      network: this.#network,
      trials: this.#trials,
      largestSafe:
        safe === undefined
          ? null
          : { factor: safe.factor, bytesPerSecond: safe.bytesPerSecond, isLimit: safe.factor >= limit }
    }
  }
}

function machineFacts(): Certificate['machine'] {
  return {
    hostname: hostname(),
    platform: platform(),
    release: release(),
    arch: arch(),
    cpu: cpus()[0]?.model.trim() ?? '',
    cores: availableParallelism(),
    memoryBytes: totalmem()
  }
}
