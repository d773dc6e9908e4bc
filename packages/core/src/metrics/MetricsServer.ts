import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { isIPv4, isIPv6, type AddressInfo } from 'node:net'
import { getLogger } from '@nodeacq/rpc'
import { MetricsError } from '../errors.ts'
import { metricsText, type Measured } from './metricsText.ts'

/** Where metrics are served. */
export interface MetricsOptions {
  /** Default 0: any free one. */
  port?: number
  /** Interface to listen on. Default 127.0.0.1. */
  host?: string
  /** Needed for a host beyond loopback: whoever reaches the page can read it. */
  insecure?: boolean
}

const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'
/** Connections at a time; a few scrapers are the rule. */
const MAX_CONNECTIONS = 64

const log = getLogger('nodeacq.metrics')

/**
 * Serves `GET /metrics`, once started. What is measured is read when somebody asks, so nothing is done for it between
 * two scrapes; scrapes at the same time share one reading.
 */
export class MetricsServer {
  readonly #read: () => Measured | Promise<Measured>
  #server: Server | undefined
  #url: string | null = null
  #reading: Promise<string> | undefined

  constructor(read: () => Measured | Promise<Measured>) {
    this.#read = read
  }

  /** `http://…/metrics`; null while it is not served. */
  get url(): string | null {
    return this.#url
  }

  /**
   * Starts to serve, in the place of an earlier address if there was one, and gives the URL.
   * @throws {MetricsError} when the port is taken, the host is none of this machine's, or beyond loopback unasked.
   */
  async start({ port = 0, host = '127.0.0.1', insecure = false }: MetricsOptions = {}): Promise<string> {
    const place = `${isIPv6(host) ? `[${host}]` : host}:${port}`
    if (!isLoopback(host) && !insecure) {
      const reason = 'expected a loopback host; pass insecure: true (--insecure) on a network you trust'
      throw new MetricsError(place, reason, { code: 'INSECURE_ADDRESS' })
    }
    this.close()
    const server = createServer((request, response) => void this.#answer(request, response))
    server.maxConnections = MAX_CONNECTIONS
    // Whoever only serves metrics has nothing left to do.
    server.unref()
    this.#server = server
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause: NodeJS.ErrnoException) => {
        if (this.#server === server) this.#server = undefined
        reject(new MetricsError(place, reasonOf(cause), { cause, code: codeOf(cause) }))
      })
      server.listen({ port, host }, resolve)
    })
    if (!isLoopback(host)) log.warning(`metrics at ${place}: whoever reaches this port can read them`)
    const { address, family, port: bound } = server.address() as AddressInfo
    this.#url = `http://${family === 'IPv6' ? `[${address}]` : address}:${bound}/metrics`
    return this.#url
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url?.replace(/\?.*$/s, '')
    if (path !== '/metrics') return end(response, 404, 'There is only /metrics here.\n')
    if (request.method !== 'GET' && request.method !== 'HEAD') return end(response, 405, 'Ask with GET.\n')
    try {
      this.#reading ??= this.#text()
      end(response, 200, await this.#reading)
    } catch (error) {
      log.error('metrics cannot be read', error)
      end(response, 500, `${String(error)}\n`)
    }
  }

  async #text(): Promise<string> {
    try {
      return await metricsText(await this.#read())
    } finally {
      this.#reading = undefined
    }
  }

  /** Safe to call twice. */
  close(): void {
    this.#server?.close()
    this.#server?.closeAllConnections()
    this.#server = undefined
    this.#url = null
  }
}

function end(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': status === 200 ? CONTENT_TYPE : 'text/plain; charset=utf-8' }).end(text)
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'))
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'EADDRINUSE') return 'the address is in use'
  return code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' ? 'this machine has no such address' : message
}

function codeOf({ code }: NodeJS.ErrnoException): 'METRICS' | 'ADDRESS' {
  return code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' ? 'ADDRESS' : 'METRICS'
}
