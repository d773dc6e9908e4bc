import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { DeviceError } from '@nodeacq/core'
import { getLogger } from '@nodeacq/rpc'
import { CerebusCursor, CEREBUS_VERSIONS, CONFIGURATION, PACKET } from '../../devices/blackrock/cerebusPackets.ts'
import { RUNNING } from '../../devices/blackrock/cerebusConfig.ts'
import type { CerebusVersion } from '../../devices/blackrock/cerebusPackets.ts'
import { checkListenHost } from '../../checkListenHost.ts'
import { numberOf, type Fault } from '../faults.ts'
import { FaultScript } from '../FaultScript.ts'
import { LineFaults, LINE_FAULTS, type FaultyLine } from '../LineFaults.ts'
import { SampleFaults, SAMPLE_FAULTS } from '../SampleFaults.ts'
import type { RunningSimulator, SimulatorOptions, SimulatorType } from '../Simulator.ts'
import { CerebusModel, CLOCK_RATES, RATE } from './CerebusModel.ts'
import { DatagramWriter } from './DatagramWriter.ts'

const FAULTS = {
  ...LINE_FAULTS,
  drop: 'forget every client, which gets nothing until it asks again',
  refuseConnection: 'forget every client, and answer nobody for =<s> (default 5)',
  garbage: 'send a datagram of =<n> bytes that mean nothing (default 20)',
  corrupt: 'change one bit in each of the next =<n> datagrams (default 1)',
  cut: 'cut datagrams at random places for =<s> (default 5)',
  truncate: 'leave out the second half of the next datagram',
  ...SAMPLE_FAULTS,
  jump: 'let the clock jump by =<n> samples (default 50) while no sample is lost',
  reorder: 'send the next datagram after the one that follows it',
  restart: 'let the clock begin at 0 again',
  idle: 'sample channel 1 no more'
} as const

export interface CerebusSimulatorOptions extends SimulatorOptions {
  /** Group of each channel, 0 for none; default 16 channels in group 5. */
  groupOf?: readonly number[]
  /** Versions of the protocol that it speaks. Default: all. */
  versions?: readonly CerebusVersion[]
}

const SUBJECT = 'Cerebus simulator'

/** ms between two looks at what is due. */
const TICK = 8
/** Clients at most; the oldest goes. */
const MAX_CLIENTS = 8

interface Client {
  readonly line: FaultyLine
  readonly version: CerebusVersion
}

/**
 * Takes the place of a Cerebus instrument on UDP: it answers in the version of the protocol in which it is asked, and sends
 * samples to whoever has asked. Inferred from public descriptions.
 */
export class CerebusSimulator implements RunningSimulator {
  readonly model: CerebusModel
  readonly #socket: Socket
  readonly #clients = new Map<string, Client>()
  readonly #lineFaults = new LineFaults()
  readonly #sampleFaults = new SampleFaults()
  readonly #script: FaultScript
  readonly #versions: readonly CerebusVersion[]
  readonly #writers: readonly DatagramWriter[]
  readonly #ticks: NodeJS.Timeout
  readonly #log = getLogger('nodeacq.CerebusSimulator')
  readonly #values = new Int16Array(1024)
  #sample = 0
  /** Sample at which the clock showed 0. */
  #zero = 0
  #lastTick = performance.now()
  #due = 0
  #toReorder = 0
  readonly #held = new Map<CerebusVersion, Buffer>()
  #isClosed = false

  private constructor(socket: Socket, options: CerebusSimulatorOptions) {
    const { groupOf = new Array<number>(16).fill(5), versions = CEREBUS_VERSIONS, faults = [] } = options
    this.#socket = socket
    this.model = new CerebusModel(groupOf)
    this.#versions = versions
    this.#writers = versions.map(
      (version) => new DatagramWriter(version, (datagram) => this.#sendInTurn(version, datagram))
    )
    this.#script = new FaultScript(faults, (fault) => this.inject(fault))
    socket.on('message', (datagram, from) => this.#receive(datagram, from))
    socket.on('error', (error) => this.#log.debug(error.message))
    this.#ticks = setInterval(() => this.#tick(), TICK)
  }

  /** @throws {DeviceError} when the port is taken. @throws {ConfigError} a host beyond loopback without `insecure`. */
  static async start(options: CerebusSimulatorOptions = {}): Promise<CerebusSimulator> {
    const { host = '127.0.0.1', port = 0, insecure = false } = options
    checkListenHost(SUBJECT, host, insecure)
    const socket = createSocket('udp4')
    try {
      socket.bind(port, host)
      await once(socket, 'listening')
    } catch (cause) {
      socket.close()
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new DeviceError(`${SUBJECT}: cannot serve at ${host}:${port}: ${reason}`, { cause })
    }
    return new CerebusSimulator(socket, options)
  }

  get address(): string {
    return `udp://${this.#socket.address().address}:${this.port}`
  }

  get port(): number {
    return this.#socket.address().port
  }

  get hints(): readonly string[] {
    return [`${this.model.channels.length} channels; clients on this machine listen at 127.0.0.1`]
  }

  get clientCount(): number {
    return this.#clients.size
  }

  /** Samples that there were since the start. */
  get sampleCount(): number {
    return this.#sample
  }

  inject(fault: Fault): void {
    this.#log.info(`fault ${fault.kind}${fault.value && `=${fault.value}`}`)
    if (this.#lineFaults.inject(fault) || this.#sampleFaults.inject(fault)) return
    switch (fault.kind as 'reorder' | 'restart' | 'idle') {
      case 'reorder':
        this.#toReorder += numberOf(fault, 1)
        return
      case 'restart':
        this.#zero = this.#sample
        return
      case 'idle':
        this.model.setGroup(1, 0)
        for (const { line, version } of this.#clients.values()) {
          for (const packet of this.model.groupAnswers(version)) line.write(packet)
        }
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    clearInterval(this.#ticks)
    this.#script.close()
    this.#lineFaults.close()
    const closed = once(this.#socket, 'close')
    this.#socket.close()
    await closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #receive(datagram: Buffer, from: RemoteInfo): void {
    if (this.#lineFaults.isDeaf || this.#lineFaults.isRefusing) return
    // Whoever does not know the version asks in both: a request of the other one begins with what is no request.
    for (const version of this.#versions) {
      try {
        const cursor = new CerebusCursor(version)
        for (cursor.open(datagram); cursor.next();) {
          if (cursor.channel !== CONFIGURATION) break
          const answers = this.model.answer(version, cursor.type, cursor.body)
          if (answers.length > 0) this.#answer(from, version, answers)
        }
      } catch (error) {
        this.#log.debug(error instanceof Error ? error.message : String(error))
      }
    }
  }

  #answer(from: RemoteInfo, version: CerebusVersion, answers: readonly Buffer[]): void {
    const { line } = this.#clientAt(from, version)
    for (const answer of answers) {
      const time = this.#timeOf(this.#sample, version)
      answer.writeUInt32LE(time % 2 ** 32, 0)
      if (version !== '3.11') answer.writeUInt32LE(Math.floor(time / 2 ** 32), 4)
      line.write(answer)
    }
    this.#script.begin()
  }

  /** A client speaks the version in which it asked first, until it is forgotten. */
  #clientAt({ address, port }: RemoteInfo, version: CerebusVersion): Client {
    const key = `${address}:${port}`
    const known = this.#clients.get(key)
    if (known !== undefined) return known
    const line = this.#lineFaults.add({
      write: (bytes) => {
        if (!this.#isClosed) this.#socket.send(bytes, port, address)
      },
      destroy: () => this.#clients.delete(key)
    })
    const [oldest] = this.#clients.keys()
    if (this.#clients.size === MAX_CLIENTS && oldest !== undefined) this.#clients.get(oldest)!.line.destroy()
    const client = { line, version }
    this.#clients.set(key, client)
    return client
  }

  #timeOf(sample: number, version: CerebusVersion): number {
    return Math.round(((sample - this.#zero + this.#sampleFaults.counterOffset) * CLOCK_RATES[version]) / RATE)
  }

  #tick(): void {
    const now = performance.now()
    this.#due += ((now - this.#lastTick) / 1000) * RATE * this.#sampleFaults.rateFactor
    this.#lastTick = now
    const count = Math.floor(this.#due)
    this.#due -= count
    const versions = new Set([...this.#clients.values()].map(({ version }) => version))
    const writers = this.#writers.filter(({ version }) => versions.has(version))
    const groups = this.model.runLevel === RUNNING ? this.model.fullRateGroups : []
    for (let k = 0; k < count; k++, this.#sample++) {
      const times = this.#sampleFaults.next()
      for (const [group, channels] of groups) {
        const values = this.#values.subarray(0, channels.length)
        this.model.fill(values, channels, this.#sample)
        const body = new Uint8Array(values.buffer, 0, values.byteLength)
        for (const writer of writers) {
          const header = { time: this.#timeOf(this.#sample, writer.version), channel: 0, type: group }
          for (let n = 0; n < times; n++) writer.add(header, body)
        }
      }
    }
    for (const writer of writers) {
      const time = this.#timeOf(this.#sample, writer.version)
      writer.add({ time, channel: CONFIGURATION, type: PACKET.heartbeat }, NO_BODY)
      writer.flush()
    }
  }

  /** Two datagrams change places where that is asked for. */
  #sendInTurn(version: CerebusVersion, datagram: Buffer): void {
    const held = this.#held.get(version)
    if (held !== undefined) this.#held.delete(version)
    else if (this.#toReorder > 0) {
      this.#toReorder -= 1
      this.#held.set(version, datagram)
      return
    }
    this.#send(version, datagram)
    if (held !== undefined) this.#send(version, held)
  }

  #send(version: CerebusVersion, datagram: Buffer): void {
    for (const client of this.#clients.values()) if (client.version === version) client.line.write(datagram)
  }
}

const NO_BODY = new Uint8Array(0)

export const cerebusType: SimulatorType = {
  description: 'Blackrock’s Cerebus: an instrument of 16 channels at 30 kHz, on UDP; experimental',
  defaultPort: 51_001,
  faults: FAULTS,
  start: (options) => CerebusSimulator.start(options)
}
