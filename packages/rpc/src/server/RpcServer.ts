import { randomUUID } from 'node:crypto'
import { inspect } from 'node:util'
import { ZmqSocket, isLoopback } from '@nodeacq/zmq'
import { plainDialect } from '../dialect.ts'
import type { Dialect } from '../dialect.ts'
import { InsecureAddressError, RequestError } from '../errors.ts'
import { addLocalServer, removeLocalServer } from '../localServers.ts'
import type { LocalServer } from '../localServers.ts'
import { MAX_MESSAGE_SIZE, MessageLoop } from '../MessageLoop.ts'
import { LimitedReport, report } from '../report.ts'
import { isPlainObject, isThenable, markProxied } from '../serialize/kinds.ts'
import { msgpack } from '../serialize/msgpack.ts'
import { serializerNamed, serializerNames } from '../serialize/registry.ts'
import type { Serializer, Tree } from '../serialize/Serializer.ts'
import { toWire } from '../serialize/toWire.ts'
import { Actions } from './Actions.ts'
import type { Opts, Request } from './Actions.ts'
import { errorReply } from './errorReply.ts'
import { integerOf, textOf } from './frames.ts'
import { kindOf } from './members.ts'
import { ObjectTable } from './ObjectTable.ts'
import type { Peer } from './Peer.ts'
import { PeerWatch } from './PeerWatch.ts'
import { addressesOf, advertisedAddress } from './serverAddress.ts'
import { ServerSelf } from './ServerSelf.ts'

/** Options of `RpcServer.start`. */
export interface ServerOptions {
  /** Default `tcp://127.0.0.1:*`: any free port, reachable from this machine only. */
  address?: string
  /** Allows an address that other machines reach. Whoever reaches the server controls it. Default false. */
  insecure?: boolean
  /** Host name or address that proxies carry when the server listens on a wildcard. */
  advertise?: string
  dialect?: Dialect
  /** Folders whose modules the `import` action may load. Default: the working directory. */
  importRoots?: readonly string[]
  /** What messages about the server call it. Default its address. */
  name?: string
  /** ms between looks at silent clients. Default 2000. */
  probeInterval?: number
  /** ms for which a client may be out of reach before what it holds is released. Default 10 000. */
  clientGrace?: number
  /** Bytes that one frame may have; a client that sends more is disconnected. Default 2^30. */
  maxMessageSize?: number
}

const NO_OPTS: Opts = {}
const NO_REPLY = Symbol('no reply')
const live = new Set<RpcServer>()
const exitTasks = new Set<() => void>()
process.on('exit', () => exitTasks.forEach((task) => task()))

/**
 * Serves objects of this process to clients in others: pyacq's protocol over one ROUTER socket. Requests are started
 * in the order in which they come; one that waits does not keep the next from starting.
 */
export class RpcServer implements AsyncDisposable {
  readonly #address: string
  readonly #boundAddress: string
  readonly #closed: Promise<void>
  readonly #name: string
  /** Tells clients whether the server they reconnect to is still this one. */
  readonly #instance = randomUUID()
  readonly #socket: ZmqSocket
  readonly #dialect: Dialect
  readonly #table = new ObjectTable()
  readonly #actions: Actions
  readonly #watch: PeerWatch
  readonly #local: LocalServer
  readonly #malformed = new LimitedReport()
  readonly #failures = new LimitedReport()
  readonly #resolveClosed: () => void
  #closing: Promise<void> | undefined

  /**
   * Listens on an address. @throws {InsecureAddressError} when other machines reach it and `insecure` is not set.
   * @throws {AddressInUseError}
   */
  static async start(options: ServerOptions = {}): Promise<RpcServer> {
    const { address = 'tcp://127.0.0.1:*', insecure = false, maxMessageSize = MAX_MESSAGE_SIZE } = options
    if (!isLoopback(address) && !insecure) throw new InsecureAddressError(address)
    const socket = new ZmqSocket('router', {
      linger: 1000,
      receiveHighWaterMark: 0,
      // A connection that broke must be forgotten here before the client (5 s) comes back under the same identity.
      heartbeatInterval: 1000,
      heartbeatTimeout: 3000,
      maxMessageSize
    })
    try {
      const bound = await socket.bind(address)
      const server = new RpcServer(socket, bound, options)
      if (!isLoopback(address))
        report('warning', `RPC server ${server.#name} listens on ${bound} insecurely: whoever reaches it controls it`)
      return server
    } catch (error) {
      socket.close()
      throw error
    }
  }

  /** The server of this process: the first one that was started and still runs. */
  static current(): RpcServer | undefined {
    return live.values().next().value
  }

  private constructor(socket: ZmqSocket, bound: string, options: ServerOptions) {
    const address = advertisedAddress(bound, options.advertise)
    const addresses = addressesOf(bound, address)
    const { dialect = plainDialect, importRoots = [process.cwd()], name = address } = options
    const { probeInterval: interval = 2000, clientGrace: grace = 10_000 } = options
    const table = this.#table
    const actions = new Actions({ table, dialect, importRoots, address, addresses })
    const { promise, resolve } = Promise.withResolvers<void>()
    actions.publish('self', new ServerSelf(this))
    this.#address = address
    this.#boundAddress = bound
    this.#closed = promise
    this.#name = name
    this.#socket = socket
    this.#dialect = dialect
    this.#actions = actions
    this.#watch = new PeerWatch(socket, table, { interval, grace, contexts: (peer) => actions.contextsOf(peer) })
    this.#resolveClosed = resolve
    this.#local = {
      address,
      addresses,
      resolve: (record, holder) => actions.resolve(record, holder),
      reference: (object, holder) => actions.reference(object, holder),
      release: (holder) => void table.release(holder)
    }
    addLocalServer(this.#local)
    exitTasks.add(this.#onExit)
    live.add(this)
    new MessageLoop(socket, (frames) => this.#onRequest(frames)).start()
  }

  /** What proxies carry: the address it listens on, with a wildcard replaced. */
  get address(): string {
    return this.#address
  }

  /** What it listens on: `tcp://0.0.0.0:8000`. */
  get boundAddress(): string {
    return this.#boundAddress
  }

  /** Resolves when the server has closed, whoever closed it. */
  get closed(): Promise<void> {
    return this.#closed
  }

  /** Objects that clients hold proxies of. */
  get objectCount(): number {
    return this.#table.size
  }

  /** Clients that are, or a moment ago were, connected. */
  get clientCount(): number {
    return this.#watch.size
  }

  /** Makes an object available under a name: instances of classes as proxies, whatever their class says. */
  publish(name: string, object: unknown): void {
    if (typeof object === 'object' && object !== null && !isPlainObject(object)) markProxied(object)
    this.#actions.publish(name, object)
  }

  /** What is published under a name, by this process or a client. */
  get(name: string): unknown {
    return this.#actions.item(name)
  }

  /** Tells every client and closes. Safe to call twice. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close())
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(last?: Request): Promise<void> {
    live.delete(this)
    exitTasks.delete(this.#onExit)
    removeLocalServer(this.#local)
    this.#watch.stop()
    const sent = this.#sayGoodbye(last?.peer)
    if (last) sent.push(this.#watch.send(last.peer, last.serializer.encode(success(last.id, true))))
    await Promise.all(sent)
    this.#socket.close()
    this.#resolveClosed()
  }

  /** As much of `close` as is possible while the process exits. */
  readonly #onExit = () => void Promise.allSettled(this.#sayGoodbye())

  #sayGoodbye(except?: Peer): Promise<void>[] {
    return [...this.#watch.peers]
      .filter((peer) => peer !== except)
      .map((peer) => this.#watch.send(peer, peer.serializer.encode({ action: 'disconnect' })))
  }

  #onRequest(frames: Buffer[]): void {
    if (this.#closing) return
    const [identity, idFrame, actionFrame, returnFrame, serializerFrame, optsFrame] = frames
    if (identity === undefined) return
    const peer = this.#watch.heardFrom(identity, msgpack)
    const id = integerOf(idFrame)
    if (Number.isNaN(id)) {
      const got = JSON.stringify(idFrame?.toString('latin1').slice(0, 40) ?? '')
      this.#malformed.warn(`${this.#about(peer)}: expected a request id, got ${got}; the message is dropped`)
      return
    }
    const serializer = serializerFrame && serializerNamed(textOf(serializerFrame))
    if (serializer) peer.serializer = serializer
    const request: Request = {
      peer,
      id,
      action: actionFrame ? textOf(actionFrame) : '',
      serializer: peer.serializer,
      proxied: returnFrame !== undefined && textOf(returnFrame) === 'proxy',
      target: undefined,
      member: undefined
    }
    try {
      if (frames.length !== 6 || optsFrame === undefined)
        throw this.#malformedRequest(peer, `expected a request of 6 frames, got ${frames.length}`)
      if (!serializer) {
        const got = serializerFrame?.toString('utf8').slice(0, 40)
        throw this.#malformedRequest(peer, `expected a serializer of ${serializerNames().join(', ')}, got '${got}'`)
      }
      const result = this.#perform(request, optsOf(optsFrame, serializer))
      if (isThenable(result)) void this.#replyLater(request, result)
      else this.#reply(request, result)
    } catch (error) {
      this.#replyError(request, error)
    }
  }

  #perform(request: Request, opts: Opts): unknown {
    switch (request.action) {
      case 'ping':
        return opts['nodeacq'] === true ? { instance: this.#instance, address: this.#address } : 'pong'
      case 'close':
        this.#closing ??= this.#close(request.id < 0 ? undefined : request)
        return NO_REPLY
      default:
        return this.#actions.perform(request, opts)
    }
  }

  async #replyLater(request: Request, result: PromiseLike<unknown>): Promise<void> {
    try {
      this.#reply(request, await result)
    } catch (error) {
      this.#replyError(request, error)
    }
  }

  #reply({ peer, id, serializer, proxied }: Request, result: unknown): void {
    if (id < 0 || result === NO_REPLY) return
    const value = proxied ? this.#actions.reference(result, peer) : toWire(result, peer.encode)
    this.#send(peer, serializer.encode(success(id, value)))
  }

  #replyError(request: Request, error: unknown): void {
    const { peer, id, serializer, action } = request
    if (id < 0) {
      this.#failures.warn(
        `${this.#about(peer)}: ${action} failed, and no reply was asked for: ${inspect(error, { depth: 0 })}`,
        error
      )
      return
    }
    this.#send(
      peer,
      serializer.encode({ action: 'return', req_id: id, rval: null, error: this.#describe(error, request) })
    )
  }

  /** The `error` of a reply, even for something thrown that cannot be described. */
  #describe(error: unknown, { peer, id, action, target, member }: Request): Tree {
    const { name } = peer
    const at = { target, member, action }
    try {
      return errorReply(error, { name, id }, at, this.#dialect)
    } catch (cause) {
      const unknown = new RequestError('RuntimeError', 'the failure cannot be described', { cause })
      return errorReply(unknown, { name, id }, at, plainDialect)
    }
  }

  #malformedRequest(peer: Peer, problem: string): RequestError {
    this.#malformed.warn(`${this.#about(peer)}: ${problem}`)
    return new RequestError('ValueError', problem)
  }

  #send(peer: Peer, bytes: Uint8Array): void {
    // Fails quietly once the socket is closed.
    this.#socket.send([peer.identity, bytes]).catch((error: unknown) => this.#watch.failed(peer, error))
  }

  #about(peer: Peer): string {
    return `RPC server ${this.#name}, client ${peer.name.slice(0, 200)}`
  }
}

function success(id: number, value: Tree): Tree {
  return { action: 'return', req_id: id, rval: value, error: null }
}

function optsOf(frame: Buffer, serializer: Serializer): Opts {
  if (frame.length === 0) return NO_OPTS
  const opts = serializer.decode(frame)
  if (typeof opts !== 'object' || opts === null || Array.isArray(opts) || opts instanceof Uint8Array)
    throw new RequestError('TypeError', `expected the options as a map, got ${kindOf(opts)}`)
  return opts as Opts
}
