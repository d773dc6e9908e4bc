import { EventEmitter } from 'node:events'
import { getLogger, type Logger } from '@nodeacq/rpc'
import { InputStream, OutputStream, type InputSpec, type OutputOptions, nearestNames } from '@nodeacq/stream'
import { z } from 'zod'
import { announceGaps } from './announceGaps.ts'
import { ConfigError, NodeError, NotFoundError } from './errors.ts'
import { LiveParams } from './LiveParams.ts'
import type { NodeClass, NodeInputSpec, NodeOptions } from './NodeClass.ts'
import type { NodeEvents } from './NodeEvents.ts'
import { NodeRun } from './NodeRun.ts'
import { inheritFlow, withInterface } from './outputDefaults.ts'
import type { RecordControl } from './recording/RecordControl.ts'
import { requireLegal, type NodeState } from './nodeState.ts'
import { parseOptions, type ObjectSchema } from './schema.ts'
import { failureOf, type NodeStatus } from './status.ts'

const NO_OPTIONS = z.object({})

/** How long `stop` waits for a node to work off what has reached it, ms. */
export const STOP_TIMEOUT = 10_000

/**
 * One element of a graph: a device, a filter, a recorder, a viewer.
 *
 * ```
 *   inputs ═► _run(signal) ═► outputs
 * ```
 *
 * The order of a node's life is pyacq's: create, `configure`, connect inputs and configure outputs (either first),
 * `initialize`, then `start` and `stop` any number of times, `close`. A subclass gives the schemas and the stream specs
 * as static fields and overrides the hooks that begin with an underscore; see the guide "first node".
 */
export abstract class Node<
  Config extends object = Record<string, unknown>,
  Params extends object = Record<string, unknown>
> implements AsyncDisposable {
  /** Options of `configure`; validates, documents, completes graph files and maps pyacq's names. */
  static readonly configSchema: ObjectSchema = NO_OPTIONS
  /** What may change while the node runs. */
  static readonly paramsSchema: ObjectSchema = NO_OPTIONS
  static readonly inputSpecs: Readonly<Record<string, NodeInputSpec>> = {}
  static readonly outputSpecs: Readonly<Record<string, OutputOptions>> = {}
  /** One sentence for lists. */
  static readonly description: string = ''
  /** Its inputs, or outputs, are named by whoever configures it. */
  static readonly takesAnyInput: boolean = false
  static readonly makesAnyOutput: boolean = false

  readonly name: string
  readonly inputs: Record<string, InputStream> = {}
  readonly outputs: Record<string, OutputStream> = {}
  protected readonly log: Logger
  readonly #events = new EventEmitter<NodeEvents>()
  readonly #params: LiveParams
  #state: NodeState = 'created'
  #error: NodeError | Error | undefined
  #config: Config | undefined
  #run: NodeRun | undefined
  #hasEndedByItself = false

  constructor({ name }: NodeOptions = {}) {
    this.name = name ?? ''
    this.log = getLogger(`nodeacq.${this.type}${this.name ? `.${this.name}` : ''}`)
    const own = this.#class
    for (const [stream, spec] of Object.entries(own.inputSpecs)) this.addInput(stream, spec)
    for (const [stream, spec] of Object.entries(own.outputSpecs)) this.addOutput(stream, spec)
    this.#params = new LiveParams(own.paramsSchema, `parameters of ${this._subject}`, {
      check: (values) => this._checkParams(values as Params),
      changed: (change) => {
        this._paramsChanged(change.new as Params, change.old as Params)
        this.#events.emit('paramsChanged', change)
      }
    })
  }

  /** Travels by proxy. */
  get '~proxied'(): true {
    return true
  }

  /** The name the class is registered under. */
  get type(): string {
    return this.#class.typeName ?? this.#class.name
  }

  get state(): NodeState {
    return this.#state
  }

  /** What made the node fail; undefined unless the state is `failed`. */
  get error(): Error | undefined {
    return this.#error
  }

  get isConfigured(): boolean {
    return this.#state === 'configured' || this.isInitialized
  }

  get isInitialized(): boolean {
    return this.#state === 'initialized' || this.isRunning
  }

  get isRunning(): boolean {
    return this.#state === 'running'
  }

  get isFailed(): boolean {
    return this.#state === 'failed'
  }

  get isClosed(): boolean {
    return this.#state === 'closed'
  }

  /** pyacq's spelling of `isConfigured`, for peers; the three below likewise. */
  configured(): boolean {
    return this.isConfigured
  }

  initialized(): boolean {
    return this.isInitialized
  }

  running(): boolean {
    return this.isRunning
  }

  closed(): boolean {
    return this.isClosed
  }

  /** The only input. @throws {NotFoundError} when the node has none or several. */
  get input(): InputStream {
    return this.#only(this.inputs, 'input')
  }

  /** The only output. @throws {NotFoundError} when the node has none or several. */
  get output(): OutputStream {
    return this.#only(this.outputs, 'output')
  }

  /** Live parameters as they are now; change them with `setParams`. */
  get params(): Readonly<Params> {
    return this.#params.values as Params
  }

  /**
   * Takes the options of the node's schema. May be repeated in every state but running and closed.
   * @throws {ConfigError} with all mistakes. @throws {NodeStateError}
   */
  async configure(options: Partial<Config> | Record<string, unknown> = {}): Promise<void> {
    requireLegal(this.name || this.type, this.#state, 'configure')
    const config = parseOptions<Config>(this.#class.configSchema, options, this._subject)
    await this._configure(config)
    this.#config = config
    this.#error = undefined
    this.#enter('configured')
  }

  /** Checks the streams and prepares to run. What the node derives from its inputs is settled here. @throws {NodeStateError} */
  async initialize(): Promise<void> {
    requireLegal(this.name || this.type, this.#state, 'initialize')
    for (const [stream, input] of Object.entries(this.inputs)) {
      if (!input.isConnected && this.#class.inputSpecs[stream]?.optional !== true) {
        throw new ConfigError(this._subject, [`input '${stream}' is not connected; connect it before initialize`])
      }
    }
    await this._checkInputs()
    await this._checkOutputs()
    await this._initialize()
    inheritFlow(Object.values(this.inputs), Object.values(this.outputs))
    for (const output of Object.values(this.outputs)) {
      if (!output.isConfigured || output.info.flow !== (output.spec.flow ?? output.info.flow)) await output.configure()
    }
    this.#enter('initialized')
  }

  /** How recordings of this node are begun and ended while it runs; undefined for a node that records nothing. */
  get recordControl(): RecordControl | undefined {
    return undefined
  }

  /** Begins a run: indexes start at 0 again. Resolves when the node runs. @throws {NodeStateError} */
  async start(): Promise<void> {
    requireLegal(this.name || this.type, this.#state, 'start')
    for (const input of Object.values(this.inputs)) if (input.isConnected) input.startRun()
    for (const output of Object.values(this.outputs)) output.startRun()
    this.#hasEndedByItself = false
    this.#enter('running')
    this.#run = new NodeRun((signal) => this._run(signal), this.inputs, this.outputs)
    void this.#run.ended.then((error) => {
      if (error !== undefined) this.#fail(error)
      else if (this.#state === 'running') {
        this.#hasEndedByItself = !this.#run!.wasStopped
        this.#enter('initialized')
      }
    })
    await Promise.resolve()
  }

  /**
   * Ends the run. A source stops at once; a node with inputs first works off what its sources have sent up to now.
   * After `timeout` ms it is aborted instead, and a warning says so. @throws {NodeStateError}
   */
  async stop({ timeout = STOP_TIMEOUT }: { timeout?: number } = {}): Promise<void> {
    // A consumer ends by itself when its sources end: whoever then stops it has come late, not wrong.
    if (this.#hasEndedByItself) {
      this.#hasEndedByItself = false
      return
    }
    if (!this.#run?.isStopping) requireLegal(this.name || this.type, this.#state, 'stop')
    const outcome = await this.#run!.stop(timeout)
    if (outcome === 'aborted') this.log.warning(`${this._subject} did not finish within ${timeout} ms; it was aborted`)
    if (outcome === 'stuck') {
      this.#fail(new NodeError(`${this._subject} does not react to its abort signal; _run must end when it fires`))
    }
  }

  /** Resolves when the node does not run, with the error if it failed. */
  async finished(): Promise<Error | undefined> {
    await this.#run?.ended
    return this.#error
  }

  /** Frees everything. Safe to call twice. @throws {NodeStateError} while the node runs. */
  async close(): Promise<void> {
    requireLegal(this.name || this.type, this.#state, 'close')
    if (this.#state === 'closed') return
    this.#state = 'closed'
    try {
      await this._close()
    } finally {
      for (const input of Object.values(this.inputs)) await input.close()
      for (const output of Object.values(this.outputs)) await output.close()
      this.#events.emit('stateChanged', 'closed')
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isRunning) await this.stop()
    await this.close()
  }

  /**
   * Changes live parameters: validated together, applied together or not at all. Legal in every state before closed.
   * @throws {ConfigError} with all mistakes.
   */
  async setParams(patch: Partial<Params> | Record<string, unknown>): Promise<void> {
    requireLegal(this.name || this.type, this.#state, 'change the parameters of')
    this.#params.patch(patch)
    await Promise.resolve()
  }

  /** Counters of every stream, state and error; `cpu` is filled in by the group, whose process it is. */
  status(): NodeStatus {
    return {
      name: this.name,
      type: this.type,
      state: this.#state,
      error: this.#error ? failureOf(this.#error) : null,
      cpu: 0,
      inputs: Object.values(this.inputs)
        .filter((input) => input.isConnected)
        .map((input) => input.status()),
      outputs: Object.values(this.outputs)
        .filter((output) => output.isConfigured)
        .map((output) => output.status()),
      recordings: this._recordings(),
      ...(this.recordControl && { recording: this.recordControl.status }),
      progress: this._progress(),
      counters: this._counters()
    }
  }

  on<K extends keyof NodeEvents>(event: K, listener: (...args: NodeEvents[K]) => void): this {
    this.#events.on(event, listener as never)
    return this
  }

  off<K extends keyof NodeEvents>(event: K, listener: (...args: NodeEvents[K]) => void): this {
    this.#events.off(event, listener as never)
    return this
  }

  /** The options that `configure` took. @throws {NodeError} before `configure`. */
  protected get config(): Config {
    if (this.#config === undefined) throw new NodeError(`${this._subject} is not configured yet`)
    return this.#config
  }

  /** For nodes whose streams depend on their options. */
  protected addInput(name: string, spec: InputSpec = {}): InputStream {
    const input = new InputStream(spec, { node: this.name, name })
    const connect = input.connect.bind(input)
    input.connect = async (...args) => {
      await connect(...args)
      inheritFlow(Object.values(this.inputs), Object.values(this.outputs))
      await this._afterInputConnect(name)
    }
    const isWanted = () => this.#events.listenerCount('gap') > 0
    announceGaps(input, isWanted, (gap) => this.#events.emit('gap', { input: name, ...gap }))
    this.inputs[name] = input
    return input
  }

  protected addOutput(name: string, spec: OutputOptions = {}): OutputStream {
    const output = new OutputStream(spec, { node: this.name, name })
    const configure = output.configure.bind(output)
    output.configure = async (options?: OutputOptions) => {
      await configure(withInterface(output, options ?? {}))
      await this._afterOutputConfigure(name)
    }
    this.outputs[name] = output
    return output
  }

  /** The last place to add streams and to set `output.spec`; `config` is validated. */
  protected _configure(_config: Config): void | Promise<void> {}
  protected _afterInputConnect(_name: string): void | Promise<void> {}
  protected _afterOutputConfigure(_name: string): void | Promise<void> {}
  /** @throws when the inputs do not suit. */
  protected _checkInputs(): void | Promise<void> {}
  protected _checkOutputs(): void | Promise<void> {}
  /** Opens devices and files; sets `output.spec` from the inputs before the outputs bind, if they were not configured. */
  protected _initialize(): void | Promise<void> {}
  /** The work itself. Ends when the inputs end or `signal` aborts; working state belongs here, so that a restart is clean. */
  protected _run(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  }
  protected _close(): void | Promise<void> {}
  /** @throws when parameters that suit the schema do not suit the inputs; nothing is changed then. */
  protected _checkParams(_params: Readonly<Params>): void {}
  protected _paramsChanged(_now: Readonly<Params>, _before: Readonly<Params>): void {}
  /** Paths that the node writes. */
  protected _recordings(): readonly string[] {
    return []
  }
  /** What the node counts beside the samples of its streams, by name; from 0 in each run. */
  protected _counters(): Readonly<Record<string, number>> {
    return {}
  }
  /** 0–1 for a source that comes to an end. */
  protected _progress(): number | null {
    return null
  }

  /** Tells that the recording of this node has come to another state. */
  protected recordChanged(): void {
    if (this.recordControl) this.#events.emit('recordChanged', this.recordControl.status)
  }

  #fail(thrown: unknown): void {
    const error = thrown instanceof Error ? thrown : new NodeError(String(thrown))
    this.#error = error
    this.#enter('failed')
    this.log.error(`${this._subject} failed: ${error.message}`, error)
    this.#events.emit('failed', failureOf(error))
  }

  #enter(state: NodeState): void {
    this.#state = state
    this.#events.emit('stateChanged', state)
  }

  /** Type and name, for messages. */
  protected get _subject(): string {
    return this.name ? `${this.type} '${this.name}'` : this.type
  }

  get #class(): NodeClass {
    return this.constructor as unknown as NodeClass
  }

  #only<S>(streams: Record<string, S>, kind: 'input' | 'output'): S {
    const names = Object.keys(streams)
    if (names.length !== 1) {
      throw new NotFoundError(
        `${this._subject}: '.${kind}' needs exactly one ${kind}, it has ${names.length ? names.join(', ') : 'none'}`
      )
    }
    return streams[names[0]!]!
  }

  /** The stream of that name. @throws {NotFoundError} naming the nearest. */
  stream(kind: 'input' | 'output', name: string): InputStream | OutputStream {
    const streams: Record<string, InputStream | OutputStream> = kind === 'input' ? this.inputs : this.outputs
    const found = streams[name]
    if (found) return found
    const near = nearestNames(name, Object.keys(streams))
    throw new NotFoundError(
      `${this._subject} has no ${kind} '${name}'; ${near.length ? `did you mean '${near[0]}'?` : `it has ${Object.keys(streams).join(', ') || 'none'}`}`
    )
  }
}
