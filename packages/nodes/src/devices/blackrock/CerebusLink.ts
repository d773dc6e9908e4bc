import { createSocket, type Socket } from 'node:dgram'
import { on, once } from 'node:events'
import { CerebusError } from './CerebusError.ts'
import { encodeSystem, RUNNING } from './cerebusConfig.ts'
import { CEREBUS_VERSIONS, CONFIGURATION, encodeCerebus, PACKET, type CerebusVersion } from './cerebusPackets.ts'

export interface CerebusLinkOptions {
  /** Address and port of this machine at which the instrument's datagrams come. */
  readonly localHost: string
  readonly localPort: number
  readonly instrumentHost: string
  readonly instrumentPort: number
  /** Bytes. */
  readonly receiveBufferSize: number
}

/** The socket over which an instrument is asked and heard. */
export class CerebusLink implements Disposable {
  readonly #socket: Socket
  readonly #options: CerebusLinkOptions
  #isClosed = false

  private constructor(socket: Socket, options: CerebusLinkOptions) {
    this.#socket = socket
    this.#options = options
  }

  /** @throws {CerebusError} when the address is not of this machine, or the port is taken. */
  static async open(options: CerebusLinkOptions): Promise<CerebusLink> {
    const { localHost, localPort, receiveBufferSize } = options
    const socket = createSocket({ type: 'udp4', reuseAddr: true, recvBufferSize: receiveBufferSize })
    try {
      socket.bind(localPort, localHost)
      await once(socket, 'listening')
    } catch (cause) {
      socket.close()
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new CerebusError(`cannot receive at ${localHost}:${localPort}: ${reason}`, { cause })
    }
    // What cannot be sent, or was refused, shows by the silence that follows.
    socket.on('error', () => {})
    return new CerebusLink(socket, options)
  }

  /** Every datagram as it comes, until the signal aborts. */
  async *datagrams(signal: AbortSignal): AsyncGenerator<Buffer, void> {
    try {
      for await (const [datagram] of on(this.#socket, 'message', { signal })) yield datagram as Buffer
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }

  /** Asks the instrument to run, and for its configuration; in every version while it is not known which it speaks. */
  ask(version: CerebusVersion | undefined): void {
    for (const each of version === undefined ? CEREBUS_VERSIONS : [version]) {
      const header = { time: 1, channel: CONFIGURATION }
      const run = encodeSystem({ frequency: 0, runLevel: RUNNING })
      this.send(encodeCerebus(each, { ...header, type: PACKET.setRunLevel }, run))
      this.send(encodeCerebus(each, { ...header, type: PACKET.requestConfiguration }))
    }
  }

  send(packet: Buffer): void {
    if (!this.#isClosed) this.#socket.send(packet, this.#options.instrumentPort, this.#options.instrumentHost)
  }

  [Symbol.dispose](): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#socket.close()
  }
}
