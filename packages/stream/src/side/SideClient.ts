import { ZmqSocket } from '@nodeacq/zmq'
import { totalBytes } from '../delivery/RetentionLog.ts'
import { turnDue } from '../delivery/turn.ts'
import type { OutputLink, OutputListener } from '../input/OutputLink.ts'
import { report } from '../log.ts'
import { decodeSide, encodeSide } from './messages.ts'
import type { SideMessage, SideMessageOf } from './messages.ts'

/** ms between signs of life. */
const ALIVE_INTERVAL = 1000
/** ms between heartbeats on a connection, and what counts as dead where the output does not say. */
const HEARTBEAT = 2000
const LEASE = 10_000
/** ms that closing waits for the farewell to go out. */
const LINGER = 200

/** The input's end of the side channel: one DEALER. */
export class SideClient implements OutputLink {
  readonly isLocal = false
  readonly #socket: ZmqSocket
  readonly #listener: OutputListener
  readonly #subject: string
  readonly #alive: NodeJS.Timeout
  #hasReported = false
  #hasConnected = false

  /** @throws {AddressError} */
  constructor(
    address: string,
    listener: OutputListener,
    { subject, lease = LEASE }: { subject: string; lease?: number | undefined }
  ) {
    this.#listener = listener
    this.#subject = subject
    // The output limits what is on its way, so that no queue of zeromq's has to.
    this.#socket = new ZmqSocket('dealer', {
      linger: LINGER,
      sendHighWaterMark: 0,
      receiveHighWaterMark: 0,
      // Of a connection that died silently only this end may know: what it sends goes nowhere.
      heartbeatInterval: Math.min(HEARTBEAT, lease),
      heartbeatTimeout: lease
    })
    // An output knows its inputs by their connections: over a new one it asks who this is, as soon as it hears of it.
    this.#socket.onConnection('handshake', () => {
      if (this.#hasConnected) this.post({ kind: 'alive' })
      this.#hasConnected = true
    })
    try {
      this.#socket.connect(address)
    } catch (error) {
      this.#socket.close()
      throw error
    }
    this.#alive = setInterval(() => {
      this.post({ kind: 'alive' })
    }, ALIVE_INTERVAL)
    this.#alive.unref()
    void this.#listen()
  }

  async #listen(): Promise<void> {
    for await (const frames of this.#socket) {
      const message = decodeSide(frames)
      if (message === undefined) this.#reportOnce()
      else if (message.kind === 'chunk') {
        const { run, index, samples, frames } = message
        this.#listener.chunk({
          kind: 'chunk',
          run,
          start: index - samples,
          index,
          bytes: totalBytes(frames),
          at: 0,
          frames,
          data: undefined
        })
      } else this.#listener.message(message)
      const due = turnDue()
      if (due) await due
    }
  }

  hello(message: SideMessageOf<'hello'>): void {
    this.post(message)
  }

  post(message: SideMessage): void {
    if (this.#socket.closed || message.kind === 'chunk') return
    this.#socket.send([encodeSide(message)]).catch(() => undefined) // closed meanwhile
  }

  #reportOnce(): void {
    if (this.#hasReported) return
    this.#hasReported = true
    report('warning', `${this.#subject}: dropped a message that is none of the side channel's`)
  }

  close(): void {
    clearInterval(this.#alive)
    this.post({ kind: 'leave' })
    this.#socket.close()
  }
}
