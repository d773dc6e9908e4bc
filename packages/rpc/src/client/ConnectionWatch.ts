import type { ZmqSocket } from '@nodeacq/zmq'

/** How a server presents itself to a client that asks with its ping; pyacq answers `pong`. */
export interface ServerIdentity {
  /** Different for every server that ever ran. */
  readonly instance: string
  /** What its proxies carry as owner. */
  readonly address: string
}

interface WatchOptions {
  /** ms in which a lost connection must be back. */
  readonly reconnectTimeout: number
  /** Asks the server who it is. Never answered when it is not there. */
  readonly ask: () => Promise<ServerIdentity | undefined>
  readonly onLost: (reason: string) => void
}

/**
 * Tells a server that is gone from one that is only busy. Heartbeats and TCP belong to the I/O threads of both
 * sides, so a busy event loop looks alive; a process that died drops the connection. Then:
 *
 *     disconnect ──► handshake within reconnectTimeout? ── no ──► lost
 *                        │ yes
 *                        └─► the same instance answers? ── no, another one ──► lost (its objects are others)
 */
export class ConnectionWatch {
  readonly #options: WatchOptions
  #known: ServerIdentity | undefined
  #deadline: NodeJS.Timeout | undefined
  #connected = false

  constructor(socket: ZmqSocket, options: WatchOptions) {
    this.#options = options
    socket.onConnection('handshake', () => this.#onHandshake())
    socket.onConnection('disconnect', () => this.#onDisconnect())
  }

  /** Whether a connection is up. */
  get isConnected(): boolean {
    return this.#connected
  }

  /** Who is meant to be there, learnt when the connection was made. */
  expect(server: ServerIdentity | undefined): void {
    this.#known = server
  }

  stop(): void {
    clearTimeout(this.#deadline)
  }

  #onHandshake(): void {
    this.#connected = true
    clearTimeout(this.#deadline)
    this.#deadline = undefined
  }

  #onDisconnect(): void {
    this.#connected = false
    if (this.#deadline !== undefined) return
    const { reconnectTimeout, ask, onLost } = this.#options
    this.#deadline = setTimeout(() => {
      onLost(`it went away and did not come back within ${reconnectTimeout} ms`)
    }, reconnectTimeout)
    ask().then(
      (server) => {
        const known = this.#known
        if (known !== undefined && server?.instance !== known.instance)
          onLost('another server took its place; proxies of the old one mean nothing there')
      },
      () => undefined
    )
  }
}
