import { mkdir, rmdir } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import {
  createManager,
  type ManagerEvent,
  type ManagerHandle,
  type ManagerStatus,
  type MetricsOptions,
  type RecordStatus
} from '@nodeacq/core'
import type { WireParams } from '@nodeacq/stream'
import { RunError } from '../errors.ts'
import type { Graph } from '../graph/Graph.ts'
import { buildGraph } from './buildGraph.ts'
import { formatClock, formatCount } from '../screen/format.ts'
import { unmetContract } from './preflight.ts'
import { describeRoom, diskRoom, unmetRequirements } from './requirements.ts'
import type { RunSummary } from './RunSummary.ts'
import { serveManager, type ListenOptions, type ServedManager } from './serveManager.ts'
import { StreamRates } from './StreamRates.ts'
import { Tracker } from './Tracker.ts'
import { addViews, viewsOf, type OpenView } from './views.ts'

export interface RunOptions {
  /** s; default: until every node has ended or `signal` fires. */
  readonly duration?: number | undefined
  /** Stops the run in order; every sample that was made is kept. */
  readonly signal?: AbortSignal | undefined
  /** Ends the processes of the run at once. What was not on disk yet is lost. */
  readonly kill?: AbortSignal | undefined
  /** Serves the metrics of the run for Prometheus; a message tells where. */
  readonly metrics?: MetricsOptions | undefined
  /** Called four times a second, and once more after the stop. */
  readonly onStatus?: ((status: RunStatus) => void) | undefined
  /** Called with everything that somebody at the screen should know. */
  readonly onMessage?: ((message: RunMessage) => void) | undefined
  /** Why the run shall start although its `require` section is not met; the reason is kept in the recording. */
  readonly override?: string | undefined
  /** Where the manager of the run listens; false: nowhere. */
  readonly listen?: ListenOptions | false | undefined
  /** Shows every signal of every device in the browser, beside the viewers that are in the graph. */
  readonly view?: boolean | undefined
  /** Told once, when everything runs. */
  readonly onStart?: ((run: StartedRun) => void) | undefined
}

/** A run that has just started. */
export interface StartedRun {
  /** Files and folders that are recorded into. */
  readonly recordings: readonly string[]
  /** s at most that a power cut may cost, of those that promise it, by file. */
  readonly powerCuts: ReadonlyMap<string, number>
  /** Recorders that wait to be told. */
  readonly waiting: readonly string[]
  /** Where the manager of the run is reached; undefined when it is not. */
  readonly manager: string | undefined
  /** Params of the streams that something is connected to or that are required, by `node.output`. */
  readonly streams: ReadonlyMap<string, WireParams>
  /** What can be looked at in a browser. */
  readonly views: readonly OpenView[]
}

export interface RunStatus {
  /** s since the start. */
  readonly elapsed: number
  readonly nodes: ReturnType<Tracker['nodes']>
}

export interface RunMessage {
  readonly level: 'info' | 'warning' | 'error'
  readonly text: string
}

const ENDED_AT_ONCE = 'ended at once: what was not on disk yet is lost'
/** ms between two looks at the graph. */
const INTERVAL = 250

/**
 * Runs a graph from start to end: builds it, checks its `require` section, starts it, waits until every node has ended,
 * the duration is over or `signal` fires, and stops it in order. A node that fails or a process that dies is told at
 * once; the rest goes on, unless a required stream has become impossible or nothing is left that makes data.
 * @throws {RunError} when it cannot be built or started.
 */
export async function runGraph(graph: Graph, options: RunOptions = {}): Promise<RunSummary> {
  // What the file names may be loaded, wherever it lies; beside it and below the working directory is as usual.
  const named = graph.modules.map(({ absolutePath }) => dirname(absolutePath))
  const importRoots = [...new Set([dirname(resolve(graph.file)), process.cwd(), ...named])]
  const made = graph.out === undefined ? undefined : await mkdir(graph.out, { recursive: true })
  let contract: () => Promise<string[]> = () => Promise.resolve([])
  const manager = await createManager({ mode: 'local', importRoots, recordContract: () => contract() })
  const unlisten = options.kill && onAbort(options.kill, () => void killGroups(manager, graph))
  const run = new Run(manager, graph, options)
  contract = () => run.unmetContract()
  try {
    return await run.toEnd()
  } catch (error) {
    // A run that never was leaves no empty folder; one with something in it stays.
    if (made !== undefined && !run.isStarted) await rmdir(graph.out!).catch(() => undefined)
    // A Ctrl-C reaches processes that are just starting too, so building fails in any way then.
    if (options.signal?.aborted && !run.isStarted) throw new RunError('stopped before it ran', { cause: error })
    throw error
  } finally {
    run.end()
    unlisten?.()
    await run.served?.close()
    await manager.close()
  }
}

/** One run of one graph. */
class Run {
  readonly #manager: ManagerHandle
  readonly #graph: Graph
  readonly #options: RunOptions
  readonly #tracker: Tracker
  readonly #rates = new StreamRates()
  served: ServedManager | undefined
  #streams: ReadonlyMap<string, Record<string, unknown>> = new Map()
  /** Requirements that were overridden. */
  #unmet: readonly string[] = []
  /** What everybody knows is recorded into. */
  #told = new Set<string>()
  #startedAt = 0
  /** Wakes the loop before its time: something happened. */
  #wake: () => void = () => undefined
  #isOver = false
  #isStopping = false

  constructor(manager: ManagerHandle, graph: Graph, options: RunOptions) {
    this.#manager = manager
    this.#graph = graph
    this.#options = options
    this.#tracker = new Tracker(graph)
  }

  async toEnd(): Promise<RunSummary> {
    const { signal, onStart, metrics, listen = {} } = this.#options
    if (metrics) this.#say('info', `metrics at ${await this.#manager.serveMetrics(metrics)}`)
    const { streams, nodes } = await buildGraph(this.#manager, this.#graph, { signal })
    this.#streams = streams
    const status = await this.#manager.status()
    await this.#checkRequirements(status, streams)
    const views = await this.#openViews(nodes, status)
    if (listen !== false) this.served = await serveManager(this.#manager, this.#graph, listen)
    // Before the first news of them comes.
    this.#told = new Set(status.nodes.flatMap(({ recording, recordings }) => [...recordings, recording?.file ?? '']))
    this.#told.delete('')
    signal?.throwIfAborted()
    const watching = this.#watchEvents().catch((error: unknown) => this.#say('error', `watching: ${String(error)}`))
    this.#startedAt = performance.now()
    try {
      await this.#manager.startAll()
    } catch (error) {
      throw new RunError(`${this.#graph.file}: the graph does not start: ${(error as Error).message}`, { cause: error })
    }
    const waiting = status.nodes.filter(({ recording }) => recording?.state === 'idle').map(({ name }) => name)
    await this.#noteOverride()
    const powerCuts = new Map(status.nodes.flatMap(({ recording }) => promiseOf(recording)))
    onStart?.({ recordings: [...this.#told], powerCuts, waiting, manager: this.served?.address, streams, views })
    await this.#untilEnd()
    const elapsed = this.#elapsed
    await this.#stop()
    await this.#look()
    this.end()
    const summary = this.#tracker.summary(Math.round(elapsed * 1000) / 1000)
    await this.#manager.close()
    await watching
    return summary
  }

  async #openViews(nodes: ReadonlyMap<string, unknown>, status: ManagerStatus): Promise<OpenView[]> {
    const own = await viewsOf(this.#graph, nodes)
    if (this.#options.view !== true) return own
    return [...own, ...(await addViews(this.#manager, status, (text) => this.#say('warning', text)))]
  }

  /** Nothing is told any more, and the watch over events ends with the manager. */
  end(): void {
    this.#isOver = true
  }

  get isStarted(): boolean {
    return this.#startedAt > 0
  }

  /** What stands in the way of a recording now. */
  async unmetContract(): Promise<string[]> {
    const status = await this.#manager.status()
    this.#rates.add(status, performance.now())
    const streams = this.#streams
    const room = await diskRoom(this.#graph, { status, streams })
    return unmetContract(this.#graph, { status, streams, room, rates: this.#rates })
  }

  get #elapsed(): number {
    return (performance.now() - this.#startedAt) / 1000
  }

  async #checkRequirements(
    status: ManagerStatus,
    streams: ReadonlyMap<string, Record<string, unknown>>
  ): Promise<void> {
    const room = await diskRoom(this.#graph, { status, streams })
    const { duration = 0, override } = this.#options
    // Where every recorder waits to be told, the disk is looked at then.
    const isRecorded = status.nodes.some(
      ({ recording, recordings }) =>
        recording?.state === 'prepared' || (recordings.length > 0 && recording === undefined)
    )
    const problems = await unmetRequirements(this.#graph, { streams, room: isRecorded ? room : [] })
    if (problems.length > 0 && override === undefined) throw new RunError(problems.join('\n'))
    this.#unmet = problems
    for (const disk of room) {
      if (disk.minutes * 60 < duration) this.#say('warning', `${describeRoom(disk)}; the run is to last ${duration} s`)
    }
  }

  /** A recording that began although it should not says so. */
  async #noteOverride(): Promise<void> {
    if (this.#unmet.length === 0) return
    for (const problem of this.#unmet) this.#say('warning', `overridden: ${problem}`)
    const text = `started although the contract was not met: ${this.#options.override}\n${this.#unmet.join('\n')}`
    const status = await this.#manager.recordStatus()
    if (status.some(({ state }) => state === 'recording')) await this.#manager.annotate(text)
  }

  async #untilEnd(): Promise<void> {
    const { duration = Infinity, signal } = this.#options
    const release = signal && onAbort(signal, () => this.#wake())
    try {
      for (;;) {
        await this.#look()
        if (this.#tracker.isOver) {
          // A run that is over by itself needs no word; one that a death has cut short does.
          if (this.#tracker.isBroken && !signal?.aborted)
            this.#say('error', 'the run ends: nothing is left that makes data')
          return
        }
        const impossible = this.#tracker.impossibleStream
        if (impossible !== undefined)
          return this.#say('error', `the run ends: the required stream ${impossible} is gone`)
        if (signal?.aborted) return this.#say('info', 'stopping; once more to end at once')
        const left = duration - this.#elapsed
        if (left <= 0) return
        await this.#sleep(Math.min(INTERVAL, left * 1000))
      }
    } finally {
      release?.()
    }
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((done) => {
      const timer = setTimeout(done, ms)
      this.#wake = () => {
        clearTimeout(timer)
        done()
      }
    })
  }

  async #look(): Promise<void> {
    const status = await this.#manager.status()
    this.#tracker.add(status, performance.now())
    this.#rates.add(status, performance.now())
    this.#options.onStatus?.({ elapsed: this.#elapsed, nodes: this.#tracker.nodes() })
  }

  async #stop(): Promise<void> {
    this.#isStopping = true
    const problems = await this.#manager.stopAll().then(
      () => [],
      (error: unknown) => (error instanceof AggregateError ? (error.errors as Error[]) : [error as Error])
    )
    if (this.#options.kill?.aborted) return this.#say('warning', ENDED_AT_ONCE)
    for (const { message } of problems) this.#say('error', `stopping: ${message}`)
  }

  /** Tells failures and deaths the moment they are known, with how long ago they happened. */
  async #watchEvents(): Promise<void> {
    for (let since = 0; !this.#isOver;) {
      const { next, events } = await this.#manager.events(since, { timeout: 10_000 })
      since = next
      for (const event of events) this.#tell(event)
    }
  }

  #tell(event: ManagerEvent & { readonly at: number }): void {
    const { kind, node, group, message, exit } = event
    if (kind === 'nodeState' || kind === 'paramsChanged' || this.#isOver) return
    if (event.recording !== undefined) return this.#tellRecording(node ?? '', event.recording)
    // Whoever has ended everything knows that it is gone.
    if (this.#options.kill?.aborted) return this.#tracker.addDeath(group ?? '', ENDED_AT_ONCE)
    const ago = `${Math.max(0, Date.now() - (exit?.atMs ?? event.at))} ms ago`
    if (kind === 'groupDied' || kind === 'groupClosed') {
      this.#tracker.addDeath(group ?? '', message)
      const nodes = this.#graph.nodes.filter((plan) => plan.group === group).map(({ name }) => name)
      const whose = nodes.length > 0 ? ` (with ${nodes.join(', ')})` : ''
      this.#say('error', `${firstLine(message)}${whose}, ${ago}; the others go on`)
    } else if (kind === 'edgeStalled') {
      this.#tracker.addStall(event.to ?? '')
      this.#say('warning', message)
    } else if (kind === 'edgeRecovered') this.#say('info', message)
    else if (kind === 'nodeFailed') this.#say('error', `node '${node}' failed ${ago}: ${message}`)
    else this.#say('error', `${message}, ${ago}`)
    this.#wake()
  }

  /** The ends of recordings that others than the run itself have ended, and the beginnings of those they began. */
  #tellRecording(node: string, { state, file, seconds, lostSamples, error }: RecordStatus): void {
    if (state === 'failed') return this.#say('error', `${node}: ${error ?? 'the recording failed'}`)
    if (this.#isStopping || file === null) return
    if (state === 'recording' && !this.#told.has(file)) this.#say('info', `${node}: recording to ${file}`)
    if (state === 'recording') this.#told.add(file)
    if (state !== 'closed' && state !== 'verified') return
    const loss = lostSamples === 0 ? 'nothing lost' : `${formatCount(lostSamples)} samples lost`
    this.#say(lostSamples === 0 ? 'info' : 'warning', `${node}: ${file} is ${state}, ${formatClock(seconds)}, ${loss}`)
  }

  #say(level: RunMessage['level'], text: string): void {
    this.#options.onMessage?.({ level, text })
  }
}

function promiseOf(recording: RecordStatus | undefined): [string, number][] {
  if (recording?.file == null || recording.powerCut === undefined) return []
  return [[recording.file, recording.powerCut]]
}

/** Kills the processes of the run, and of nothing else that a host may serve. */
async function killGroups(manager: ManagerHandle, graph: Graph): Promise<void> {
  const hosts = await manager.listHosts()
  const kills = hosts.flatMap((host) =>
    graph.groups.map(async ({ name }) => await host.closeNodeGroup(name, { force: true }))
  )
  await Promise.allSettled(kills)
}

function onAbort(signal: AbortSignal, listener: () => void): () => void {
  if (signal.aborted) listener()
  signal.addEventListener('abort', listener)
  return () => signal.removeEventListener('abort', listener)
}

const firstLine = (text: string) => text.split('\n')[0]!
