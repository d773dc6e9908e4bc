import { setTimeout as sleep } from 'node:timers/promises'
import { ConfigError, DeviceError } from '@nodeacq/core'
import { NdArray } from '@nodeacq/ndarray'
import { getLogger } from '@nodeacq/rpc'
import { OutputStream, type OutputOptions } from '@nodeacq/stream'
import { AddressInUseError, SocketClosedError, UnreachablePeerError, ZmqSocket } from '@nodeacq/zmq'
import { checkListenHost } from '../../checkListenHost.ts'
import { numberOf, type Fault } from '../faults.ts'
import { FaultScript } from '../FaultScript.ts'
import type { RunningSimulator, SimulatorOptions } from '../Simulator.ts'
import { Acquisition, type AcquiredBlock } from './Acquisition.ts'

/** Faults of the relay, by name. */
export const RELAY_FAULTS = {
  drop: 'end the stream at once; another one takes its place',
  refuseConnection: 'end the stream, and answer no request for =<s> (default 5)',
  halfOpen: 'answer no request and send nothing for =<s> (default 5)',
  garbage: 'answer the next =<n> requests (default 1) with what is no answer',
  lose: 'lose the next =<n> chunks (default 1); the index goes on',
  jump: 'let the index jump by =<n> samples (default 50)',
  silence: 'lose all chunks for =<s> (default 1); the index goes on'
} as const

export interface RelaySimulatorOptions extends SimulatorOptions {
  /** Default 16. */
  channelCount?: number
  /** Hz; default 30 000. */
  sampleRate?: number
  /** s of a chunk; default 0.02. */
  blockTime?: number
  /** Of the stream; default shared memory where the system has it as files. */
  output?: OutputOptions
}

/** s of samples that the shared ring holds. */
const RING = 5
/** ms between attempts to take the port back. */
const RETRY = 20

/** Takes the place of the relay for pyacq in the Open Ephys GUI: a stream of pyacq's, and requests as REP answers them. */
export class RelaySimulator implements RunningSimulator {
  readonly #options: Required<Pick<RelaySimulatorOptions, 'channelCount' | 'sampleRate' | 'blockTime'>> &
    RelaySimulatorOptions
  readonly #script: FaultScript
  readonly #log = getLogger('nodeacq.RelaySimulator')
  #socket: ZmqSocket | undefined
  #address = ''
  #acquisition: Acquisition | undefined
  #output: OutputStream | undefined
  #changes: Promise<void> = Promise.resolve()
  #isClosed = false
  #deafUntil = -Infinity
  #garbage = 0

  private constructor(options: RelaySimulatorOptions) {
    this.#options = { channelCount: 16, sampleRate: 30_000, blockTime: 0.02, ...options }
    this.#script = new FaultScript(options.faults ?? [], (fault) => this.inject(fault))
  }

  /** @throws {DeviceError} when the port is taken. @throws {ConfigError} a host beyond loopback without `insecure`. */
  static async start(options: RelaySimulatorOptions = {}): Promise<RelaySimulator> {
    const { host = '127.0.0.1', port = 0, insecure = false, channelCount = 16 } = options
    checkListenHost('Open Ephys relay simulator', host, insecure)
    if (channelCount < 1) throw new ConfigError('Open Ephys relay simulator', ['expected a channel, got none'])
    const simulator = new RelaySimulator(options)
    try {
      await simulator.#openStream()
      await simulator.#openSocket(`tcp://${host}:${port === 0 ? '*' : port}`)
    } catch (cause) {
      await simulator.close()
      if (!(cause instanceof AddressInUseError)) throw cause
      throw new DeviceError(`Open Ephys relay simulator: cannot serve at ${host}:${port}: ${cause.message}`, { cause })
    }
    return simulator
  }

  get address(): string {
    return this.#address
  }

  get hints(): readonly string[] {
    const { channelCount, sampleRate } = this.#options
    return [`${channelCount} channels, ${sampleRate} Hz; requests: config, start, stop`]
  }

  get isAcquiring(): boolean {
    return this.#acquisition !== undefined
  }

  inject(fault: Fault): void {
    this.#log.info(`fault ${fault.kind}${fault.value && `=${fault.value}`}`)
    switch (fault.kind) {
      case 'drop':
        this.#change(() => this.#replaceStream(0))
        break
      case 'refuseConnection': {
        const pause = numberOf(fault, 5) * 1000
        this.#change(() => this.#replaceStream(pause))
        break
      }
      case 'halfOpen':
        this.#deafUntil = performance.now() + numberOf(fault, 5) * 1000
        this.#acquisition?.inject({ ...fault, kind: 'silence' })
        break
      case 'garbage':
        this.#garbage += numberOf(fault, 1)
        break
      default:
        this.#acquisition?.inject(fault)
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#script.close()
    this.#stop()
    this.#socket?.close()
    await this.#changes
    await this.#output?.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #change(work: () => Promise<void>): void {
    this.#changes = this.#changes.then(work)
  }

  async #openStream(): Promise<void> {
    const { channelCount, sampleRate, output } = this.#options
    const shared: OutputOptions =
      process.platform === 'win32' ? {} : { transferMode: 'sharedmem', bufferSize: Math.round(RING * sampleRate) }
    this.#output = new OutputStream({
      streamType: 'analogsignal',
      dtype: 'float32',
      shape: [-1, channelCount],
      sampleRate,
      units: 'uV',
      channelCount,
      channelInfo: Array.from({ length: channelCount }, (_, k) => ({ name: `CH${k + 1}` })),
      ...shared,
      ...output
    })
    await this.#output.configure()
  }

  async #openSocket(address: string): Promise<void> {
    const socket = new ZmqSocket('router', { maxMessageSize: 1024 })
    try {
      this.#address = await socket.bind(address)
      this.#socket = socket
      void this.#serve(socket)
    } catch (error) {
      socket.close()
      throw error
    }
  }

  async #replaceStream(pause: number): Promise<void> {
    this.#stop()
    this.#socket?.close()
    await this.#output?.close()
    if (!this.#isClosed) await this.#openStream()
    await sleep(pause)
    for (this.#socket = undefined; this.#socket === undefined && !this.#isClosed;) {
      // The port is free again a moment after its socket was closed.
      await this.#openSocket(this.#address).catch((error: unknown) => {
        if (!(error instanceof AddressInUseError)) throw error
      })
      await sleep(RETRY)
    }
  }

  async #serve(socket: ZmqSocket): Promise<void> {
    for await (const frames of socket) {
      this.#script.begin()
      if (performance.now() < this.#deafUntil || frames.length < 3) continue
      const answer = this.#answer(frames.at(-1)!.toString('latin1'))
      await socket.send([...frames.slice(0, -1), answer]).catch((error: unknown) => {
        if (!(error instanceof UnreachablePeerError || error instanceof SocketClosedError)) throw error
      })
    }
  }

  #answer(request: string): string {
    if (this.#garbage > 0) {
      this.#garbage -= 1
      return '{"oops'
    }
    switch (request) {
      case 'config':
        return JSON.stringify(this.#output!.params)
      case 'start':
        this.#start()
        return 'ok'
      case 'stop':
        this.#stop()
        return 'ok'
      default:
        return 'unknown request'
    }
  }

  #start(): void {
    if (this.#acquisition !== undefined) return
    const { sampleRate, channelCount, blockTime } = this.#options
    this.#output!.startRun()
    this.#acquisition = new Acquisition([{ name: 'relay', sampleRate, channelCount }], blockTime, {
      started: () => {},
      block: (block) => this.#send(block),
      ttl: () => {},
      spike: () => {}
    })
  }

  #stop(): void {
    this.#acquisition?.close()
    this.#acquisition = undefined
  }

  #send({ sampleNumber, count, samples, stream: { channelCount } }: AcquiredBlock): void {
    if (this.#acquisition!.faults.next() === 0) return
    const data = NdArray.fromTyped(samples, [channelCount, count]).transpose().toContiguous()
    void this.#output!.send(data, sampleNumber + count, { handOver: true })
  }
}
