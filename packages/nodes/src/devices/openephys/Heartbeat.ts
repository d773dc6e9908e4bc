import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { DeviceError } from '@nodeacq/core'
import type { Logger } from '@nodeacq/rpc'
import { SocketClosedError, ZmqSocket } from '@nodeacq/zmq'
import { encodeRequest, type SentEvent } from './zmqInterface.ts'

/** ms between two signs of life; the plugin shows an application without any for 5 s as dead. */
const INTERVAL = 2000
/** ms without an answer after which the connection is made anew. */
const PATIENCE = 10_000

export interface HeartbeatOptions {
  readonly url: string
  /** Whose sign of life it is, for the log. */
  readonly subject: string
  readonly log: Logger
  /** Default 2000 ms. */
  readonly interval?: number
  /** Default 10 000 ms. */
  readonly patience?: number
}

/**
 * Tells the plugin that this application is alive, and sends it events: one request at a time, as REQ does it. A plugin that
 * does not answer is asked on a new connection.
 */
export class Heartbeat implements AsyncDisposable {
  readonly #options: Required<HeartbeatOptions>
  readonly #application: { readonly name: string; readonly uuid: string }
  readonly #closed = new AbortController()
  #socket: ZmqSocket | undefined
  #turn: Promise<unknown> = Promise.resolve()
  #isAnswered = true
  answers = 0
  /** Connections that were given up because nothing came. */
  renewals = 0

  constructor(options: HeartbeatOptions) {
    this.#options = { interval: INTERVAL, patience: PATIENCE, ...options }
    this.#application = { name: 'nodeacq', uuid: randomUUID() }
    void this.#beat()
  }

  /** Sends an event to the plugin. @throws {DeviceError} when it does not answer, or answers otherwise than it should. */
  async sendEvent(event: SentEvent): Promise<string> {
    const answer = await this.#request(encodeRequest(this.#application, event))
    if (answer !== undefined) return answer
    const { subject, url } = this.#options
    throw new DeviceError(`${subject}: no answer from ${url} to an event`)
  }

  close(): void {
    this.#closed.abort()
    this.#socket?.close()
    this.#socket = undefined
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close()
    return Promise.resolve()
  }

  async #beat(): Promise<void> {
    const { interval, subject, url, log } = this.#options
    const { signal } = this.#closed
    while (!signal.aborted) {
      const isAnswered = (await this.#request(encodeRequest(this.#application))) !== undefined
      if (signal.aborted) return
      if (this.#isAnswered && !isAnswered) log.warning(`${subject}: no answer from ${url}, trying again`)
      if (!this.#isAnswered && isAnswered) log.info(`${subject}: ${url} answers again`)
      this.#isAnswered = isAnswered
      await sleep(interval, undefined, { signal }).catch(() => {})
    }
  }

  /** The answer; undefined when none came in time. */
  #request(text: string): Promise<string | undefined> {
    const answer = this.#turn.then(() => this.#exchange(text))
    this.#turn = answer
    return answer
  }

  async #exchange(text: string): Promise<string | undefined> {
    if (this.#closed.signal.aborted) return undefined
    const socket = (this.#socket ??= this.#connect())
    const timer = setTimeout(() => {
      this.renewals += 1
      socket.close()
    }, this.#options.patience)
    try {
      // What a REQ socket puts before its request, and a REP socket before its answer.
      await socket.send(['', text])
      const frames = await socket.receive()
      this.answers += 1
      return frames.at(-1)!.toString('utf8')
    } catch (error) {
      if (!(error instanceof SocketClosedError)) throw error
      this.#socket = undefined
      return undefined
    } finally {
      clearTimeout(timer)
    }
  }

  #connect(): ZmqSocket {
    const socket = new ZmqSocket('dealer', { maxMessageSize: 1 << 16 })
    socket.connect(this.#options.url)
    return socket
  }
}
