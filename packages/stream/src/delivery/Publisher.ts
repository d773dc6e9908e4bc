import { ZmqSocket } from '@nodeacq/zmq'

/** ms that closing goes on sending what subscribers have not got yet, as in pyacq. */
const LINGER = 1000

/** Subscriptions that begin like this are tokens: no data message does. */
export const TOKEN_PREFIX = '\u0001nodeacq '

/**
 * The data socket of an output: an XPUB, on the wire the same as pyacq's PUB. It also hears subscriptions, so it knows
 * when a token has arrived, and with it everything its subscriber asked for before.
 */
export class Publisher {
  readonly #socket: ZmqSocket
  readonly #tokens = new Map<string, () => void>()
  #subscribers = 0

  private constructor(socket: ZmqSocket) {
    this.#socket = socket
  }

  /**
   * @param highWaterMark messages that wait for one slow subscriber before its next ones are dropped; 0 is no limit
   * @throws {AddressInUseError} @throws {AddressError}
   */
  static async bind(address: string, highWaterMark: number): Promise<{ publisher: Publisher; address: string }> {
    // XPUB tells of each subscription only once per topic unless it is asked to be verbose; a PUB never waits.
    const options = { linger: LINGER, sendHighWaterMark: highWaterMark, sendTimeout: 0, verbosity: 'allSubsUnsubs' }
    const socket = new ZmqSocket('xpub', options)
    try {
      const publisher = new Publisher(socket)
      const bound = await socket.bind(address)
      void publisher.#listen()
      return { publisher, address: bound }
    } catch (error) {
      socket.close()
      throw error
    }
  }

  /** Subscriptions to everything, ours and pyacq's. */
  get subscribers(): number {
    return this.#subscribers
  }

  /** Resolves at once; for a subscriber that is full the message is dropped. */
  send(frames: readonly Uint8Array[]): Promise<void> {
    return this.#socket.send(frames)
  }

  /** Calls `listener` once, when the subscription `token` is in place. */
  whenSubscribed(token: string, listener: () => void): void {
    if (this.#seen.delete(token)) listener()
    else remember(this.#tokens, token, listener)
  }

  readonly #seen = new Map<string, true>()

  async #listen(): Promise<void> {
    for await (const [frame] of this.#socket) {
      if (frame === undefined || frame.length === 0) continue
      const isSubscription = frame[0] === 1
      if (frame.length === 1) this.#subscribers += isSubscription ? 1 : -1
      else if (isSubscription && frame.length < 200) this.#hearToken(frame.toString('utf8', 1))
    }
  }

  #hearToken(token: string): void {
    if (!token.startsWith(TOKEN_PREFIX)) return
    const listener = this.#tokens.get(token)
    if (listener) {
      this.#tokens.delete(token)
      listener()
    } else {
      remember(this.#seen, token, true)
    }
  }

  close(): void {
    this.#socket.close()
  }
}

/** Tokens whose other half never comes must not pile up. */
function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.set(key, value)
  if (map.size > 1000) for (const oldest of map.keys()) return void map.delete(oldest)
}
