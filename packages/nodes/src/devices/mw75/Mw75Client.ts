import { randomUUID } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import { DeviceError } from '@nodeacq/core'
import { WebSocket, type RawData } from 'ws'
import { encodeMessage, MAX_FRAME, parseMessage, type ConnectOptions, type Mw75Message } from './messages.ts'
import { Mw75Error } from './Mw75Error.ts'

export interface Mw75ClientOptions {
  /** ms to wait for the connection, for an answer, and between two pings. Default 5000. */
  readonly timeout?: number
  /** Ends the attempt to connect. */
  readonly signal?: AbortSignal
}

interface Mw75ClientEvents {
  /** What the server says of its own; `arrival` is ms of `performance.now()`. */
  message: [message: Mw75Message, arrival: number]
  /** The connection has ended, by itself or by `close`; told once. */
  end: [reason: string]
}

interface Pending {
  readonly resolve: (data: Readonly<Record<string, unknown>>) => void
  readonly reject: (error: Error) => void
  readonly timer: NodeJS.Timeout
}

/**
 * A connection to an MW75 server: asks it to connect the headset, and tells what it says.
 *
 * ```ts
 * await using client = await Mw75Client.open('ws://localhost:8080')
 * client.on('message', (message) => message.type === 'eeg_data' && console.log(message.sample.channels))
 * await client.connectHeadset({ autoReconnect: true })
 * ```
 */
export class Mw75Client extends EventEmitter<Mw75ClientEvents> implements AsyncDisposable {
  readonly url: string
  /** Frames that were no messages. */
  badMessages = 0
  readonly #socket: WebSocket
  readonly #timeout: number
  readonly #pending = new Map<unknown, Pending>()
  readonly #pings: NodeJS.Timeout
  #isAlive = true
  #hasEnded = false
  #reason = ''

  private constructor(url: string, timeout: number) {
    super()
    this.url = url
    this.#timeout = timeout
    this.#socket = new WebSocket(url, {
      handshakeTimeout: timeout,
      perMessageDeflate: false,
      maxPayload: MAX_FRAME
    })
    this.#socket.on('message', (data) => this.#receive(data))
    this.#socket.on('pong', () => (this.#isAlive = true))
    this.#socket.on('error', (error) => (this.#reason = error.message))
    this.#socket.on('close', (code) => this.#end(code))
    this.#pings = setInterval(() => this.#ping(), timeout)
  }

  /**
   * Resolves when the server has greeted.
   * @throws {Mw75Error} it has a client already. @throws {DeviceError} it does not answer.
   */
  static async open(url: string, { timeout = 5000, signal }: Mw75ClientOptions = {}): Promise<Mw75Client> {
    let client: Mw75Client
    try {
      client = new Mw75Client(url, timeout)
    } catch (cause) {
      throw new DeviceError(`MW75 server at ${url}: expected an address such as ws://localhost:8080`, { cause })
    }
    const ending = AbortSignal.any([AbortSignal.timeout(timeout), ...(signal ? [signal] : [])])
    const giveUp = (): void => client.drop(signal?.aborted ? 'given up' : `no answer within ${timeout} ms`)
    ending.addEventListener('abort', giveUp)
    if (ending.aborted) giveUp()
    try {
      await client.#greeting()
      return client
    } finally {
      ending.removeEventListener('abort', giveUp)
    }
  }

  get isConnected(): boolean {
    return !this.#hasEnded
  }

  /** Why the connection has ended. */
  get reason(): string {
    return this.#reason
  }

  /**
   * Asks for the headset; what becomes of it is told by messages.
   * @throws {Mw75Error} the server refuses, such as `ALREADY_CONNECTED`.
   */
  async connectHeadset({ autoReconnect = false, logLevel = 'ERROR' }: Partial<ConnectOptions> = {}): Promise<void> {
    await this.#request('connect', { auto_reconnect: autoReconnect, log_level: logLevel })
  }

  async disconnectHeadset(): Promise<void> {
    await this.#request('disconnect')
  }

  /** How the server stands, with its own names: `device_state`, `auto_reconnect`, `log_level`, `battery_level`. */
  status(): Promise<Readonly<Record<string, unknown>>> {
    return this.#request('status')
  }

  /** ms that it took to be answered. */
  async ping(): Promise<number> {
    const from = performance.now()
    await this.#request('ping')
    return performance.now() - from
  }

  /** To every other client, where the server allows several. @returns how many got it. */
  async broadcast(data: object): Promise<number> {
    const { recipients } = await this.#request('broadcast', data)
    return Number(recipients ?? 0)
  }

  /** The reader is behind: nothing more is taken from the connection. */
  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  /** Ends the connection at once, as if it were lost. */
  drop(reason: string): void {
    this.#reason = reason
    this.#socket.terminate()
  }

  /** Safe to call twice. */
  async close(): Promise<void> {
    if (this.#hasEnded) return
    const ended = once(this, 'end')
    this.#socket.resume()
    this.#socket.close(1000)
    // A server that does not answer the closing frame is not waited for.
    const timer = setTimeout(() => this.#socket.terminate(), 1000)
    await ended
    clearTimeout(timer)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #greeting(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const onMessage = (message: Mw75Message): void => {
        this.off('end', onEnd)
        if (message.type !== 'error') {
          resolve()
          return
        }
        this.drop(message.text)
        reject(new Mw75Error(this.#subject, message.code, message.text))
      }
      const onEnd = (reason: string): void => {
        this.off('message', onMessage)
        reject(new DeviceError(`${this.#subject}: no connection: ${reason}`))
      }
      this.once('message', onMessage)
      this.once('end', onEnd)
    })
  }

  #request(type: string, data: object = {}): Promise<Readonly<Record<string, unknown>>> {
    return new Promise((resolve, reject) => {
      if (this.#hasEnded) throw new DeviceError(`${this.#subject}: ${type}: ${this.#reason}`)
      const id = randomUUID()
      const timer = setTimeout(() => {
        this.#pending.delete(id)
        reject(new DeviceError(`${this.#subject}: ${type}: no answer within ${this.#timeout} ms`))
      }, this.#timeout)
      this.#pending.set(id, { resolve, reject, timer })
      this.#socket.send(encodeMessage(type, data, id))
    })
  }

  #receive(data: RawData): void {
    const arrival = performance.now()
    this.#isAlive = true
    let message: Mw75Message
    try {
      message = parseMessage((data as Buffer).toString('utf8'))
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      this.badMessages += 1
      return
    }
    if (!this.#settle(message)) this.emit('message', message, arrival)
  }

  /** @returns whether it answers a request. */
  #settle(message: Mw75Message): boolean {
    if (message.type !== 'answer' && message.type !== 'error') return false
    const pending = this.#pending.get(message.id)
    if (pending === undefined) return message.type === 'answer'
    this.#pending.delete(message.id)
    clearTimeout(pending.timer)
    if (message.type === 'answer') pending.resolve(message.data)
    else pending.reject(new Mw75Error(this.#subject, message.code, message.text))
    return true
  }

  /** A half-open connection shows by a ping without answer. */
  #ping(): void {
    if (this.#socket.isPaused || this.#socket.readyState !== WebSocket.OPEN) return
    if (!this.#isAlive) {
      this.drop(`nothing came for ${this.#timeout} ms`)
      return
    }
    this.#isAlive = false
    this.#socket.ping()
  }

  #end(code: number): void {
    this.#hasEnded = true
    this.#reason ||= `the connection has ended (${code})`
    clearInterval(this.#pings)
    for (const { reject, timer } of this.#pending.values()) {
      clearTimeout(timer)
      reject(new DeviceError(`${this.#subject}: ${this.#reason}`))
    }
    this.#pending.clear()
    this.emit('end', this.#reason)
  }

  get #subject(): string {
    return `MW75 server at ${this.url}`
  }
}
