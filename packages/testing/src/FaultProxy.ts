import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { parseTcpAddress } from './tcpAddress.ts'
import type { TcpAddress } from './tcpAddress.ts'
import { FaultyPipe } from './FaultyPipe.ts'
import type { PipeFaults } from './FaultyPipe.ts'
import { seededRandom } from './seededRandom.ts'

/** What is wrong with a way over the network. */
export interface Faults extends PipeFaults {
  /** Faults only from the client to the target; they come before those of both. */
  up?: PipeFaults
  /** Faults only from the target to the client. */
  down?: PipeFaults
}

export interface FaultProxyOptions extends Faults {
  /** Where connections lead, e.g. `tcp://127.0.0.1:5555`. */
  target: string
  /** Of the jitter. Default 1. */
  seed?: number
}

/**
 * A bad network for tests: listens on a free port of 127.0.0.1 and passes every connection on to `target`, with faults
 * that can be changed at any time.
 *
 * ```ts
 * await using proxy = await FaultProxy.start({ target: output.address })
 * client.connect(proxy.address)
 * proxy.set({ delay: 50, down: { bytesPerSecond: 10_000 } })
 * proxy.cut()
 * proxy.heal()
 * ```
 */
export class FaultProxy implements AsyncDisposable {
  readonly #server: Server
  readonly #random: () => number
  readonly #links = new Set<Link>()
  #target: TcpAddress
  #faults: Faults
  #isCut = false
  #accepted = 0

  private constructor(server: Server, { target, seed = 1, ...faults }: FaultProxyOptions) {
    this.#server = server
    this.#target = parseTcpAddress(target)
    this.#random = seededRandom(seed)
    this.#faults = faults
    server.on('connection', (socket) => {
      this.#accept(socket)
    })
  }

  /** @throws {TypeError} when the target is no address. */
  static async start(options: FaultProxyOptions): Promise<FaultProxy> {
    const server = createServer({ pauseOnConnect: true, allowHalfOpen: true })
    const proxy = new FaultProxy(server, options)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return proxy
  }

  /** Where clients connect: `tcp://127.0.0.1:PORT`. */
  get address(): string {
    return `tcp://127.0.0.1:${this.port}`
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Connections that stand. */
  get connections(): number {
    return this.#links.size
  }

  /** Connections that were passed on, in all. */
  get accepted(): number {
    return this.#accepted
  }

  get isCut(): boolean {
    return this.#isCut
  }

  /** Whether a connection that stands has swallowed bytes. */
  get hasSwallowed(): boolean {
    for (const { up, down } of this.#links) if (up.hasSwallowed || down.hasSwallowed) return true
    return false
  }

  /** Bytes that reached the other end, both ways together, over the connections that stand. */
  get passedBytes(): number {
    let sum = 0
    for (const { up, down } of this.#links) sum += up.passedBytes + down.passedBytes
    return sum
  }

  /** Changes what is given and leaves the rest; also for the connections that stand. `target`: for those to come. */
  set({ target, ...faults }: Faults & { target?: string }): void {
    if (target !== undefined) this.#target = parseTcpAddress(target)
    this.#faults = { ...this.#faults, ...faults }
    for (const link of this.#links) this.#apply(link)
  }

  /** Breaks every connection, as a RST does; until `heal`, new ones are broken as soon as they come. */
  cut(): void {
    this.#isCut = true
    this.drop()
  }

  /** Breaks the connections that stand; whoever connects again is let through. */
  drop(): void {
    for (const link of this.#links) link.destroy()
  }

  /**
   * Everything passes again, without faults. A connection that has swallowed bytes is broken: what came after them would
   * make no sense.
   */
  heal(): void {
    this.#isCut = false
    this.#faults = {}
    for (const link of this.#links) {
      if (link.up.hasSwallowed || link.down.hasSwallowed) link.destroy()
      else this.#apply(link)
    }
  }

  #apply({ up, down }: Link): void {
    const { up: upOnly, down: downOnly, ...both } = this.#faults
    up.faults = { ...both, ...upOnly }
    down.faults = { ...both, ...downOnly }
  }

  #accept(client: Socket): void {
    if (this.#isCut) {
      client.resetAndDestroy()
      return
    }
    this.#accepted += 1
    const link = new Link(client, connect({ ...this.#target, allowHalfOpen: true }), this.#random)
    this.#links.add(link)
    link.onGone = () => this.#links.delete(link)
    this.#apply(link)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.drop()
    await closed
  }
}

/** One connection of a client and the one that it is passed on to. */
class Link {
  readonly up: FaultyPipe
  readonly down: FaultyPipe
  onGone: () => void = () => undefined
  readonly #client: Socket
  readonly #target: Socket

  constructor(client: Socket, target: Socket, random: () => number) {
    this.#client = client
    this.#target = target
    for (const socket of [client, target]) {
      socket.setNoDelay(true)
      socket.on('error', () => {
        this.destroy()
      })
      socket.on('close', () => {
        // An end of the connection that was broken; one that ended properly has passed its end on.
        if (!socket.readableEnded) this.destroy()
        if (client.closed && target.closed) this.onGone()
      })
    }
    this.up = new FaultyPipe(client, target, random)
    this.down = new FaultyPipe(target, client, random)
    client.resume()
  }

  destroy(): void {
    this.up.close()
    this.down.close()
    this.#client.resetAndDestroy()
    this.#target.destroy()
    this.onGone()
  }
}
