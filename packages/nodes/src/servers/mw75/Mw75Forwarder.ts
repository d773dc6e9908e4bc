import { getLogger } from '@nodeacq/rpc'
import { WebSocket } from 'ws'
import { BackOff } from '../../devices/BackOff.ts'
import { encodeFlat, type Mw75Sample } from '../../devices/mw75/messages.ts'

/** Bytes that wait for a server that does not read; from there on samples are left out. */
const MAX_WAITING = 4 << 20
/** ms between two pings, and for the answer to one. */
const PING_INTERVAL = 10_000

/**
 * Sends samples to any WebSocket server, each as a flat object `{timestamp, event_id, counter, ref, drl, channels,
 * feature_status, type: "eeg_data"}`: what the original streamer does as a client. It connects again whenever the
 * connection ends; samples that come meanwhile are left out and counted.
 */
export class Mw75Forwarder implements AsyncDisposable {
  readonly url: string
  readonly counts = { sent: 0, missed: 0 }
  readonly #log = getLogger('nodeacq.Mw75Forwarder')
  readonly #stop = new AbortController()
  readonly #work: Promise<void>
  #socket: WebSocket | undefined

  /** Begins to connect. @param url of a WebSocket server */
  constructor(url: string) {
    this.url = url
    this.#work = this.#run(this.#stop.signal)
  }

  get isConnected(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN
  }

  /** @returns whether it is on its way. */
  send(sample: Mw75Sample): boolean {
    const socket = this.#socket
    if (socket?.readyState !== WebSocket.OPEN || socket.bufferedAmount > MAX_WAITING) {
      this.counts.missed += 1
      return false
    }
    socket.send(encodeFlat(sample))
    this.counts.sent += 1
    return true
  }

  /** Safe to call twice. */
  async close(): Promise<void> {
    this.#stop.abort()
    // A server that does not answer the closing frame is not waited for.
    const timer = setTimeout(() => this.#socket?.terminate(), 1000)
    await this.#work
    clearTimeout(timer)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #run(signal: AbortSignal): Promise<void> {
    const backOff = new BackOff()
    let hasWarned = false
    while (!signal.aborted) {
      const reason = await this.#connection(signal, () => {
        this.#log.info(`samples go to ${this.url}`)
        backOff.reset()
        hasWarned = false
      })
      if (signal.aborted) return
      if (!hasWarned) this.#log.warning(`no connection to ${this.url}, trying again: ${reason}`)
      hasWarned = true
      await backOff.wait(signal)
    }
  }

  /** Lasts as long as one connection. @returns why it ended. */
  #connection(signal: AbortSignal, onOpen: () => void): Promise<string> {
    return new Promise((resolve) => {
      const socket = new WebSocket(this.url, { perMessageDeflate: false, handshakeTimeout: 10_000 })
      this.#socket = socket
      let reason = 'the connection ended'
      let isAlive = true
      const stop = (): void => socket.close(1000)
      const pings = setInterval(() => {
        if (!isAlive) socket.terminate()
        isAlive = false
        if (socket.readyState === WebSocket.OPEN) socket.ping()
      }, PING_INTERVAL)
      signal.addEventListener('abort', stop, { once: true })
      socket.on('open', onOpen)
      socket.on('pong', () => (isAlive = true))
      socket.on('error', (error) => (reason = error.message))
      socket.on('close', () => {
        clearInterval(pings)
        signal.removeEventListener('abort', stop)
        resolve(reason)
      })
    })
  }
}
