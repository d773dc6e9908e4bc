import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { getLogger } from '@nodeacq/rpc'
import { numberOf, type Fault } from '../faults.ts'
import { FaultScript } from '../FaultScript.ts'
import { LineFaults, LINE_FAULTS, type FaultyLine } from '../LineFaults.ts'
import { listen } from '../listen.ts'
import { SampleFaults, SAMPLE_FAULTS } from '../SampleFaults.ts'
import type { RunningSimulator, SimulatorOptions, SimulatorType } from '../Simulator.ts'
import { encodeRda } from '../../devices/brainamp/rdaMessages.ts'
import { Recorder, type EncodedBlock, type RecorderOptions } from './Recorder.ts'

const FAULTS = {
  ...LINE_FAULTS,
  ...SAMPLE_FAULTS,
  lose: 'lose the next =<n> blocks (default 1); their numbers go on',
  duplicate: 'send the next =<n> blocks twice (default 1)',
  jump: 'let block numbers jump by =<n> (default 50) while no block is lost',
  silence: 'lose all blocks for =<s> (default 1); their numbers go on',
  stop: 'stop recording for =<s> (default 1), then start again, with block numbers from 1',
  settings: 'start again with =<n> channels (default 16)',
  end: 'end every connection properly, and serve no more'
} as const

export interface BrainAmpSimulatorOptions extends SimulatorOptions, Partial<RecorderOptions> {
  /** Of float32 data. Default 0: any free one; BrainVision Recorder's is 51244. */
  port?: number
  /** Of int16 data. Default: 10 less, as BrainVision Recorder has it, or any free one. */
  int16Port?: number
}

const SUBJECT = 'BrainAmp simulator'
const FORMATS = ['float32', 'int16'] as const

/** ms between two looks at what is due. */
const TICK = 8
/** Bytes that a client may leave unread before blocks are dropped, as the recorder's buffer has an end. */
const CLIENT_BUFFER = 1 << 20

/**
 * Takes the place of BrainVision Recorder with its remote data access: it records all the time, and serves any number of
 * clients on two ports, float32 and int16.
 */
export class BrainAmpSimulator implements RunningSimulator {
  readonly recorder: Recorder
  readonly #servers: Readonly<Record<keyof EncodedBlock, Server>>
  readonly #clients = new Map<Socket, { readonly line: FaultyLine; readonly format: keyof EncodedBlock }>()
  readonly #lineFaults = new LineFaults()
  readonly #sampleFaults = new SampleFaults()
  readonly #script: FaultScript
  readonly #ticks: NodeJS.Timeout
  readonly #log = getLogger('nodeacq.BrainAmpSimulator')
  #lastTick = performance.now()
  /** Blocks that are due, with the part of the next one. */
  #due = 0
  #stoppedUntil = -Infinity
  #isRecording = true

  private constructor(options: BrainAmpSimulatorOptions) {
    const { sampleRate = 500, blockSize = 10, resolution = 0.1 } = options
    const { names = Array.from({ length: 32 }, (_, k) => `Ch${k + 1}`) } = options
    this.recorder = new Recorder({ names, sampleRate, blockSize, resolution })
    this.#servers = { float32: this.#serve('float32'), int16: this.#serve('int16') }
    this.#script = new FaultScript(options.faults ?? [], (fault) => this.inject(fault))
    this.#ticks = setInterval(() => this.#tick(), TICK)
  }

  /** @throws {DeviceError} when a port is taken. @throws {ConfigError} a host beyond loopback without `insecure`. */
  static async start(options: BrainAmpSimulatorOptions = {}): Promise<BrainAmpSimulator> {
    const { port = 0, int16Port = Math.max(0, port - 10) } = options
    const simulator = new BrainAmpSimulator(options)
    const { float32, int16 } = simulator.#servers
    try {
      await listen(float32, SUBJECT, { ...options, port })
      await listen(int16, SUBJECT, { ...options, port: int16Port })
    } catch (error) {
      await simulator.close()
      throw error
    }
    return simulator
  }

  get address(): string {
    return addressOf(this.#servers.float32)
  }

  get port(): number {
    return portOf(this.#servers.float32)
  }

  get int16Port(): number {
    return portOf(this.#servers.int16)
  }

  get hints(): readonly string[] {
    const { names, sampleRate } = this.recorder.options
    return [`${names.length} channels at ${sampleRate} Hz as float32`, `as int16: ${addressOf(this.#servers.int16)}`]
  }

  get clientCount(): number {
    return this.#clients.size
  }

  inject(fault: Fault): void {
    this.#log.info(`fault ${fault.kind}${fault.value && `=${fault.value}`}`)
    if (this.#lineFaults.inject(fault) || this.#sampleFaults.inject(fault)) return
    switch (fault.kind as Exclude<keyof typeof FAULTS, keyof typeof LINE_FAULTS | keyof typeof SAMPLE_FAULTS>) {
      case 'stop':
        this.#stoppedUntil = performance.now() + numberOf(fault, 1) * 1000
        this.#isRecording = false
        this.#sendAll(encodeRda({ kind: 'stop' }))
        return
      case 'settings':
        this.recorder.setChannelCount(numberOf(fault, 16))
        this.#sendAll(this.recorder.startMessage)
        return
      case 'end':
        for (const socket of this.#clients.keys()) socket.end()
        for (const format of FORMATS) this.#servers[format].close()
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#ticks)
    this.#script.close()
    this.#lineFaults.close()
    await Promise.all(Object.values(this.#servers).map(closeServer))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #serve(format: keyof EncodedBlock): Server {
    return createServer({ noDelay: true }, (socket) => {
      socket.on('error', (error) => this.#log.debug(`client: ${error.message}`))
      if (this.#lineFaults.isRefusing) {
        socket.destroy()
        return
      }
      const line = this.#lineFaults.add({ write: (bytes) => socket.write(bytes), destroy: () => socket.destroy() })
      this.#clients.set(socket, { line, format })
      socket.on('close', () => {
        line.close()
        this.#clients.delete(socket)
      })
      // Clients say nothing; reading shows when they go.
      socket.resume()
      if (this.#isRecording) line.write(this.recorder.startMessage)
      this.#script.begin()
    })
  }

  #tick(): void {
    const { sampleRate, blockSize } = this.recorder.options
    const now = performance.now()
    this.#due += (((now - this.#lastTick) / 1000) * sampleRate * this.#sampleFaults.rateFactor) / blockSize
    this.#lastTick = now
    if (!this.#isRecording && now >= this.#stoppedUntil) {
      this.#isRecording = true
      this.recorder.begin()
      this.#sendAll(this.recorder.startMessage)
    }
    for (; this.#due >= 1; this.#due -= 1) {
      if (this.#isRecording) this.#sendBlock(this.recorder.nextBlock(this.#sampleFaults.counterOffset))
      else this.recorder.pass(1)
    }
  }

  #sendBlock(block: EncodedBlock): void {
    const times = this.#sampleFaults.next()
    for (const [socket, { line, format }] of this.#clients) {
      if (socket.writableLength > CLIENT_BUFFER) continue
      for (let k = 0; k < times; k++) line.write(block[format])
    }
  }

  #sendAll(message: Buffer): void {
    for (const { line } of this.#clients.values()) line.write(message)
  }
}

export const brainAmpType: SimulatorType = {
  description: 'BrainVision Recorder: an amplifier of 32 channels, with triggers; int16 on the port 10 below',
  defaultPort: 51_244,
  faults: FAULTS,
  start: (options) => BrainAmpSimulator.start(options)
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}

function addressOf(server: Server): string {
  const { address, family } = server.address() as AddressInfo
  return `tcp://${family === 'IPv6' ? `[${address}]` : address}:${portOf(server)}`
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
  })
}
