import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import type { CustomView } from '../CustomView.ts'
import { plainAddress } from '../plainAddress.ts'
import { encodePacket, type TiaBlock } from '../TiaPacket.ts'
import type { OutgoingPacket } from './OutgoingPacket.ts'

/** A connection as it sends. */
export interface OutgoingLine {
  /** Takes the bytes over. */
  write(bytes: Uint8Array): void
  /** The connection has ended. */
  close(): void
}

/** What stands between the encoder and a socket; undefined: the connection is refused. */
export type OpenLine = (socket: Socket) => OutgoingLine | undefined

export interface TcpDataOptions {
  readonly host: string
  /** Only from there a client is taken. */
  readonly peer: string
  /** What the connection gets; default all. */
  readonly view: CustomView | undefined
  /** Bytes that may wait for a slow client; a packet beyond them is lost, and its number tells. */
  readonly maxBacklog: number
  readonly openLine: OpenLine
  readonly onDropped: () => void
}

/**
 * The data connection of one client over TCP: a port of its own, to which the client connects before it starts the transmission
 * (libtia) or after (pytia). Packets count from 0 with the first after both.
 */
export class TcpDataConnection {
  readonly #server: Server
  readonly #options: TcpDataOptions
  #socket: Socket | undefined
  #line: OutgoingLine | undefined
  #isStarted = false
  #isOver = false
  #number = 0

  private constructor(options: TcpDataOptions) {
    this.#options = options
    this.#server = createServer((socket) => this.#welcome(socket))
  }

  /** Listens on any free port. */
  static async listen(options: TcpDataOptions): Promise<TcpDataConnection> {
    const connection = new TcpDataConnection(options)
    await new Promise<void>((resolve, reject) => {
      connection.#server.once('error', reject)
      connection.#server.listen(0, options.host, resolve)
    })
    return connection
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Whether packets go out on it now. */
  get isSending(): boolean {
    return this.#isStarted && this.#socket !== undefined
  }

  /** The client came, and has gone: another connection is needed. */
  get isOver(): boolean {
    return this.#isOver
  }

  start(): void {
    this.#isStarted = true
  }

  stop(): void {
    this.#isStarted = false
  }

  send(packet: OutgoingPacket): void {
    const { view, maxBacklog, onDropped } = this.#options
    if (!this.#isStarted || this.#line === undefined) {
      view?.pass(packet.blocks)
      return
    }
    const blocks = view?.apply(packet.blocks) ?? packet.blocks
    if (view !== undefined && blocks.length === 0) return
    const number = this.#number++
    if (this.#socket!.writableLength > maxBacklog) {
      onDropped()
      return
    }
    const bytes = view === undefined ? packet.bytesFor(number) : encode(packet, blocks, number)
    for (let copy = 0; copy < packet.copies; copy++) this.#line.write(bytes)
  }

  /** Packets that are lost before they are sent. */
  skip(count: number): void {
    if (this.isSending) this.#number += count
  }

  close(): void {
    this.#isOver = true
    this.#socket?.destroy()
    if (this.#server.listening) this.#server.close()
  }

  #welcome(socket: Socket): void {
    const isExpected = plainAddress(socket.remoteAddress) === this.#options.peer
    const line = isExpected && this.#socket === undefined && !this.#isOver ? this.#options.openLine(socket) : undefined
    socket.on('error', () => {})
    if (line === undefined) {
      socket.destroy()
      return
    }
    this.#socket = socket.setNoDelay(true).resume()
    this.#line = line
    socket.on('close', () => {
      line.close()
      this.#socket = this.#line = undefined
      this.#isOver = true
    })
    // The port is for one client.
    this.#server.close()
  }
}

function encode(
  { packetId, timestamp }: OutgoingPacket,
  blocks: readonly TiaBlock[],
  packetNumber: number
): Uint8Array {
  return encodePacket({ packetId, packetNumber, timestamp, blocks })
}
