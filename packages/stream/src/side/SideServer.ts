import { UnreachablePeerError, ZmqSocket } from '@nodeacq/zmq'
import type { ConsumerLink } from '../delivery/Consumer.ts'
import type { Hub } from '../delivery/Hub.ts'
import type { Publisher } from '../delivery/Publisher.ts'
import type { Entry } from '../delivery/RetentionLog.ts'
import { report } from '../log.ts'
import { decodeSide, encodeChunk, encodeSide } from './messages.ts'
import type { SideMessage, SideMessageOf } from './messages.ts'

/** ms that closing goes on sending what inputs have not got yet. */
const LINGER = 1000
/** ms between heartbeats on a connection. They run on zeromq's own thread: a busy peer answers, a dead one does not. */
const HEARTBEAT = 2000
/** Inputs say little; a message that is larger comes from something else. */
const LARGEST_MESSAGE = 1 << 20
/** Connections that were asked who they are and have not said, at most. */
const MOST_UNKNOWN = 1000

/** The output's end of the side channel: one ROUTER for all inputs. */
export class SideServer {
  readonly address: string
  readonly #socket: ZmqSocket
  readonly #hub: Hub
  readonly #publisher: Publisher
  readonly #lease: number
  readonly #subject: string
  /** Connections that were asked who they are; what was queued while a connection was gone comes at once. */
  readonly #asked = new Set<string>()
  #hasReported = false

  private constructor(at: {
    address: string
    socket: ZmqSocket
    hub: Hub
    publisher: Publisher
    lease: number
    subject: string
  }) {
    this.address = at.address
    this.#socket = at.socket
    this.#hub = at.hub
    this.#publisher = at.publisher
    this.#lease = at.lease
    this.#subject = at.subject
  }

  /**
   * @param lease ms without any sign of life after which a peer counts as dead
   * @throws {AddressInUseError} @throws {AddressError}
   */
  static async bind(
    address: string,
    at: { hub: Hub; publisher: Publisher; lease: number; subject: string }
  ): Promise<SideServer> {
    const { hub, publisher, lease, subject } = at
    const socket = new ZmqSocket('router', {
      linger: LINGER,
      receiveHighWaterMark: 0,
      heartbeatInterval: Math.min(HEARTBEAT, lease),
      heartbeatTimeout: lease,
      maxMessageSize: LARGEST_MESSAGE
    })
    try {
      const bound = await socket.bind(address)
      const server = new SideServer({ address: bound, socket, hub, publisher, lease, subject })
      void server.#listen()
      return server
    } catch (error) {
      socket.close()
      throw error
    }
  }

  async #listen(): Promise<void> {
    for await (const [identity, ...frames] of this.#socket) {
      if (identity === undefined) continue
      const message = decodeSide(frames)
      if (message === undefined || message.kind === 'chunk') this.#reportOnce()
      else this.#hear(identity, message)
    }
  }

  #hear(identity: Buffer, message: SideMessage): void {
    const id = identity.toString('latin1')
    if (message.kind === 'hello') this.#hello(id, identity, message)
    else if (!this.#hub.hear(id, message) && !this.#asked.has(id)) {
      if (this.#asked.size >= MOST_UNKNOWN) this.#asked.clear()
      this.#asked.add(id)
      this.#post(identity, id, { kind: 'unknown' })
    }
  }

  #hello(id: string, identity: Buffer, message: SideMessageOf<'hello'>): void {
    const link: ConsumerLink = {
      isLocal: false,
      post: (answer) => {
        this.#post(identity, id, answer)
      },
      chunk: (entry) => {
        this.#chunk(identity, id, entry)
      }
    }
    const admit = (): void => {
      this.#asked.delete(id)
      this.#hub.admit(id, message, link)
    }
    if (message.token === null) admit()
    else this.#publisher.whenSubscribed(message.token, admit)
  }

  #post(identity: Buffer, id: string, message: SideMessage): void {
    if (message.kind !== 'chunk') this.#send(id, [identity, encodeSide(message)])
  }

  #chunk(identity: Buffer, id: string, { run, start, index, frames = [] }: Entry): void {
    const message = encodeChunk({ kind: 'chunk', run, index, samples: index - start, frames })
    message.unshift(identity)
    this.#send(id, message)
  }

  #send(id: string, frames: readonly Uint8Array[]): void {
    this.#socket.send(frames).catch((error: unknown) => {
      if (error instanceof UnreachablePeerError) this.#hub.miss(id, this.#lease)
    })
  }

  #reportOnce(): void {
    if (this.#hasReported) return
    this.#hasReported = true
    report('warning', `${this.#subject}: dropped a message on ${this.address} that is none of the side channel's`)
  }

  close(): void {
    this.#socket.close()
  }
}
