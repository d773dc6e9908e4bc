import type { Logger } from '@nodeacq/rpc'
import { ZmqSocket } from '@nodeacq/zmq'
import { MAX_PAYLOAD } from './Fields.ts'

/** Messages that may wait for us; the plugin itself keeps 1000 for a slow subscriber, and drops the next ones. */
const HIGH_WATER_MARK = 10_000
/** ms between looks at whether the other side is still there, and without an answer until it is not. */
const HEARTBEAT = { interval: 2000, timeout: 6000 }
/** ms until the first attempt to connect again, and at most between two. */
const RECONNECT = { first: 100, most: 30_000 }

/** What one plugin publishes. The connection is made again when it ends; one line in the log tells of each outage. */
export class PluginFeed implements AsyncDisposable {
  readonly #socket: ZmqSocket
  #isConnected = false
  #outages = 0

  /** @param subject whose feed it is, for the log */
  constructor(url: string, subject: string, log: Logger) {
    this.#socket = new ZmqSocket('sub', {
      receiveHighWaterMark: HIGH_WATER_MARK,
      maxMessageSize: MAX_PAYLOAD,
      heartbeatInterval: HEARTBEAT.interval,
      heartbeatTimeout: HEARTBEAT.timeout,
      reconnectInterval: RECONNECT.first,
      reconnectMaxInterval: RECONNECT.most
    })
    this.#socket.onConnection('connect', () => {
      if (this.#outages > 0 && !this.#isConnected) log.info(`${subject}: connected to ${url} again`)
      this.#isConnected = true
    })
    this.#socket.onConnection('disconnect', () => {
      if (this.#isConnected) log.warning(`${subject}: ${url} is gone, trying again`)
      this.#isConnected = false
      this.#outages += 1
    })
    this.#socket.connect(url)
    this.#socket.subscribe('')
  }

  /** How often the connection ended. */
  get outages(): number {
    return this.#outages
  }

  get isConnected(): boolean {
    return this.#isConnected
  }

  /** Messages as they come, until `signal` aborts or the feed is closed. One reader at a time. */
  async *messages(signal: AbortSignal): AsyncGenerator<Buffer[], void, undefined> {
    if (signal.aborted) return
    const close = (): void => this.close()
    signal.addEventListener('abort', close, { once: true })
    try {
      yield* this.#socket
    } finally {
      signal.removeEventListener('abort', close)
    }
  }

  close(): void {
    this.#socket.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close()
    return Promise.resolve()
  }
}
