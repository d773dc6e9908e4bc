import { SocketClosedError, ZmqSocket } from '@nodeacq/zmq'

const MAX_ANSWER = 1 << 20

/**
 * Asks a REP socket, one request at a time. Where no answer comes in time the connection is given up, and the next request
 * goes out on a new one ("lazy pirate" of the ZeroMQ guide).
 */
export class Requester implements AsyncDisposable {
  readonly url: string
  readonly #patience: number
  #socket: ZmqSocket | undefined
  #turn: Promise<unknown> = Promise.resolve()
  #isClosed = false

  /** @param patience ms */
  constructor(url: string, patience: number) {
    this.url = url
    this.#patience = patience
  }

  /** The answer; undefined when none came in time. */
  ask(text: string): Promise<string | undefined> {
    const answer = this.#turn.then(() => this.#exchange(text))
    this.#turn = answer
    return answer
  }

  close(): void {
    this.#isClosed = true
    this.#socket?.close()
    this.#socket = undefined
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close()
    return Promise.resolve()
  }

  async #exchange(text: string): Promise<string | undefined> {
    if (this.#isClosed) return undefined
    const socket = (this.#socket ??= this.#connect())
    const timer = setTimeout(() => socket.close(), this.#patience)
    try {
      // What a REQ socket puts before its request, and a REP socket before its answer.
      await socket.send(['', text])
      return (await socket.receive()).at(-1)!.toString('utf8')
    } catch (error) {
      if (!(error instanceof SocketClosedError)) throw error
      this.#socket = undefined
      return undefined
    } finally {
      clearTimeout(timer)
    }
  }

  #connect(): ZmqSocket {
    const socket = new ZmqSocket('dealer', { maxMessageSize: MAX_ANSWER })
    socket.connect(this.url)
    return socket
  }
}
