import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { isIPv6, type AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { getLogger } from '@nodeacq/rpc'
import { isLoopbackHost } from '@nodeacq/nodes'
import { WebSocketServer, type WebSocket } from 'ws'
import { ViewerError } from '../errors.ts'
import { MAX_RATE, MAX_TEXT, PROTOCOL, type Role } from '../protocol/messages.ts'
import { Access } from './Access.ts'
import { Connection } from './Connection.ts'
import { PageHandler } from './PageHandler.ts'
import { readPageFiles } from './PageFiles.ts'
import { pageFolder } from './pageFolder.ts'
import { tokenOfFile } from './tokenOfFile.ts'
import type { Viewer } from './Viewer.ts'

export interface ViewerServerOptions {
  /** Interface to listen on. Default 127.0.0.1; beyond loopback only with a certificate or `insecure`. */
  readonly host?: string
  /** Default 0: any free one. */
  readonly port?: number
  /** Files in PEM. */
  readonly tlsCert?: string
  readonly tlsKey?: string
  /** Allow a host beyond loopback without a certificate: whoever listens on the way can read along. */
  readonly insecure?: boolean
  /** Names under which others reach the server, without a port. */
  readonly publicNames?: readonly string[]
  /** File with the token, made when there is none; without one every start has another token. */
  readonly tokenFile?: string
}

const MAX_CLIENTS = 64
/** ms; who has not answered one ping by the next is gone. */
const PING = 10_000
const LOOPBACK_IPV4 = '127.0.0.1'
const LOOPBACK_IPV6 = '::1'

const log = getLogger('nodeacq.ViewerServer')

/** The page and its websockets for viewers of this process. */
export class ViewerServer implements AsyncDisposable {
  readonly #options: ViewerServerOptions
  readonly #host: string
  readonly #access: Access
  readonly #viewers = new Map<string, Viewer>()
  readonly #connections = new Map<WebSocket, Connection>()
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_TEXT,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(PROTOCOL) ? PROTOCOL : false)
  })
  #servers: Server[] = []
  #port = 0
  #sending: NodeJS.Timeout | undefined

  private constructor(options: ViewerServerOptions, token: string | undefined) {
    this.#options = options
    this.#host = options.host ?? LOOPBACK_IPV4
    const { publicNames = [] } = options
    this.#access = new Access({ host: this.#host, publicNames, ...(token !== undefined && { token }) })
  }

  /** @throws {ViewerError} when it cannot listen there, or may not unasked. */
  static async start(options: ViewerServerOptions = {}): Promise<ViewerServer> {
    const { tokenFile } = options
    const server = new ViewerServer(options, tokenFile === undefined ? undefined : await tokenOfFile(tokenFile))
    await server.#listen()
    return server
  }

  /** `http://…`, without a path. */
  get origin(): string {
    const name = isIPv6(this.#host) ? `[${this.#host}]` : this.#host
    return `${this.#isSecure ? 'https' : 'http'}://${name}:${this.#port}`
  }

  /** A link that makes whoever opens it one of this role; to a viewer, or to the list of all. */
  url({ viewer, role = 'control' }: { viewer?: string; role?: Role } = {}): string {
    const path = viewer === undefined ? '/' : `/v/${encodeURIComponent(viewer)}`
    return `${this.origin}${path}?token=${this.#access.token(role)}`
  }

  /** @throws {ViewerError} when there is one of that name. */
  add(viewer: Viewer): void {
    if (this.#viewers.has(viewer.name))
      throw new ViewerError(`a viewer '${viewer.name}' is shown at ${this.origin} already`)
    this.#viewers.set(viewer.name, viewer)
    for (const connection of this.#connections.values()) connection.sayHello()
  }

  remove(viewer: Viewer): void {
    if (this.#viewers.get(viewer.name) !== viewer) return
    this.#viewers.delete(viewer.name)
    for (const connection of this.#connections.values()) {
      connection.forget(viewer.name)
      connection.sayHello()
    }
  }

  get viewerCount(): number {
    return this.#viewers.size
  }

  /** Tells the parameters of a viewer to the pages that show it. */
  tellParams(viewer: Viewer): void {
    for (const connection of this.#connections.values()) connection.sayParams(viewer.name)
  }

  /** Safe to call twice. */
  async close(): Promise<void> {
    clearInterval(this.#sending)
    for (const connection of this.#connections.values()) connection.close()
    const servers = this.#servers.splice(0)
    await Promise.all(
      servers.map((server) => {
        server.closeAllConnections()
        return new Promise<void>((resolve) => server.close(() => resolve()))
      })
    )
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  get #isSecure(): boolean {
    return this.#options.tlsCert !== undefined && this.#options.tlsKey !== undefined
  }

  async #listen(): Promise<void> {
    const { port = 0, insecure = false } = this.#options
    const host = this.#host
    if (!isLoopbackHost(host) && !this.#isSecure) {
      const reason = 'expected a loopback host, a certificate (tlsCert, tlsKey), or insecure on a network you trust'
      if (!insecure) throw new ViewerError(`viewers at ${host}: ${reason}`, { code: 'INSECURE_ADDRESS' })
      log.warning(`viewers at ${host}: whoever listens on the way sees the token and the signals`)
    }
    const pages = new PageHandler(await readPageFiles(await pageFolder()), this.#access, this.#isSecure)
    const make = await this.#maker((request, response) => pages.answer(request, response))
    this.#port = await this.#open(make(), host, port)
    this.#access.listensOn(this.#port)
    // Browsers take localhost for either.
    if (host === LOOPBACK_IPV4) await this.#open(make(), LOOPBACK_IPV6, this.#port).catch(() => undefined)
  }

  async #maker(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<() => Server> {
    const { tlsCert, tlsKey } = this.#options
    if (tlsCert === undefined || tlsKey === undefined) return () => createServer(answer)
    const [cert, key] = await Promise.all([readFile(tlsCert), readFile(tlsKey)])
    return () => createSecureServer({ cert, key }, answer)
  }

  async #open(server: Server, host: string, port: number): Promise<number> {
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
    // Whoever only shows viewers has nothing left to do.
    server.unref()
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause: NodeJS.ErrnoException) => {
        const isOurs = cause.code === 'EADDRNOTAVAIL' || cause.code === 'ENOTFOUND'
        const message = `viewers at ${host}:${port}: ${cause.code === 'EADDRINUSE' ? 'the address is in use' : cause.message}`
        reject(new ViewerError(message, { code: isOurs ? 'ADDRESS' : 'VIEWER', cause }))
      })
      server.listen({ port, host }, resolve)
    })
    this.#servers.push(server)
    return (server.address() as AddressInfo).port
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const role = this.#access.roleOf(request)
    const isOurs = this.#access.isOurHost(request) && this.#access.isOurOrigin(request)
    socket.on('error', () => socket.destroy())
    if (role === undefined || !isOurs) return refuse(socket, '403 Forbidden')
    if (this.#connections.size >= MAX_CLIENTS) return refuse(socket, '503 Service Unavailable')
    this.#sockets.handleUpgrade(request, socket, head, (websocket) => this.#welcome(websocket, request, role))
  }

  #welcome(socket: WebSocket, request: IncomingMessage, role: Role): void {
    const address = request.socket.remoteAddress ?? ''
    this.#connections.set(socket, new Connection(socket, { role, address, viewers: this.#viewers, log }))
    let isAlive = true
    socket.on('pong', () => (isAlive = true))
    const pinging = setInterval(() => {
      if (!isAlive) return socket.terminate()
      isAlive = false
      socket.ping()
    }, PING)
    // What it was about is in the close that follows.
    socket.on('error', () => undefined)
    socket.on('close', () => {
      clearInterval(pinging)
      this.#connections.delete(socket)
      if (this.#connections.size === 0) clearInterval(this.#sending)
    })
    if (this.#connections.size === 1) this.#sending = setInterval(() => this.#send(), 1000 / MAX_RATE)
  }

  #send(): void {
    const now = performance.now()
    for (const connection of this.#connections.values()) connection.send(now)
  }
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
}
