import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { DeviceError } from '@nodeacq/core'
import { getLogger } from '@nodeacq/rpc'
import type { TiaMetaInfo } from '../metaInfo.ts'
import { encodeMessage } from '../controlMessages.ts'
import type { TiaBlock } from '../TiaPacket.ts'
import { checkListenHost } from '../../../checkListenHost.ts'
import { ControlSession } from './ControlSession.ts'
import { OutgoingPacket } from './OutgoingPacket.ts'
import type { OpenLine } from './TcpDataConnection.ts'
import { StateServer } from './StateServer.ts'
import { UdpBroadcast } from './UdpBroadcast.ts'

export interface TiaServiceOptions {
  readonly meta: TiaMetaInfo
  /** Default 127.0.0.1; beyond loopback only with `insecure`. */
  readonly host?: string
  /** Default 9000; 0: any free one. */
  readonly port?: number
  /** Port that clients listen on for UDP. Default 9001; 0: one that is free here. */
  readonly udpPort?: number
  /** Where packets of UDP go. Default all of the subnet over which a client came. */
  readonly udpAddress?: string | undefined
  readonly insecure?: boolean
  /** Clients at once. Default 32. */
  readonly maxClients?: number
  /** Bytes that may wait for a slow client. Default 4 MiB. */
  readonly maxBacklog?: number
  /** What stands between the encoder and a socket of a client. Default nothing. */
  readonly openLine?: OpenLine
  /** Whether requests are to be ignored now. */
  readonly isDeaf?: () => boolean
}

/** What `TiaService` counts. */
export interface TiaServiceCounters {
  readonly clients: number
  /** Packets that were lost for a client which did not read fast enough, or for UDP. */
  readonly droppedPackets: number
  /** Requests of clients that were refused. */
  readonly refusedRequests: number
}

/** Port of TiA's control connection. */
const TIA_PORT = 9000
const UDP_PORT = 9001

/**
 * Serves signals to the clients of TiA 1.0: control connections with all commands, a data connection for each client over TCP, or
 * one for all over UDP, and state connections. Whoever has samples gives them to `send`, a block of each signal at a time.
 */
export class TiaService implements AsyncDisposable {
  readonly meta: TiaMetaInfo
  readonly #server: Server
  readonly #host: string
  readonly #sessions = new Map<Socket, ControlSession>()
  readonly #start = performance.now()
  readonly #options: Required<Pick<TiaServiceOptions, 'maxClients' | 'maxBacklog' | 'openLine' | 'isDeaf'>> &
    Pick<TiaServiceOptions, 'udpAddress'>
  readonly #log = getLogger('nodeacq.TiaService')
  #udp: UdpBroadcast | undefined
  #state: StateServer | undefined
  #packetId = 0
  #dropped = 0
  #refused = 0

  private constructor({ meta, host = '127.0.0.1', ...options }: TiaServiceOptions) {
    const { maxClients = 32, maxBacklog = 4 << 20, openLine = plainLine, isDeaf = () => false } = options
    this.meta = meta
    this.#host = host
    this.#options = { maxClients, maxBacklog, openLine, isDeaf, udpAddress: options.udpAddress }
    this.#server = createServer((socket) => this.#welcome(socket))
  }

  /** @throws {DeviceError} when the port is taken. @throws {ConfigError} a host beyond loopback without `insecure`. */
  static async listen(options: TiaServiceOptions): Promise<TiaService> {
    const { host = '127.0.0.1', port = TIA_PORT, udpPort = UDP_PORT, insecure = false } = options
    checkListenHost('TiA server', host, insecure)
    if (options.udpAddress !== undefined) checkListenHost('TiA server, UDP', options.udpAddress, insecure)
    const service = new TiaService(options)
    try {
      await new Promise<void>((resolve, reject) => {
        service.#server.once('error', reject)
        service.#server.listen(port, host, resolve)
      })
      service.#state = await StateServer.listen(host)
      service.#udp = await UdpBroadcast.open(host, udpPort)
    } catch (cause) {
      await service.close()
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new DeviceError(`TiA server: cannot serve at ${host}:${port}: ${reason}`, { cause })
    }
    return service
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get address(): string {
    const { address, port, family } = this.#server.address() as AddressInfo
    return `tcp://${family === 'IPv6' ? `[${address}]` : address}:${port}`
  }

  get clientCount(): number {
    return this.#sessions.size
  }

  /** Whether a client gets packets now. */
  get isWanted(): boolean {
    for (const session of this.#sessions.values()) if (session.isSending) return true
    return false
  }

  get counters(): TiaServiceCounters {
    let refusedRequests = this.#refused
    for (const { refused } of this.#sessions.values()) refusedRequests += refused
    return { clients: this.clientCount, droppedPackets: this.#dropped + (this.#udp?.dropped ?? 0), refusedRequests }
  }

  /**
   * Sends a packet to every client that has started. The blocks are read before this returns.
   * @param copies times that it is sent, all with one number; default once
   */
  send(blocks: readonly TiaBlock[], copies = 1): void {
    const timestamp = Math.round((performance.now() - this.#start) * 1000)
    const packet = new OutgoingPacket({ packetId: this.#packetId++, timestamp, blocks, copies })
    for (const { data } of this.#sessions.values()) data?.send(packet)
    this.#udp!.send(packet)
  }

  /** Leaves out the numbers of packets for which there are no samples: clients see that they are missing. */
  skip(count: number): void {
    this.#packetId += count
    for (const { data } of this.#sessions.values()) data?.skip(count)
    this.#udp!.skip(count)
  }

  /** Says goodbye on the state connections, and ends all. Safe to call twice. */
  async close(): Promise<void> {
    await this.#state?.close()
    this.#state = undefined
    this.#udp?.close()
    this.#udp = undefined
    for (const [socket, session] of this.#sessions) {
      session.close()
      socket.destroy()
    }
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #welcome(socket: Socket): void {
    socket.on('error', (error) => this.#log.debug(`client: ${error.message}`))
    const { maxClients, maxBacklog, openLine, isDeaf, udpAddress } = this.#options
    if (this.#sessions.size >= maxClients) {
      this.#refused += 1
      socket.end(encodeMessage({ command: 'Error', content: `no more than ${maxClients} clients` }))
      socket.destroySoon()
      return
    }
    const line = openLine(socket)
    if (line === undefined) {
      socket.destroy()
      return
    }
    const session = new ControlSession(socket, line, {
      meta: this.meta,
      host: this.#host,
      statePort: this.#state!.port,
      udp: this.#udp!,
      udpAddress,
      isDeaf,
      data: { maxBacklog, openLine, onDropped: () => (this.#dropped += 1) }
    })
    this.#sessions.set(socket, session)
    this.#log.debug(`client from ${session.peer}`)
    session
      .serve()
      .catch((error: unknown) => this.#log.debug(`client from ${session.peer}: ${String(error)}`))
      .finally(() => {
        this.#sessions.delete(socket)
        this.#refused += session.refused
        this.#log.debug(`client from ${session.peer} has gone`)
      })
  }
}

const plainLine: OpenLine = (socket) => ({ write: (bytes) => void socket.write(bytes), close: () => {} })
