import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import type { RawData, WebSocket } from 'ws'
import { encodeMessage, epochSeconds } from '../../devices/mw75/messages.ts'
import type { Line, LineFaults } from '../../simulators/LineFaults.ts'

export interface ServedClientOptions {
  /** ms between two heartbeats. */
  readonly heartbeat: number
  /** ms between two pings, and for the answer to one. */
  readonly ping: number
  /** What goes wrong on purpose. */
  readonly faults: LineFaults | undefined
  readonly batteryLevel: () => number | null
  /** One after the other: the next is not given before this is done. */
  readonly onRequest: (text: string) => Promise<void>
  readonly onGone: () => void
}

/** Bytes that wait for a client that does not read; from there on it gets no samples. */
const MAX_WAITING = 4 << 20
/** Requests that may wait for one that takes long. */
const MAX_REQUESTS = 100

/** A program that is connected to an MW75 server. */
export class ServedClient {
  /** `<address>:<port>`. */
  readonly name: string
  /** Samples that it did not get because it does not read. */
  missed = 0
  readonly #socket: WebSocket
  readonly #line: Line
  readonly #options: ServedClientOptions
  readonly #timers: readonly NodeJS.Timeout[]
  #requests: Promise<void> = Promise.resolve()
  #waiting = 0
  #isAlive = true

  constructor(socket: WebSocket, request: IncomingMessage, options: ServedClientOptions) {
    const { remoteAddress, remotePort } = request.socket
    this.name = `${remoteAddress}:${remotePort}`
    this.#socket = socket
    this.#options = options
    const { faults } = options
    const line = {
      // Bytes that are no text would end the connection of a client that checks.
      write: (bytes: Uint8Array) => socket.send(bytes, { binary: !isUtf8(bytes) }),
      destroy: () => socket.terminate()
    }
    const faulty = faults?.add(line)
    this.#line = faulty ?? line
    this.#timers = [setInterval(() => this.#beat(), options.heartbeat), setInterval(() => this.#ping(), options.ping)]
    socket.on('message', (data) => this.#receive(data))
    socket.on('ping', (data) => {
      if (faults?.isDeaf !== true) socket.pong(data)
    })
    socket.on('pong', () => (this.#isAlive = true))
    socket.on('error', () => socket.terminate())
    socket.on('close', () => {
      for (const timer of this.#timers) clearInterval(timer)
      faulty?.close()
      options.onGone()
    })
  }

  /** A frame that was encoded. */
  send(frame: Uint8Array): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#line.write(frame)
  }

  /** @returns whether the client reads. */
  sendSample(frame: Uint8Array): boolean {
    if (this.#socket.bufferedAmount > MAX_WAITING) {
      this.missed += 1
      return false
    }
    this.send(frame)
    return true
  }

  tell(type: string, data: object, id?: unknown): void {
    this.send(Buffer.from(encodeMessage(type, data, id)))
  }

  #receive(data: RawData): void {
    if (this.#options.faults?.isDeaf === true) return
    if (this.#waiting >= MAX_REQUESTS) {
      this.#socket.close(1008, 'too many requests')
      return
    }
    this.#waiting += 1
    const text = (data as Buffer).toString('utf8')
    this.#requests = this.#requests
      .then(() => this.#options.onRequest(text))
      .finally(() => {
        this.#waiting -= 1
      })
  }

  #beat(): void {
    this.tell('heartbeat', { timestamp: epochSeconds(), battery_level: this.#options.batteryLevel() })
  }

  /** A half-open connection shows by a ping without answer; it would hold its place for ever. */
  #ping(): void {
    if (!this.#isAlive) {
      this.#socket.terminate()
      return
    }
    this.#isAlive = false
    if (this.#options.faults?.isDeaf !== true) this.#socket.ping()
  }
}
