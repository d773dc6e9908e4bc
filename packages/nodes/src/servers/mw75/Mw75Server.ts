import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DeviceError } from '@nodeacq/core'
import { getLogger } from '@nodeacq/rpc'
import { WebSocketServer, type WebSocket } from 'ws'
import {
  eegData,
  encodeMessage,
  epochSeconds,
  MAX_FRAME,
  MW75_LOG_LEVELS,
  Mw75Refusal,
  parseConnect,
  parseRequest,
  toLogLevel,
  type Mw75LogLevel,
  type Mw75Request,
  type Mw75Sample
} from '../../devices/mw75/messages.ts'
import { checkListenHost } from '../../checkListenHost.ts'
import type { LineFaults } from '../../simulators/LineFaults.ts'
import type { RunningDeviceServer } from '../Server.ts'
import { HeadsetControl, type Reconnecting } from './HeadsetControl.ts'
import { Mw75Forwarder } from './Mw75Forwarder.ts'
import type { Mw75Source } from './Mw75Source.ts'
import { ServedClient } from './ServedClient.ts'
import { addressOf, sourceOf } from './sourceOf.ts'

export interface Mw75ServerOptions {
  /** `simulator`, `serial:/dev/rfcomm0`, the address of another server, or one of your own. */
  readonly source: Mw75Source | string
  /**
   * What lets a headset at a serial port stream: `bluez`, `none`, or a program that is called with `start` and `stop`.
   * Default `auto`: BlueZ where it runs.
   */
  readonly activate?: string
  /** Default 127.0.0.1; beyond loopback only with `insecure`. */
  readonly host?: string
  readonly insecure?: boolean
  /** Default 0: any free one; the original's is 8080. */
  readonly port?: number
  /** How many clients at once, default 1. Of several the first to connect the headset has control of it. */
  readonly clients?: number
  /** Connect the headset at once, and again whenever it is lost, whether or not there is a client. Default: off. */
  readonly autoConnect?: boolean
  /** WebSocket addresses that get every sample as a flat object. */
  readonly forward?: readonly string[]
  /** ms between two heartbeats, default 30,000. */
  readonly heartbeat?: number
  /** ms between two pings; a client that does not answer one until the next is ended. Default 20,000. */
  readonly ping?: number
  readonly reconnecting?: Partial<Reconnecting>
  /** What goes wrong on purpose on the connections to clients. */
  readonly faults?: LineFaults
  readonly onClient?: () => void
}

const LOGGER = 'nodeacq.Mw75Server'

/**
 * Lets programs control an MW75 over WebSocket and gives them its samples: the server of arctop/mw75-streamer, with the
 * same messages, texts and codes. One client at a time, unless more are allowed; the headset is connected when a client asks
 * for it, and disconnected when the last one leaves.
 */
export class Mw75Server implements RunningDeviceServer {
  readonly ended: Promise<void>
  /** To the addresses of `forward`, in their order. */
  readonly forwarders: readonly Mw75Forwarder[]
  readonly #options: Mw75ServerOptions
  readonly #sourceName: string
  readonly #sockets: WebSocketServer
  readonly #control: HeadsetControl
  readonly #clients = new Set<ServedClient>()
  readonly #log = getLogger(LOGGER)
  #end: () => void = () => {}
  #controller: ServedClient | undefined
  #logLevel: Mw75LogLevel | undefined
  #leaving: Promise<void> = Promise.resolve()
  #closing: Promise<void> | undefined

  private constructor(options: Mw75ServerOptions) {
    const { host = '127.0.0.1', port = 0, forward = [], autoConnect = false, faults } = options
    const source = typeof options.source === 'string' ? sourceOf(options.source, options.activate) : options.source
    this.#options = options
    this.#sourceName = source.name
    this.ended = new Promise((resolve) => (this.#end = resolve))
    this.forwarders = forward.map((url) => new Mw75Forwarder(addressOf(url)))
    const attempts = autoConnect ? Infinity : 10
    this.#control = new HeadsetControl(
      source,
      {
        onStatus: (state, message) => this.#tellAll('status', { state, message, ...this.#now() }),
        onError: (code, message) => this.#tellAll('error', { message, code, timestamp: epochSeconds() }),
        onSample: (sample) => this.#giveSample(sample),
        log: (level, text) => this.#tellLog(level, text)
      },
      { firstDelay: 1000, longestDelay: 30_000, settle: 2000, attempts, ...options.reconnecting }
    )
    this.#sockets = new WebSocketServer({
      host,
      port,
      perMessageDeflate: false,
      maxPayload: MAX_FRAME,
      autoPong: false,
      ...(faults && { verifyClient: () => !faults.isRefusing })
    })
    this.#sockets.on('connection', (socket, request) => this.#welcome(socket, request))
  }

  /** @throws {DeviceError} when the port is taken. @throws {ConfigError} a host beyond loopback without `insecure`. */
  static async start(options: Mw75ServerOptions): Promise<Mw75Server> {
    const { host = '127.0.0.1', port = 0, insecure = false, autoConnect = false } = options
    checkListenHost('MW75 server', host, insecure)
    const server = new Mw75Server(options)
    try {
      await new Promise<void>((resolve, reject) => {
        server.#sockets.once('listening', resolve)
        server.#sockets.once('error', reject)
      })
    } catch (cause) {
      await server.close()
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new DeviceError(`MW75 server: cannot serve at ${host}:${port}: ${reason}`, { cause })
    }
    server.#sockets.on('error', (error) => server.#log.error(error.message))
    if (autoConnect) server.#control.connect(true)
    return server
  }

  get address(): string {
    const { address, port, family } = this.#sockets.address() as AddressInfo
    return `ws://${family === 'IPv6' ? `[${address}]` : address}:${port}`
  }

  get hints(): readonly string[] {
    return [`headset: ${this.#sourceName}`, ...this.forwarders.map(({ url }) => `samples go to ${url} too`)]
  }

  get clientCount(): number {
    return this.#clients.size
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#sockets.close(() => resolve()))
    for (const socket of this.#sockets.clients) socket.terminate()
    await Promise.all(this.forwarders.map((forwarder) => forwarder.close()))
    await this.#control.leave()
    await closed
    this.#end()
  }

  #welcome(socket: WebSocket, request: IncomingMessage): void {
    if (this.#clients.size >= this.#limit) {
      const data = { message: 'Server already has a connected client', code: 'CLIENT_ALREADY_CONNECTED' }
      socket.on('error', () => socket.terminate())
      socket.send(encodeMessage('error', data))
      socket.close(1000)
      this.#log.info(`refused ${request.socket.remoteAddress}: there is a client`)
      return
    }
    const client: ServedClient = new ServedClient(socket, request, {
      heartbeat: this.#options.heartbeat ?? 30_000,
      ping: this.#options.ping ?? 20_000,
      faults: this.#options.faults,
      batteryLevel: () => this.#control.batteryLevel,
      onRequest: (text) => this.#answer(text, client),
      onGone: () => this.#remove(client)
    })
    this.#clients.add(client)
    this.#options.onClient?.()
    // The client before may still be leaving; its headset is let go first.
    void this.#leaving.then(() => {
      this.#tellLog('INFO', `Client connected: ${client.name}`)
      client.tell('status', {
        state: this.#control.state,
        message: 'Client connected to MW75 server',
        ...this.#now()
      })
    })
  }

  #remove(client: ServedClient): void {
    this.#clients.delete(client)
    this.#tellLog('INFO', `Client disconnected: ${client.name}`)
    const hadControl = this.#controller === client
    if (hadControl) this.#controller = undefined
    if (this.#clients.size > 0) {
      const message = 'Device control released - available for new controller'
      if (hadControl) this.#tellAll('status', { state: this.#control.state, message, ...this.#now() })
      return
    }
    this.#logLevel = undefined
    if (this.#options.autoConnect !== true) this.#leaving = this.#control.leave()
    else if (this.#control.state === 'idle') this.#control.connect(true)
  }

  async #answer(text: string, client: ServedClient): Promise<void> {
    await this.#leaving
    try {
      await this.#serve(parseRequest(text), client)
    } catch (error) {
      if (!(error instanceof Mw75Refusal)) throw error
      const { code, message, id } = error
      if (code === 'MESSAGE_PROCESSING_ERROR') this.#tellLog('ERROR', `Error processing message: ${message}`)
      client.tell('error', { message, code, timestamp: epochSeconds() }, id)
    }
  }

  async #serve(request: Mw75Request, client: ServedClient): Promise<void> {
    const { id } = request
    switch (request.type) {
      case 'connect':
        this.#connect(client, request)
        return
      case 'disconnect':
        this.#checkControl(client, id)
        client.tell('command_ack', { command: 'disconnect', message: 'Disconnect command received' }, id)
        await this.#control.disconnect()
        return
      case 'status':
        client.tell('status', this.#status(client), id)
        return
      case 'ping':
        client.tell('pong', { timestamp: epochSeconds() }, id)
        return
      case 'broadcast':
        this.#broadcast(client, request)
    }
  }

  #connect(client: ServedClient, { id, data }: { readonly id: unknown; readonly data: unknown }): void {
    this.#checkControl(client, id)
    const { state, isActive } = this.#control
    if (isActive) throw new Mw75Refusal('ALREADY_CONNECTED', `Already ${state}`, id)
    const { autoReconnect, logLevel } = parseConnect(data, id)
    this.#controller = client
    this.#logLevel = logLevel
    const message = 'Connect command received, initiating device connection'
    client.tell('command_ack', { command: 'connect', auto_reconnect: autoReconnect, log_level: logLevel, message }, id)
    this.#control.connect(autoReconnect)
  }

  #checkControl(client: ServedClient, id: unknown): void {
    if (this.#controller === undefined || this.#controller === client) return
    throw new Mw75Refusal('DEVICE_CONTROL_TAKEN', 'Another client currently has device control', id)
  }

  #status(client: ServedClient): object {
    const { state, autoReconnect, batteryLevel } = this.#control
    return {
      device_state: state,
      auto_reconnect: autoReconnect,
      log_level: this.#logLevel ?? 'ERROR',
      battery_level: batteryLevel,
      ...(this.#limit > 1 && { has_control: this.#controller === client, total_clients: this.#clients.size })
    }
  }

  #broadcast(from: ServedClient, { id, data }: { readonly id: unknown; readonly data: unknown }): void {
    if (this.#limit === 1) throw new Mw75Refusal('UNKNOWN_COMMAND', 'Unknown command type: broadcast', id)
    const others = [...this.#clients].filter((client) => client !== from)
    const frame = Buffer.from(encodeMessage('broadcast', { from: from.name, data, timestamp: epochSeconds() }, id))
    for (const other of others) other.send(frame)
    const message = `Message broadcast to ${others.length} other client(s)`
    from.tell('command_ack', { command: 'broadcast', message, recipients: others.length }, id)
  }

  #giveSample(sample: Mw75Sample): void {
    for (const forwarder of this.forwarders) forwarder.send(sample)
    if (this.#clients.size === 0) return
    const frame = Buffer.from(encodeMessage('eeg_data', eegData(sample)))
    for (const client of this.#clients) {
      if (!client.sendSample(frame) && client.missed === 1) {
        this.#log.warning(`${client.name} does not read: it gets no samples until it does`)
      }
    }
  }

  #tellAll(type: string, data: object): void {
    const frame = Buffer.from(encodeMessage(type, data))
    for (const client of this.#clients) client.send(frame)
  }

  #tellLog(level: Mw75LogLevel, text: string): void {
    this.#log[toLogLevel(level)](text)
    if (this.#logLevel === undefined) return
    if (MW75_LOG_LEVELS.indexOf(level) < MW75_LOG_LEVELS.indexOf(this.#logLevel)) return
    const message = `${new Date().toTimeString().slice(0, 8)} - ${LOGGER} - ${level} - ${text}`
    this.#tellAll('log', { level, message, logger: LOGGER, timestamp: epochSeconds() })
  }

  #now(): object {
    return { timestamp: epochSeconds(), battery_level: this.#control.batteryLevel }
  }

  get #limit(): number {
    return this.#options.clients ?? 1
  }
}
