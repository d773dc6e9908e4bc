import { DeviceError } from '@nodeacq/core'
import type { RawData, WebSocket } from 'ws'
import { isLoopbackHost } from '../../isLoopbackHost.ts'
import type { Params } from './CortexCalls.ts'
import type { ClientDialect, WireCall } from './ClientDialect.ts'
import { CortexError } from './CortexError.ts'
import type { CortexResponse, CortexSample, CortexWarning } from './messages.ts'

export interface ConnectionOptions {
  readonly dialect: ClientDialect
  /** Certificate authority in PEM. Default: any certificate is taken from loopback (Cortex's is self-signed), else the system's. */
  ca?: string | undefined
  /** ms to wait for the connection, and for the answer to a call. */
  timeout: number
  onMessage: (message: CortexSample | CortexWarning) => void
  /** The connection ended without `close`; told once. */
  onLost: (reason: string) => void
  /** A frame that is none of Cortex's; its text may hold secrets. */
  onGarbage: (reason: string) => void
}

interface Pending {
  readonly method: string
  readonly resolve: (result: unknown) => void
  readonly reject: (error: Error) => void
  readonly timer: NodeJS.Timeout
}

/** Codes of Node for a certificate of nobody that is known, of another host, or out of date. */
const CERTIFICATE_ERRORS = /CERT|UNABLE_TO_(GET_ISSUER|VERIFY)/

/** ms between two pings, and for the answer to one. */
const PING_INTERVAL = 10_000

/** One WebSocket to Cortex: calls are routed to their answers by id, whatever comes between. */
export class CortexConnection {
  readonly #socket: WebSocket
  readonly #url: string
  readonly #options: ConnectionOptions
  readonly #pending = new Map<number, Pending>()
  readonly #pings: NodeJS.Timeout
  #id = 0
  #isAlive = true
  #isClosed = false

  private constructor(socket: WebSocket, url: string, options: ConnectionOptions) {
    this.#socket = socket
    this.#url = url
    this.#options = options
    socket.on('message', (data) => this.#receive(data))
    socket.on('pong', () => (this.#isAlive = true))
    socket.on('error', (error) => this.#end(error.message))
    socket.on('close', (code) => this.#end(`connection closed (${code})`))
    this.#pings = setInterval(() => this.#ping(), PING_INTERVAL)
    this.#pings.unref()
  }

  /** @throws {DeviceError} when nothing answers at `url`. */
  static async open(url: string, options: ConnectionOptions): Promise<CortexConnection> {
    const { WebSocket } = await import('ws')
    const { ca, timeout } = options
    const socket = new WebSocket(url, {
      handshakeTimeout: timeout,
      perMessageDeflate: false,
      rejectUnauthorized: ca !== undefined || !isLoopbackHost(new URL(url).hostname),
      ...(ca !== undefined && { ca })
    })
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve)
      socket.once('error', (cause: NodeJS.ErrnoException) => {
        const hint = CERTIFICATE_ERRORS.test(cause.code ?? '')
          ? ". Its certificate is not trusted: give the one that it is signed by as 'ca'"
          : ''
        reject(new DeviceError(`Cortex at ${url}: no connection: ${cause.message}${hint}`, { cause }))
      })
    })
    return new CortexConnection(socket, url, options)
  }

  /** @throws {CortexError} Cortex's own error. @throws {DeviceError} no answer in time, or the connection ended. */
  async request(method: string, params: Params): Promise<unknown> {
    return await this.#options.dialect.call(method, params, (call) => this.#send(call))
  }

  #send(call: WireCall): Promise<unknown> {
    const { method } = call
    return new Promise((resolve, reject) => {
      if (this.#isClosed) throw this.#failure(`${method}: the connection has ended`)
      const id = ++this.#id
      const { timeout } = this.#options
      const timer = setTimeout(() => {
        this.#pending.delete(id)
        reject(this.#failure(`${method}: no answer within ${timeout} ms`))
      }, timeout)
      this.#pending.set(id, { method, resolve, reject, timer })
      this.#socket.send(JSON.stringify({ jsonrpc: '2.0', id, ...call }))
    })
  }

  /** Safe to call twice. Calls under way are rejected. */
  async close(): Promise<void> {
    if (this.#socket.readyState === this.#socket.CLOSED) return
    this.#isClosed = true
    const ended = new Promise<void>((resolve) => this.#socket.once('close', () => resolve()))
    this.#rejectAll('closed')
    this.#socket.close(1000)
    // A peer that does not answer the closing frame is not waited for.
    const timer = setTimeout(() => this.#socket.terminate(), 1000)
    await ended
    clearTimeout(timer)
    clearInterval(this.#pings)
  }

  #receive(data: RawData): void {
    try {
      for (const message of this.#options.dialect.parse((data as Buffer).toString('utf8'))) {
        if (message.kind === 'response') this.#answer(message)
        else this.#options.onMessage(message)
      }
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      this.#options.onGarbage(error.message)
    }
  }

  #answer({ id, result, error }: CortexResponse): void {
    const pending = typeof id === 'number' ? this.#pending.get(id) : undefined
    if (pending === undefined) {
      this.#options.onGarbage(`answer to an unknown call ${id}`)
      return
    }
    this.#pending.delete(id as number)
    clearTimeout(pending.timer)
    if (error) pending.reject(new CortexError(pending.method, error.code, error.message))
    else pending.resolve(result)
  }

  /** A half-open connection shows by a ping without answer. */
  #ping(): void {
    if (!this.#isAlive) {
      this.#socket.terminate()
      return
    }
    this.#isAlive = false
    this.#socket.ping()
  }

  #end(reason: string): void {
    clearInterval(this.#pings)
    if (this.#isClosed) return
    this.#isClosed = true
    this.#socket.terminate()
    this.#rejectAll(reason)
    this.#options.onLost(reason)
  }

  #rejectAll(reason: string): void {
    for (const { method, reject, timer } of this.#pending.values()) {
      clearTimeout(timer)
      reject(this.#failure(`${method}: ${reason}`))
    }
    this.#pending.clear()
  }

  #failure(reason: string): DeviceError {
    return new DeviceError(`Cortex at ${this.#url}: ${reason}`)
  }
}
