import type { ZmqSocket } from '@nodeacq/zmq'
import { report } from './report.ts'

/** Bytes that one frame may have, in both directions; larger data belongs in streams. */
export const MAX_MESSAGE_SIZE = 2 ** 30

/** ms of handling message after message before timers and other sockets get their turn. */
const TURN = 5

/**
 * Hands the messages of a socket to a handler, in order, until the socket closes. A message that is already there is
 * handled in a microtask, which is fast but lets nothing else run; so now and then it waits for a turn of the loop.
 */
export class MessageLoop {
  readonly #socket: ZmqSocket
  readonly #handle: (frames: Buffer[]) => void

  constructor(socket: ZmqSocket, handle: (frames: Buffer[]) => void) {
    this.#socket = socket
    this.#handle = handle
  }

  start(): void {
    this.#run().catch((error: unknown) => {
      if (!this.#socket.closed) report('error', `an RPC socket cannot be read any more: ${String(error)}`, error)
    })
  }

  async #run(): Promise<void> {
    let since = performance.now()
    for (let count = 1; ; count++) {
      const frames = await this.#socket.receive()
      try {
        this.#handle(frames)
      } catch (error) {
        report('error', `an RPC message could not be handled: ${String(error)}`, error)
      }
      if (count % 32 === 0 && performance.now() - since > TURN) {
        await new Promise(setImmediate)
        since = performance.now()
      }
    }
  }
}
