import { ZmqSocket } from '@nodeacq/zmq'
import { totalBytes } from '../delivery/RetentionLog.ts'
import type { Entry } from '../delivery/RetentionLog.ts'
import { report } from '../log.ts'

/** ms between heartbeats. */
const HEARTBEAT = 2000
/** Messages taken from zeromq ahead of the reader. */
const AHEAD = 4
/** The run of a chunk does not stand in its message. */
export const UNKNOWN_RUN = -1

/** The data socket of an input: a SUB that reads a little ahead, so that a slow reader leaves the rest to zeromq. */
export class Subscription {
  readonly #socket: ZmqSocket
  readonly #deliver: (entry: Entry) => number
  #isReading = false

  /** @throws {AddressError} */
  constructor(at: {
    address: string
    token?: string
    /** Messages that wait before the output drops its next ones; 0 is no limit. */
    highWaterMark: number
    /** ms without any sign of life after which the connection counts as dead; by default only TCP can tell. */
    lease?: number | undefined
    /** Takes one message and says how many wait now. */
    deliver: (entry: Entry) => number
    /** Called when the connection stands. */
    onConnected?: () => void
  }) {
    const { address, token, highWaterMark, lease, deliver, onConnected } = at
    this.#deliver = deliver
    const heartbeat =
      lease === undefined ? {} : { heartbeatInterval: Math.min(HEARTBEAT, lease), heartbeatTimeout: lease }
    this.#socket = new ZmqSocket('sub', { receiveHighWaterMark: highWaterMark, ...heartbeat })
    try {
      if (onConnected) this.#socket.onConnection('handshake', onConnected)
      this.#socket.connect(address)
      this.#socket.subscribe('')
      // After the rest: when the output has heard of the token, it has heard of everything.
      if (token !== undefined) this.#socket.subscribe(token)
    } catch (error) {
      this.#socket.close()
      throw error
    }
  }

  /** Reads on, unless enough waits already. */
  read(): void {
    if (this.#isReading) return
    this.#isReading = true
    this.#socket.receive().then(this.#onMessage, this.#onEnd)
  }

  readonly #onMessage = (frames: Buffer[]): void => {
    this.#isReading = false
    const bytes = totalBytes(frames)
    const entry: Entry = { kind: 'chunk', run: UNKNOWN_RUN, start: 0, index: 0, bytes, at: 0, frames, data: undefined }
    if (this.#deliver(entry) < AHEAD) this.read()
  }

  /** Leaves `#isReading` set: nothing more can be read. */
  readonly #onEnd = (error: unknown): void => {
    if (!this.#socket.closed) report('error', 'the data socket of an input failed', error)
  }

  close(): void {
    this.#socket.close()
  }
}
