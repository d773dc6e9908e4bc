import { DeviceError } from '@nodeacq/core'
import { MessageReader, type TiaMessage } from '../controlMessages.ts'
import { encodeCustomSignals, type CustomSignal } from '../customSignals.ts'
import { parseMetaInfo, type TiaMetaInfo } from '../metaInfo.ts'
import { TiaFormatError } from '../TiaError.ts'
import { MAX_PACKET, type TiaPacket } from '../TiaPacket.ts'
import { ControlLink } from './ControlLink.ts'
import { openSocket } from './openSocket.ts'
import { PacketQueue } from './PacketQueue.ts'
import { openTcpSource, openUdpSource, type PacketSource, type PacketSourceOptions } from './packetSources.ts'

export interface TiaSignalClientOptions {
  /** Default 127.0.0.1. */
  readonly host?: string
  /** Default 9000. */
  readonly port?: number
  /** ms to wait for a connection, and for an answer. Default 5000. */
  readonly timeout?: number
  /** ms without a packet after which the data connection counts as lost. Default 0: none. */
  readonly silence?: number
  /** Bytes that a packet may have. Default 16 MiB. */
  readonly maxPacket?: number
}

/** What a server says on a state connection. */
export type TiaServerState = 'running' | 'shutdown'

const STATES: Readonly<Record<string, TiaServerState>> = {
  ServerStateRunning: 'running',
  ServerStateShutdown: 'shutdown'
}

/**
 * A client of any TiA 1.0 server, with the calls of pytia's TiAClient, which throw where those return False.
 *
 * ```ts
 * await using client = new TiaSignalClient({ host: '127.0.0.1', port: 9000 })
 * await client.connect()
 * await client.cmdCheckProtocolVersion()
 * await client.startStreamingDataTcp('127.0.0.1', await client.cmdGetDataConnectionTcp())
 * for (const packet of await client.getData()) console.log(packet.packetNumber, packet.getChannel(0, 1))
 * await client.stopStreamingData()
 * ```
 */
export class TiaSignalClient implements AsyncDisposable {
  readonly host: string
  readonly port: number
  /** Datagrams that were no packets. */
  badPackets = 0
  /** ms without a packet after which the data connection counts as lost; 0: none. */
  silence: number
  readonly #timeout: number
  readonly #maxPacket: number
  #control: ControlLink | undefined
  #source: PacketSource | undefined
  #queue = new PacketQueue()

  constructor(options: TiaSignalClientOptions = {}) {
    const { host = '127.0.0.1', port = 9000, timeout = 5000, silence = 0, maxPacket = MAX_PACKET } = options
    this.host = host
    this.port = port
    this.#timeout = timeout
    this.silence = silence
    this.#maxPacket = maxPacket
  }

  /** Opens the control connection. @throws {DeviceError} when nothing answers there */
  async connect(): Promise<void> {
    this.disconnect()
    this.#control = await ControlLink.open({
      host: this.host,
      port: this.port,
      timeout: this.#timeout,
      subject: this.#subject,
      onLost: (error) => this.#queue.end(error)
    })
  }

  /** Closes all connections. Safe to call twice. */
  disconnect(): void {
    this.#closeSource()
    this.#control?.close()
    this.#control = undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.resolve(this.disconnect())
  }

  /** @throws {TiaCommandError} the server does not know TiA 1.0 */
  async cmdCheckProtocolVersion(): Promise<void> {
    await this.#command('CheckProtocolVersion', 'OK')
  }

  /** What the server offers. @throws {TiaFormatError} */
  async cmdGetMetaInfo(): Promise<TiaMetaInfo> {
    return parseMetaInfo((await this.#command('GetMetaInfo', 'MetaInfo')).content)
  }

  /** Asks for a part of what the server offers, before a data connection; pytia's server cannot. */
  async cmdSetCustomSignalInfo(wanted: readonly CustomSignal[], offered: TiaMetaInfo): Promise<void> {
    await this.#command('SetCustomSignalInfo', 'OK', { content: encodeCustomSignals(wanted, offered) })
  }

  /** Port of a data connection. */
  async cmdGetDataConnectionTcp(): Promise<number> {
    return this.#portOf(await this.#command('GetDataConnection', 'DataConnectionPort', { parameter: 'TCP' }))
  }

  /** Port to which the server sends to all of its subnet; pytia's server cannot. */
  async cmdGetDataConnectionUdp(): Promise<number> {
    return this.#portOf(await this.#command('GetDataConnection', 'DataConnectionPort', { parameter: 'UDP' }))
  }

  /** Port of the server's state connection; pytia's server has none, and ends the control connection when asked. */
  async cmdGetServerStateConnection(): Promise<number> {
    return this.#portOf(await this.#command('GetServerStateConnection', 'ServerStateConnectionPort'))
  }

  /** Connects to the port that `cmdGetDataConnectionTcp` gave, and lets the server send. */
  async startStreamingDataTcp(address: string, port: number): Promise<void> {
    await this.#startStreaming((options) => openTcpSource(address, port, options))
  }

  /** Listens on the port that `cmdGetDataConnectionUdp` gave, and lets the server send. */
  async startStreamingDataUdp(port: number): Promise<void> {
    await this.#startStreaming((options) => openUdpSource(this.#link.peer, port, options))
  }

  /** Lets the server send no more, and closes the data connection. Whoever waits for packets gets the last of them. */
  async stopStreamingData(): Promise<void> {
    this.#queue.end()
    await this.#command('StopDataTransmission', 'OK')
    this.#closeSource()
  }

  /**
   * The packets that have come since the last call; waits for at least one. None once streaming was stopped.
   * @throws {DeviceError} when the connection has ended, or was silent for too long
   */
  async getData(): Promise<TiaPacket[]> {
    return await this.#queue.take(this.silence, this.#subject)
  }

  /** Packets until streaming is stopped. @throws {DeviceError} as `getData` */
  async *packets(): AsyncGenerator<TiaPacket, void, undefined> {
    for (;;) {
      const packets = await this.getData()
      if (packets.length === 0) return
      yield* packets
    }
  }

  /** What the server says about itself, until it ends the state connection. @param port as `cmdGetServerStateConnection` gave */
  async *serverStates(port: number): AsyncGenerator<TiaServerState, void, undefined> {
    const socket = await openSocket({ host: this.#link.peer, port, timeout: this.#timeout, subject: this.#subject })
    const reader = new MessageReader()
    try {
      for await (const bytes of socket as AsyncIterable<Uint8Array>) {
        for (const { command } of reader.push(bytes)) {
          const state = STATES[command]
          if (state === undefined) throw new TiaFormatError(`${this.#subject}: unknown state '${command.slice(0, 40)}'`)
          yield state
        }
      }
    } finally {
      socket.destroy()
    }
  }

  get #subject(): string {
    return `TiA server ${this.host}:${this.port}`
  }

  get #link(): ControlLink {
    if (this.#control === undefined) throw new DeviceError(`${this.#subject}: not connected; call connect first`)
    return this.#control
  }

  async #command(command: string, expected: string, message: Partial<TiaMessage> = {}): Promise<TiaMessage> {
    const answer = await this.#link.request({ ...message, command })
    if (answer.command !== expected)
      throw new TiaFormatError(
        `${this.#subject}: ${command}: expected '${expected}', got '${answer.command.slice(0, 40)}'`
      )
    return answer
  }

  #portOf({ command, parameter }: TiaMessage): number {
    const port = /^\d{1,5}$/.test(parameter) ? Number(parameter) : 0
    if (port === 0 || port > 65_535)
      throw new TiaFormatError(`${this.#subject}: ${command}: expected a port, got '${parameter.slice(0, 40)}'`)
    return port
  }

  async #startStreaming(open: (options: PacketSourceOptions) => Promise<PacketSource>): Promise<void> {
    this.#closeSource()
    const queue = new PacketQueue()
    this.#queue = queue
    this.#source = await open({
      timeout: this.#timeout,
      subject: this.#subject,
      maxPacket: this.#maxPacket,
      queue,
      onBad: () => (this.badPackets += 1)
    })
    await this.#command('StartDataTransmission', 'OK')
  }

  #closeSource(): void {
    this.#queue.end()
    this.#source?.close()
    this.#source = undefined
  }
}
