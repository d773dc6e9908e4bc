import * as zmq from 'zeromq'
import { AddressError, AddressInUseError, SocketClosedError, UnreachablePeerError } from './errors.ts'

/** One part of a message. A string goes out as UTF-8. */
export type Frame = string | Uint8Array

const CONSTRUCTORS = {
  router: zmq.Router,
  dealer: zmq.Dealer,
  xpub: zmq.XPublisher,
  sub: zmq.Subscriber,
  push: zmq.Push,
  pull: zmq.Pull,
  pair: zmq.Pair
} as const

export type SocketKind = keyof typeof CONSTRUCTORS

/** Options of a socket; all are set before it binds or connects. */
export interface SocketOptions {
  /** ms that closing waits for messages that are still queued. Default 0: a process never hangs at its end. */
  linger?: number
  /** Messages queued for one peer before `send` waits (or PUB drops). 0 = no limit. Default 1000. */
  sendHighWaterMark?: number
  /** Messages queued from one peer. 0 = no limit. Default 1000. */
  receiveHighWaterMark?: number
  /** DEALER: the identity that the ROUTER sees. */
  identity?: string
  /** ms between heartbeats on each connection; they run on the I/O thread, so a busy event loop does not stop them. */
  heartbeatInterval?: number
  /** ms without an answer after which a connection counts as dead. */
  heartbeatTimeout?: number
  /** ms a TCP connection attempt may take. */
  connectTimeout?: number
  /** ms until a connection that ended is tried again. Default 100. */
  reconnectInterval?: number
  /** ms up to which that time doubles from attempt to attempt. Default: it stays as it is. */
  reconnectMaxInterval?: number
  /** Largest message accepted from a peer, in bytes; a peer that sends more is disconnected. -1 = no limit. */
  maxMessageSize?: number
}

export type ConnectionEvent = 'connect' | 'disconnect' | 'accept' | 'connect:delay' | 'handshake'

/**
 * Sockets that are open. zeromq closes a socket that nobody refers to, even with a `receive` pending;
 * what is listed here stays alive until `close`.
 */
const open = new Set<ZmqSocket>()

type RawSocket = InstanceType<(typeof CONSTRUCTORS)[SocketKind]>
type SendingSocket = RawSocket & { send(message: readonly Frame[] | Frame): Promise<void> }
type ReceivingSocket = RawSocket & { receive(): Promise<Buffer[]> }

/**
 * A zeromq socket with the edges taken off: any number of `send` calls at once (they queue in order), reading that
 * ends quietly when the socket closes, no wait at process exit, and typed errors.
 *
 * A payload over 128 bytes is not copied: zeromq reads the caller's memory until the I/O thread has sent it, which is
 * later than the moment `send` resolves. Hand over a buffer that nobody writes to again.
 */
export class ZmqSocket implements AsyncDisposable {
  readonly kind: SocketKind
  readonly #raw: RawSocket
  readonly #queue: { frames: readonly Frame[]; resolve: () => void; reject: (error: unknown) => void }[] = []
  #draining = false
  #inFlight: Promise<void> | undefined

  constructor(kind: SocketKind, options: SocketOptions = {}) {
    this.kind = kind
    const { identity, heartbeatInterval, heartbeatTimeout, connectTimeout, maxMessageSize, ...rest } = options
    const settings: Record<string, unknown> = { linger: 0, ...rest }
    if (identity !== undefined) settings['routingId'] = identity
    if (heartbeatInterval !== undefined) settings['heartbeatInterval'] = heartbeatInterval
    if (heartbeatTimeout !== undefined) settings['heartbeatTimeout'] = heartbeatTimeout
    if (connectTimeout !== undefined) settings['connectTimeout'] = connectTimeout
    if (maxMessageSize !== undefined) settings['maxMessageSize'] = maxMessageSize
    if (kind === 'router') {
      // Without a peer a mandatory ROUTER waits for one instead of refusing, so it must not wait at all; its queues are
      // unbounded unless asked, because a full one could not be told from a peer that is gone.
      settings['mandatory'] = true
      settings['sendTimeout'] = 0
      settings['sendHighWaterMark'] = options.sendHighWaterMark ?? 0
    }
    const Kind = CONSTRUCTORS[kind] as new (options: Record<string, unknown>) => RawSocket
    this.#raw = new Kind(settings)
    open.add(this)
  }

  get closed(): boolean {
    return this.#raw.closed
  }

  /** Messages that wait in this process because zeromq did not take them yet. */
  get queued(): number {
    return this.#queue.length
  }

  /**
   * Listens on `address` and returns the real one (`*` replaced by the port that was chosen).
   * @throws {AddressInUseError} when the port is taken. @throws {AddressError} for anything else zeromq refuses.
   */
  async bind(address: string): Promise<string> {
    this.#requireOpen()
    try {
      await this.#raw.bind(address)
    } catch (error) {
      if (codeOf(error) === 'EADDRINUSE') throw new AddressInUseError(address, error)
      throw new AddressError(address, 'listen on', error)
    }
    return this.#raw.lastEndpoint ?? address
  }

  /** Connects in the background; zeromq goes on trying until `close`. @throws {AddressError} when the text is no address. */
  connect(address: string): void {
    this.#requireOpen()
    try {
      this.#raw.connect(address)
    } catch (error) {
      throw new AddressError(address, 'connect to', error)
    }
  }

  disconnect(address: string): void {
    if (!this.closed) this.#raw.disconnect(address)
  }

  subscribe(...prefixes: Frame[]): void {
    ;(this.#raw as zmq.Subscriber).subscribe(...(prefixes as Buffer[]))
  }

  unsubscribe(...prefixes: Frame[]): void {
    if (!this.closed) (this.#raw as zmq.Subscriber).unsubscribe(...(prefixes as Buffer[]))
  }

  /** Closes a socket's monitor together with the socket. `listener` gets the peer's address where there is one. */
  onConnection(event: ConnectionEvent, listener: (address: string | undefined) => void): void {
    this.#raw.events.on(event, (data) => listener('address' in data ? (data.address as string) : undefined))
  }

  /**
   * Queues one message. Resolves when zeromq has taken it, which for a full queue is when there is room.
   * @throws {SocketClosedError} @throws {UnreachablePeerError} (ROUTER) when no such peer is connected.
   */
  send(frames: readonly Frame[]): Promise<void> {
    if (this.closed) return Promise.reject(new SocketClosedError(`the ${this.kind} socket`))
    if (this.#queue.length === 0 && !this.#draining) {
      try {
        const sent = (this.#raw as SendingSocket).send(frames)
        this.#inFlight = sent
        return this.kind === 'router' ? sent.catch(rethrow) : sent
      } catch (error) {
        // EBUSY comes synchronously while an earlier send waits for room; anything else is the caller's.
        if (codeOf(error) !== 'EBUSY') return Promise.reject(translate(error))
      }
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ frames, resolve, reject })
      if (!this.#draining) void this.#drain()
    })
  }

  async #drain(): Promise<void> {
    this.#draining = true
    await this.#inFlight?.catch(() => undefined)
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
      if (this.closed) {
        next.reject(new SocketClosedError(`the ${this.kind} socket`))
        continue
      }
      try {
        await (this.#raw as SendingSocket).send(next.frames)
        next.resolve()
      } catch (error) {
        next.reject(translate(error))
      }
    }
    this.#draining = false
  }

  /** The next message. One reader at a time. @throws {SocketClosedError} when the socket closes meanwhile. */
  async receive(): Promise<Buffer[]> {
    this.#requireOpen()
    try {
      return await (this.#raw as ReceivingSocket).receive()
    } catch (error) {
      if (this.closed) throw new SocketClosedError(`the ${this.kind} socket`)
      throw translate(error)
    }
  }

  /** Messages until the socket closes. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer[], void, undefined> {
    const raw = this.#raw as ReceivingSocket
    while (!raw.closed) {
      let message: Buffer[]
      try {
        message = await raw.receive()
      } catch (error) {
        if (raw.closed) return
        throw translate(error)
      }
      yield message
    }
  }

  /** Closes the socket. Messages still queued in this process are refused; those given to zeromq go out within `linger`. */
  close(): void {
    open.delete(this)
    if (!this.#raw.closed) this.#raw.close()
    for (const waiting of this.#queue.splice(0)) {
      waiting.reject(new SocketClosedError(`the ${this.kind} socket`))
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close()
    return Promise.resolve()
  }

  #requireOpen(): void {
    if (this.closed) throw new SocketClosedError(`the ${this.kind} socket`)
  }
}

/** The sockets of this process that are not closed, for tests and for a last look at exit. */
export function openSockets(): readonly ZmqSocket[] {
  return [...open]
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}

function translate(error: unknown): unknown {
  const code = codeOf(error)
  return code === 'EHOSTUNREACH' || code === 'EAGAIN' ? new UnreachablePeerError(error) : error
}

function rethrow(error: unknown): never {
  throw translate(error)
}
