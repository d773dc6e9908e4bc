import { randomUUID } from 'node:crypto'
import { ZmqSocket, isLoopback } from '@nodeacq/zmq'
import { LocalHandle } from '../client/LocalHandle.ts'
import { Handle } from '../client/Handle.ts'
import { RpcClient } from '../client/RpcClient.ts'
import { plainDialect } from '../dialect.ts'
import type { Dialect } from '../dialect.ts'
import { InsecureAddressError, RequestError } from '../errors.ts'
import { addLocalServer, removeLocalServer } from '../localServers.ts'
import type { LocalServer } from '../localServers.ts'
import { MAX_MESSAGE_SIZE, MessageLoop } from '../MessageLoop.ts'
import { ProxyState, proxyOfState } from '../proxy.ts'
import { LimitedReport, report } from '../report.ts'
import { fromWire, proxyRecord } from '../serialize/fromWire.ts'
import { isPlainObject, isThenable, markProxied, stateOf } from '../serialize/kinds.ts'
import { MARKER } from '../serialize/markers.ts'
import type { ProxyRecord } from '../serialize/markers.ts'
import { msgpack } from '../serialize/msgpack.ts'
import { serializerNamed, serializerNames } from '../serialize/registry.ts'
import type { Serializer, Tree } from '../serialize/Serializer.ts'
import { toWire } from '../serialize/toWire.ts'
import { errorReply } from './errorReply.ts'
import { follow, settle } from './follow.ts'
import { importFrom } from './importModule.ts'
import { invoke, kindOf, memberOf, noMember } from './members.ts'
import { ObjectTable } from './ObjectTable.ts'
import type { Holder } from './ObjectTable.ts'
import { operatorOf } from './operators.ts'
import type { Peer } from './Peer.ts'
import { PeerWatch } from './PeerWatch.ts'
import { addressesOf, advertisedAddress } from './serverAddress.ts'

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

type Opts = { readonly [key: string]: Tree }

/** One request on its way. */
interface Request {
  readonly peer: Peer
  readonly id: number
  readonly action: string
  readonly serializer: Serializer
  /** Whether the result stays here whatever it is. */
  proxied: boolean
  target: unknown
  member: string | undefined
}

const ID = /^-?\d{1,15}$/
const live = new Set<RpcServer>()

/**
 * Serves objects of this process to clients in others: pyacq's protocol over one ROUTER socket. Requests are started
 * in the order in which they come; one that waits does not keep the next from starting.
 */
export class RpcServer implements AsyncDisposable {
  /** Travels by proxy: it is published as `self`. */
  get '~proxied'(): true {
    return true
  }

  /** What proxies carry: the address it listens on, with a wildcard replaced. */
  readonly address: string
  /** Resolves when the server has closed, whoever closed it. */
  readonly closed: Promise<void>
  readonly #name: string
  readonly #instance = randomUUID()
  readonly #socket: ZmqSocket
  readonly #dialect: Dialect
  readonly #importRoots: readonly string[]
  readonly #table = new ObjectTable()
  readonly #watch: PeerWatch
  readonly #items = new Map<string, unknown>()
  /** Names that clients may not publish anew. */
  readonly #own = new Set(['self'])
  readonly #malformed = new LimitedReport()
  readonly #failures = new LimitedReport()
  readonly #local: LocalServer
  readonly #resolveClosed: () => void
  #closing: Promise<void> | undefined
  /** Whether the message being decoded holds promises. */
  #hasPromises = false

  /**
   * Listens on an address. @throws {InsecureAddressError} when other machines reach it and `insecure` is not set.
   * @throws {AddressInUseError}
   */
  static async start(options: ServerOptions = {}): Promise<RpcServer> {
    const { address = 'tcp://127.0.0.1:*', insecure = false, advertise, maxMessageSize = MAX_MESSAGE_SIZE } = options
    if (!isLoopback(address) && !insecure) throw new InsecureAddressError(address)
    const socket = new ZmqSocket('router', {
      linger: 1000,
      receiveHighWaterMark: 0,
      heartbeatInterval: 2000,
      heartbeatTimeout: 10_000,
      maxMessageSize
    })
    try {
      const bound = await socket.bind(address)
      const server = new RpcServer(socket, bound, { ...options, address: advertisedAddress(bound, advertise) })
      if (!isLoopback(address))
        report(
          'warning',
          `RPC server ${server.#name} listens on ${bound} without protection: whoever reaches it controls it`
        )
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

  private constructor(socket: ZmqSocket, bound: string, options: ServerOptions & { address: string }) {
    const { address, dialect = plainDialect, importRoots, name = address } = options
    const { probeInterval = 2000, clientGrace = 10_000 } = options
    this.address = address
    this.#name = name
    this.#socket = socket
    this.#dialect = dialect
    this.#importRoots = importRoots ?? [process.cwd()]
    this.#watch = new PeerWatch(socket, this.#table, { interval: probeInterval, grace: clientGrace })
    this.#items.set('self', this)
    const { promise, resolve } = Promise.withResolvers<void>()
    this.closed = promise
    this.#resolveClosed = resolve
    this.#local = {
      address,
      addresses: addressesOf(bound, address),
      resolve: (record, holder) => this.#resolve(record, holder),
      reference: (object, holder) => this.#reference(object, holder),
      release: (holder) => void this.#table.release(holder)
    }
    addLocalServer(this.#local)
    if (live.size === 0) process.once('exit', sayGoodbye)
    live.add(this)
    new MessageLoop(socket, (frames) => this.#onRequest(frames)).start()
  }

  /** Makes an object available under a name: instances of classes as proxies, whatever their class says. */
  publish(name: string, object: unknown): void {
    if (typeof object === 'object' && object !== null && !isPlainObject(object)) markProxied(object)
    this.#items.set(name, object)
    this.#own.add(name)
  }

  /** What is published under a name, by this process or a client. */
  get(name: string): unknown {
    return this.#items.get(name)
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
    if (live.size === 0) process.off('exit', sayGoodbye)
    removeLocalServer(this.#local)
    this.#watch.stop()
    const sent = this.#sayGoodbye(last?.peer)
    if (last) sent.push(this.#watch.send(last.peer, last.serializer.encode(success(last.id, true))))
    await Promise.all(sent)
    this.#socket.close()
    this.#resolveClosed()
  }

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
    const idText = idFrame?.toString('latin1') ?? ''
    if (!ID.test(idText)) {
      this.#malformed.warn(
        `${this.#about(peer)}: expected a request id, got ${JSON.stringify(idText.slice(0, 40))}; dropped`
      )
      return
    }
    const serializer = serializerFrame === undefined ? undefined : serializerNamed(serializerFrame.toString('latin1'))
    if (serializer) peer.serializer = serializer
    const request: Request = {
      peer,
      id: Number(idText),
      action: actionFrame?.toString('utf8') ?? '',
      serializer: peer.serializer,
      proxied: returnFrame?.toString('latin1') === 'proxy',
      target: undefined,
      member: undefined
    }
    try {
      if (frames.length !== 6 || optsFrame === undefined)
        throw new RequestError('ValueError', `expected a request of 6 frames, got ${frames.length}`)
      if (serializer === undefined)
        throw new RequestError(
          'ValueError',
          `expected a serializer of ${serializerNames().join(', ')}, got '${serializerFrame?.toString('utf8')}'`
        )
      const result = this.#perform(request, this.#optsOf(optsFrame, serializer))
      if (isThenable(result)) void this.#replyLater(request, result)
      else this.#reply(request, result)
    } catch (error) {
      this.#replyError(request, error)
    }
  }

  #optsOf(frame: Buffer, serializer: Serializer): Opts {
    if (frame.length === 0) return {}
    const opts = serializer.decode(frame)
    if (typeof opts !== 'object' || opts === null || Array.isArray(opts) || opts instanceof Uint8Array)
      throw new RequestError('TypeError', `expected the options as a map, got ${kindOf(opts)}`)
    return opts as Opts
  }

  #perform(request: Request, opts: Opts): unknown {
    switch (request.action) {
      case 'call_obj':
        return this.#callObject(request, opts)
      case 'get_obj':
        return this.#getObject(request, opts)
      case 'get_item':
        return this.#getItem(opts['name'])
      case 'set_item':
        return this.#setItem(request, opts)
      case 'delete':
        this.#table.delete(opts['obj_id'], opts['ref_id'], request.peer)
        return null
      case 'import':
        request.proxied = true
        return this.#import(opts['module'])
      case 'ping':
        return opts['nodeacq'] === true ? { instance: this.#instance, address: this.address } : 'pong'
      case 'close':
        this.#closing ??= this.#close(request.id < 0 ? undefined : request)
        return NO_REPLY
      default:
        throw new RequestError('ValueError', `Invalid RPC action '${request.action.slice(0, 100)}'`)
    }
  }

  #callObject(request: Request, opts: Opts): unknown {
    const { obj, args = [], kwargs = {} } = opts
    if (!Array.isArray(args)) throw new RequestError('TypeError', `object of type '${kindOf(args)}' has no len()`)
    if (typeof kwargs !== 'object' || kwargs === null || Array.isArray(kwargs))
      throw new RequestError('TypeError', `expected kwargs as a map, got ${kindOf(kwargs)}`)
    const own = this.#ownRecord(obj)
    const path = own?.attributes ?? []
    const member = path.at(-1)
    const start = own
      ? follow(this.#table.get(own.obj_id, own.ref_id, request.peer), path.slice(0, -1), this.#dialect)
      : this.#revive(obj, request.peer)
    this.#hasPromises = false
    const positional = this.#revive(args as Tree, request.peer) as unknown[]
    const keywords = this.#revive(kwargs as Tree, request.peer) as Record<string, unknown>
    if (!this.#hasPromises && !isThenable(start)) return this.#call(request, start, member, positional, keywords)
    return Promise.all([start, settle(positional), settle(keywords)]).then(([target, settledArgs, settledKwargs]) =>
      this.#call(request, target, member, settledArgs as unknown[], settledKwargs as Record<string, unknown>)
    )
  }

  #call(
    request: Request,
    target: unknown,
    name: string | undefined,
    args: unknown[],
    kwargs: Record<string, unknown>
  ): unknown {
    request.target = target
    request.member = name
    const dialect = this.#dialect
    if (name === undefined || name === '__call__') {
      const folded = dialect.foldArguments(target as object, '', args, kwargs)
      return this.#made(invoke(target, undefined, folded))
    }
    const operator = operatorOf(name)
    if (operator) return operator(target, args, dialect)
    const member = memberOf(target, name, dialect)
    if (member === undefined) throw noMember(target, name)
    request.member = member
    const folded = dialect.foldArguments(target as object, member, args, kwargs)
    return this.#made(invoke((target as Record<string, unknown>)[member], target, folded))
  }

  #made({ value, made }: { value: unknown; made: boolean }): unknown {
    if (made) markProxied(value as object)
    return value
  }

  #getObject({ peer }: Request, opts: Opts): unknown {
    if (!('obj' in opts)) throw new RequestError('KeyError', "'obj'")
    this.#hasPromises = false
    const value = this.#revive(opts['obj'] as Tree, peer)
    return this.#hasPromises ? settle(value) : value
  }

  #getItem(name: Tree | undefined): unknown {
    if (typeof name !== 'string')
      throw new RequestError('TypeError', `expected the name of an item, got ${kindOf(name)}`)
    if (!this.#items.has(name)) throw new RequestError('KeyError', `'${name}'`)
    return this.#items.get(name)
  }

  #setItem({ peer }: Request, opts: Opts): null {
    const { name } = opts
    if (typeof name !== 'string')
      throw new RequestError('TypeError', `expected the name of an item, got ${kindOf(name)}`)
    if (!('obj' in opts)) throw new RequestError('KeyError', "'obj'")
    if (this.#own.has(name)) throw new RequestError('ValueError', `the item '${name}' belongs to the server`)
    this.#items.set(name, this.#revive(opts['obj'] as Tree, peer))
    return null
  }

  async #import(name: Tree | undefined): Promise<unknown> {
    if (typeof name !== 'string')
      throw new RequestError('TypeError', `expected the name of a module, got ${kindOf(name)}`)
    return this.#dialect.importModule(name) ?? (await importFrom(this.#importRoots, name))
  }

  #ownRecord(tree: Tree | undefined): ProxyRecord | undefined {
    if (typeof tree !== 'object' || tree === null) return undefined
    const map = tree as Opts
    if (map[MARKER] !== 'proxy' || !this.#local.addresses.has(map['rpc_addr'] as string)) return undefined
    return proxyRecord(map)
  }

  #revive(tree: Tree | undefined, peer: Peer): unknown {
    return fromWire(tree ?? null, {
      proxy: (record) => {
        if (!this.#local.addresses.has(record.rpc_addr)) return foreignProxy(record)
        const value = this.#resolve(record, peer)
        if (isThenable(value)) this.#hasPromises = true
        return value
      }
    })
  }

  #resolve(record: ProxyRecord, holder: Holder | undefined): unknown {
    return follow(this.#table.get(record.obj_id, record.ref_id, holder), record.attributes, this.#dialect)
  }

  #reference(object: unknown, holder: Holder): ProxyRecord {
    const { objId, refId } = this.#table.add(object, holder)
    const isObject = (typeof object === 'object' && object !== null) || typeof object === 'function'
    const type = isObject ? this.#dialect.typeName(object) : `<class '${kindOf(object)}'>`
    return { [MARKER]: 'proxy', rpc_addr: this.address, obj_id: objId, ref_id: refId, type_str: type, attributes: [] }
  }

  /** The record of something that does not go out by value. */
  #recordOf(value: object, peer: Peer): ProxyRecord {
    const state = stateOf(value)
    if (!(state instanceof ProxyState)) return this.#reference(value, peer)
    if (!(state.handle instanceof LocalHandle)) return state.handle.recordOf(state.path, undefined)
    return { ...this.#reference(state.handle.object, peer), attributes: state.path }
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
    const value = proxied
      ? this.#reference(result, peer)
      : toWire(result, { proxy: (object) => this.#recordOf(object, peer) })
    this.#send(peer, serializer.encode(success(id, value)))
  }

  #replyError(request: Request, error: unknown): void {
    const { peer, id, serializer, action, target, member } = request
    if (id < 0) {
      this.#failures.warn(`${this.#about(peer)}: ${action} failed, and no reply was asked for: ${String(error)}`, error)
      return
    }
    const reply = errorReply(error, { name: peer.name, id }, { target, member, action }, this.#dialect)
    this.#send(peer, serializer.encode({ action: 'return', req_id: id, rval: null, error: reply }))
  }

  #send(peer: Peer, bytes: Uint8Array): void {
    if (this.#socket.closed) return
    this.#socket.send([peer.identity, bytes]).catch((error: unknown) => this.#watch.failed(peer, error))
  }

  #about(peer: Peer): string {
    return `RPC server ${this.#name}, client ${peer.name.slice(0, 200)}`
  }

  /** Tells every client of every server of this process, as far as that is possible while the process exits. */
  static sayGoodbye(): void {
    for (const server of live) void Promise.allSettled(server.#sayGoodbye())
  }
}

const NO_REPLY = Symbol('no reply')

const sayGoodbye = () => RpcServer.sayGoodbye()

function success(id: number, value: Tree): Tree {
  return { action: 'return', req_id: id, rval: value, error: null }
}

function foreignProxy(record: ProxyRecord): unknown {
  const handle = new Handle(record, { connect: (address) => RpcClient.get(address) })
  return proxyOfState(new ProxyState(handle, record.attributes, {}))
}
