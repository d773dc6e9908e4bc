import { once } from 'node:events'
import type { Socket } from 'node:net'
import { encodeMessage, MessageReader, type TiaMessage } from '../controlMessages.ts'
import { parseCustomSignals } from '../customSignals.ts'
import { CustomView } from '../CustomView.ts'
import { encodeMetaInfo, type TiaMetaInfo } from '../metaInfo.ts'
import { plainAddress } from '../plainAddress.ts'
import { TiaFormatError } from '../TiaError.ts'
import { TcpDataConnection, type OutgoingLine, type TcpDataOptions } from './TcpDataConnection.ts'
import { broadcastAddressOf, fitsDatagram, type UdpBroadcast } from './UdpBroadcast.ts'

/** What a control connection needs of its server. */
export interface SessionServer {
  readonly meta: TiaMetaInfo
  readonly host: string
  readonly statePort: number
  readonly udp: UdpBroadcast
  /** Where packets of UDP go; none: to the subnet of the client. */
  readonly udpAddress: string | undefined
  readonly data: Pick<TcpDataOptions, 'maxBacklog' | 'openLine' | 'onDropped'>
  /** Whether requests are to be ignored now. */
  readonly isDeaf: () => boolean
}

/** What a client asked for and did not get; the text goes to it. */
class Refusal extends Error {
  readonly kind: 'Error' | 'ValidationError'

  constructor(text: string, kind: 'Error' | 'ValidationError' = 'Error') {
    super(text)
    this.kind = kind
  }
}

type Answer = Partial<TiaMessage>

/** Bytes of content that a request may have. */
const MAX_REQUEST = 1 << 18
const OK: Answer = { command: 'OK' }

/** The control connection of one client, with the data connection that it has asked for. */
export class ControlSession {
  /** Where the client is. */
  readonly peer: string
  readonly #socket: Socket
  readonly #line: OutgoingLine
  readonly #server: SessionServer
  #view: CustomView | undefined
  #tcp: TcpDataConnection | undefined
  /** The subnet that is sent to for this client, where it asked for UDP. */
  #udpTarget: string | undefined
  #isUdpStarted = false
  /** Requests that were refused. */
  refused = 0

  constructor(socket: Socket, line: OutgoingLine, server: SessionServer) {
    this.#socket = socket
    this.#line = line
    this.#server = server
    this.peer = plainAddress(socket.remoteAddress)
    socket.setNoDelay(true).setKeepAlive(true, 10_000)
  }

  /** The data connection over TCP, where there is one. */
  get data(): TcpDataConnection | undefined {
    return this.#tcp
  }

  get isSending(): boolean {
    return this.#isUdpStarted || this.#tcp?.isSending === true
  }

  /** Answers one request after the other until the connection ends. */
  async serve(): Promise<void> {
    const reader = new MessageReader({ maxContent: MAX_REQUEST })
    try {
      // The loop must not end the connection: an error is answered after it.
      for await (const bytes of this.#socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
        if (this.#server.isDeaf()) continue
        for (const message of reader.push(bytes)) await this.#answer(await this.#reply(message))
      }
    } catch (error) {
      if (!(error instanceof TiaFormatError)) throw error
      // Where the next message would begin is not known.
      this.refused += 1
      await this.#answer({ command: 'Error', content: error.message })
    } finally {
      this.close()
    }
  }

  close(): void {
    this.#leaveData()
    this.#line.close()
    this.#socket.destroySoon()
  }

  /** An answer leaves in one piece, since pytia reads it by one call. */
  async #answer(answer: Answer): Promise<void> {
    this.#line.write(encodeMessage(answer))
    if (!this.#socket.writableNeedDrain) return
    const ended = new AbortController()
    const end = (): void => ended.abort()
    this.#socket.once('close', end)
    // A client that goes without reading its answers does not let them drain.
    await once(this.#socket, 'drain', { signal: ended.signal }).catch(() => {})
    this.#socket.off('close', end)
  }

  async #reply(message: TiaMessage): Promise<Answer> {
    try {
      if (!Object.hasOwn(this.#commands, message.command)) throw new Refusal(`unknown command '${message.command}'`)
      return await this.#commands[message.command]!(message)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      this.refused += 1
      return { command: error.kind, content: error.message }
    }
  }

  readonly #commands: Readonly<Record<string, (message: TiaMessage) => Answer | Promise<Answer>>> = {
    CheckProtocolVersion: () => OK,
    GetMetaInfo: () => ({ command: 'MetaInfo', content: encodeMetaInfo(this.#view?.meta ?? this.#server.meta) }),
    GetDataConnection: ({ parameter }) => this.#getDataConnection(parameter),
    StartDataTransmission: () => this.#start(),
    StopDataTransmission: () => this.#stop(),
    GetServerStateConnection: () => ({
      command: 'ServerStateConnectionPort',
      parameter: String(this.#server.statePort)
    }),
    SetCustomSignalInfo: ({ content }) => this.#setCustomSignals(content)
  }

  async #getDataConnection(parameter: string): Promise<Answer> {
    if (parameter === 'TCP') return { command: 'DataConnectionPort', parameter: String(await this.#openTcp()) }
    if (parameter === 'UDP') return { command: 'DataConnectionPort', parameter: String(this.#joinUdp()) }
    throw new Refusal(`expected a data connection over TCP or UDP, got '${parameter}'`)
  }

  /** A connection asked for before is closed. */
  async #openTcp(): Promise<number> {
    this.#leaveData()
    const { host, data } = this.#server
    this.#tcp = await TcpDataConnection.listen({ ...data, host, peer: this.peer, view: this.#view })
    return this.#tcp.port
  }

  #joinUdp(): number {
    const { meta, udp, udpAddress } = this.#server
    if (this.#view !== undefined) throw new Refusal('custom signals come over TCP only, since all clients share UDP')
    if (!fitsDatagram(meta.signals)) throw new Refusal('a packet is too large for a datagram')
    const target = udpAddress ?? broadcastAddressOf(plainAddress(this.#socket.localAddress))
    if (target === undefined) throw new Refusal('UDP needs IPv4, and a subnet that can be sent to')
    this.#leaveData()
    this.#udpTarget = target
    return udp.port
  }

  #start(): Answer {
    this.#requireData()
    if (this.#tcp !== undefined) this.#tcp.start()
    else if (!this.#isUdpStarted) {
      this.#isUdpStarted = true
      this.#server.udp.start(this.#udpTarget!)
    }
    return OK
  }

  #stop(): Answer {
    this.#requireData()
    this.#tcp?.stop()
    this.#stopUdp()
    return OK
  }

  #requireData(): void {
    if (this.#tcp === undefined && this.#udpTarget === undefined) throw new Refusal('ask for a data connection first')
    if (this.#tcp?.isOver) throw new Refusal('the data connection has ended: ask for another')
  }

  #setCustomSignals(content: string): Answer {
    const { meta } = this.#server
    const wanted = asValid(() => parseCustomSignals(content, meta))
    if (this.#view !== undefined) throw new Refusal('this connection has custom signals already')
    if (this.#tcp !== undefined || this.#udpTarget !== undefined)
      throw new Refusal('custom signals are set before a data connection is asked for')
    this.#view = new CustomView(wanted, meta)
    return OK
  }

  #leaveData(): void {
    this.#tcp?.close()
    this.#tcp = undefined
    this.#stopUdp()
    this.#udpTarget = undefined
  }

  #stopUdp(): void {
    if (this.#isUdpStarted) this.#server.udp.stop(this.#udpTarget!)
    this.#isUdpStarted = false
  }
}

/** What does not suit is told to the client. */
function asValid<T>(parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    if (error instanceof TiaFormatError) throw new Refusal(error.message, 'ValidationError')
    throw error
  }
}
