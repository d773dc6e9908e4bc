import { ZmqSocket } from '@nodeacq/zmq'
import { KeywordArguments } from '../KeywordArguments.ts'
import { ConnectError, DisconnectedError, RemoteError, RpcTimeoutError, SerializeError } from '../errors.ts'
import { currentServer, localServerAt } from '../localServers.ts'
import { MAX_MESSAGE_SIZE, MessageLoop } from '../MessageLoop.ts'
import { ProxyState, proxyOfState } from '../proxy.ts'
import type { Remote } from '../Remote.ts'
import { LimitedReport } from '../report.ts'
import { fromWire } from '../serialize/fromWire.ts'
import { isPlainObject, stateOf } from '../serialize/kinds.ts'
import type { DecodeContext, EncodeContext, ProxyRecord } from '../serialize/markers.ts'
import { serializerNamed, serializerNames, serializerOf } from '../serialize/registry.ts'
import type { Serializer, Tree } from '../serialize/Serializer.ts'
import { toWire } from '../serialize/toWire.ts'
import { Holder } from '../server/ObjectTable.ts'
import type { CallOptions, Caller, ReturnType, Target } from './Caller.ts'
import { ConnectionWatch } from './ConnectionWatch.ts'
import type { ServerIdentity } from './ConnectionWatch.ts'
import { Handle } from './Handle.ts'
import { newIdentity } from './identity.ts'
import { LocalHandle, ServerNeeded } from './LocalHandle.ts'
import { PendingReplies, describe } from './replies.ts'

/** Options of a connection. */
export interface ConnectOptions {
  /** ms a request may take. Default 10 000; 0 for no limit. */
  timeout?: number
  /** Default `msgpack`. */
  serializer?: string
  /** ms in which the server must answer at first. Default 5000. */
  connectTimeout?: number
  /** ms in which a lost connection must be back before every call rejects with `DisconnectedError`. Default 2000. */
  reconnectTimeout?: number
  /** Whether a reference ends when its proxy is garbage collected. Default true. */
  autoDelete?: boolean
}

const NO_ARGUMENTS: Tree = []
const NO_KEYWORDS: Tree = {}

/** Frames of few different texts; zeromq copies small ones, so they can be used again and again. */
const frames = new Map<string, Buffer>()

function frameOf(text: string): Buffer {
  let frame = frames.get(text)
  if (frame === undefined) {
    frame = Buffer.from(text)
    frames.set(text, frame)
  }
  return frame
}

const ignore = () => undefined

/** One per address, made by `get` and by proxies that came from a third process. */
const shared = new Map<string, Promise<RpcClient>>()
const open = new Set<RpcClient>()

/**
 * A connection to an `RpcServer`. Requests may be made at any time and in any number; replies are matched by id.
 * An open connection keeps the process alive.
 */
export class RpcClient implements Caller, AsyncDisposable {
  readonly address: string
  readonly #socket: ZmqSocket
  readonly #serializer: Serializer
  readonly #serializerFrame: Buffer
  readonly #timeout: number
  readonly #autoDelete: boolean
  readonly #pending: PendingReplies
  readonly #watch: ConnectionWatch
  readonly #listeners = new Set<(error: DisconnectedError) => void>()
  readonly #malformed = new LimitedReport()
  readonly #holder = new Holder({ sharesReferences: true })
  readonly #encode: EncodeContext = { proxy: (value) => this.#recordOf(value) }
  readonly #decode: DecodeContext = { proxy: (record) => this.#proxyOf(record) }
  #nextId = 0
  /** What proxies of the server carry, when that is not the address we connected to. */
  #ownerAddress: string
  #ended: DisconnectedError | undefined

  /** Connects, and waits until the server answers. @throws {ConnectError} when it does not within `connectTimeout`. */
  static async connect(address: string, options: ConnectOptions = {}): Promise<RpcClient> {
    const client = new RpcClient(address, options)
    await client.#ensureConnection(options.connectTimeout ?? 5000)
    return client
  }

  /** The connection of this process to an address, made on first use. */
  static async get(address: string): Promise<RpcClient> {
    const known = shared.get(address)
    if (known) return known
    const connecting = RpcClient.connect(address)
    shared.set(address, connecting)
    const forget = () => {
      if (shared.get(address) === connecting) shared.delete(address)
    }
    connecting.then((client) => client.onDisconnect(forget), forget)
    return connecting
  }

  /** Closes every connection of this process. */
  static async closeAll(): Promise<void> {
    await Promise.all([...open].map((client) => client.close()))
  }

  private constructor(
    address: string,
    { timeout = 10_000, serializer = 'msgpack', reconnectTimeout = 2000, autoDelete = true }: ConnectOptions
  ) {
    const found = serializerNamed(serializer)
    if (!found)
      throw new TypeError(`RpcClient: expected a serializer of ${serializerNames().join(', ')}, got ${serializer}`)
    this.address = address
    this.#ownerAddress = address
    this.#serializer = found
    this.#serializerFrame = frameOf(found.name)
    this.#timeout = timeout
    this.#autoDelete = autoDelete
    this.#pending = new PendingReplies(address)
    this.#socket = new ZmqSocket('dealer', {
      identity: newIdentity(address),
      linger: 1000,
      sendHighWaterMark: 0,
      receiveHighWaterMark: 0,
      heartbeatInterval: 1000,
      heartbeatTimeout: 5000,
      connectTimeout: 2000,
      maxMessageSize: MAX_MESSAGE_SIZE
    })
    this.#watch = new ConnectionWatch(this.#socket, {
      reconnectTimeout,
      ask: () => this.#whoIsThere(0),
      onLost: (reason) => this.#end(reason)
    })
    this.#socket.connect(address)
    open.add(this)
    new MessageLoop(this.#socket, (frames) => this.#onMessage(frames)).start()
  }

  /** Whether the connection is over, for whatever reason. */
  get disconnected(): boolean {
    return this.#ended !== undefined
  }

  /** Calls back once when the connection is over. Returns what takes the listener away. */
  onDisconnect(listener: (error: DisconnectedError) => void): () => void {
    if (this.#ended) listener(this.#ended)
    else this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** An object published by the server: a proxy, or a value if it is one. @throws {RemoteError} KeyError */
  get<T = unknown>(name: string, options?: CallOptions): Promise<T> {
    return this.#request('get_item', { name }, `get_item ${name}`, options) as Promise<T>
  }

  /** Publishes a value, or a proxy, under a name. */
  async set(name: string, value: unknown, options?: CallOptions): Promise<void> {
    await this.#withServer(() =>
      this.#request('set_item', { name, obj: this.#toWire(value) }, `set_item ${name}`, options)
    )
  }

  /** A module of the server, by dotted name. */
  import<T = unknown>(module: string, options?: CallOptions): Promise<Remote<T>> {
    return this.#request('import', { module }, `import of ${module}`, options) as Promise<Remote<T>>
  }

  /** Sends a value and gets a proxy of it. */
  transfer<T>(value: T, options?: CallOptions): Promise<Remote<T>> {
    const proxied: CallOptions = { ...options, returnType: 'proxy' }
    return this.#withServer(() =>
      this.#request('get_obj', { obj: this.#toWire(value) }, 'transfer', proxied)
    ) as Promise<Remote<T>>
  }

  /** Resolves when the server answers. */
  async ping(options?: CallOptions): Promise<void> {
    await this.#request('ping', undefined, 'ping', options)
  }

  /** Seconds that the server's monotonic clock is ahead of ours: mean of 10 readings. */
  async measureClockDiff(): Promise<number> {
    const remote = await this.import<{ perf_counter(): number }>('time')
    const local = () => Number(process.hrtime.bigint()) / 1e9
    let sum = 0
    for (let i = 0; i < 10; i++) {
      const before = local()
      const there = (await remote.perf_counter()) as number
      sum += there - (before + local()) / 2
    }
    return sum / 10
  }

  /** Asks the server to close, which ends this connection too. */
  async closeServer({ timeout = 5000 }: { timeout?: number } = {}): Promise<void> {
    if (this.#ended) return
    await this.#request('close', undefined, 'close', { timeout })
    this.#end('the server closed, as it was asked to')
  }

  /** Closes the connection; pending calls reject. */
  close(): Promise<void> {
    this.#end('this side closed it')
    return Promise.resolve()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  call(target: Target, args: readonly unknown[], options: CallOptions): Promise<unknown> {
    return this.#withServer(() => {
      const last = args.at(-1)
      const kwargs = last instanceof KeywordArguments ? this.#toWire(last.values) : NO_KEYWORDS
      let count = last instanceof KeywordArguments ? args.length - 1 : args.length
      while (count > 0 && args[count - 1] === undefined) count--
      const positional = count === 0 ? NO_ARGUMENTS : this.#toWire(count === args.length ? args : args.slice(0, count))
      const obj = target.recordFor(this)
      return this.#request('call_obj', { obj, args: positional, kwargs }, target, options)
    })
  }

  fetch(target: Target, returnType: ReturnType, options: CallOptions): Promise<unknown> {
    const obj = target.recordFor(this)
    return this.#request('get_obj', { obj }, target, options, returnType)
  }

  async endReference(objId: number, refId: number, options: CallOptions): Promise<void> {
    if (this.#ended) return
    await this.#request('delete', { obj_id: objId, ref_id: refId }, 'delete', options)
  }

  #toWire(value: unknown): Tree {
    return toWire(value, this.#encode)
  }

  /** Runs `send`, after starting this process's server when an argument needs one. */
  #withServer(send: () => Promise<unknown>): Promise<unknown> {
    try {
      return send()
    } catch (error) {
      if (error instanceof ServerNeeded) return error.handle.prepare().then(send)
      return Promise.reject(error)
    }
  }

  #request(
    action: string,
    opts: Tree | undefined,
    what: string | Target,
    options: CallOptions = {},
    returnType = options.returnType ?? 'auto'
  ): Promise<unknown> {
    if (this.#ended) return Promise.reject(new DisconnectedError(this.address, this.#ended.reason))
    if (options.signal?.aborted) return Promise.reject(options.signal.reason as Error)
    let bytes: Uint8Array | string
    try {
      bytes = opts === undefined ? '' : this.#serializer.encode(opts)
    } catch (error) {
      return Promise.reject(error)
    }
    if (bytes.length > MAX_MESSAGE_SIZE)
      return Promise.reject(
        new SerializeError(`${describe(what)}: expected at most ${MAX_MESSAGE_SIZE} bytes, got ${bytes.length}`)
      )
    const [actionFrame, typeFrame] = [frameOf(action), frameOf(returnType)]
    if (options.sync === 'off')
      return this.#socket.send([frameOf('-1'), actionFrame, typeFrame, this.#serializerFrame, bytes])
    const id = this.#nextId++
    const reply = this.#pending.wait(id, what, options.timeout ?? this.#timeout, options)
    // A send fails only when the socket is closed, which rejects all that is pending.
    this.#socket.send([String(id), actionFrame, typeFrame, this.#serializerFrame, bytes]).catch(ignore)
    return reply
  }

  #onMessage(frames: readonly Buffer[]): void {
    const [bytes] = frames
    if (bytes === undefined || frames.length !== 1)
      return this.#malformed.warn(this.#strange(`${frames.length} frames`))
    let message: { readonly [key: string]: Tree }
    try {
      message = serializerOf(bytes, this.#serializer).decode(bytes) as { readonly [key: string]: Tree }
    } catch (error) {
      return this.#malformed.warn(this.#strange('a message that cannot be decoded'), error)
    }
    const { action } = message
    if (action === 'disconnect') return this.#end('the server closed')
    if (action !== 'return') return this.#malformed.warn(this.#strange(`the action ${JSON.stringify(action)}`))
    const pending = this.#pending.take(message['req_id'] as number)
    if (pending === undefined) return
    const error = message['error'] as [type: unknown, lines: unknown] | null | undefined
    if (error != null) {
      const lines = Array.isArray(error[1]) ? error[1].map(String) : []
      const where = { address: this.address, what: describe(pending.what) }
      return pending.reject(new RemoteError(String(error[0]), lines, where))
    }
    try {
      pending.resolve(fromWire(message['rval'] ?? null, this.#decode))
    } catch (cause) {
      pending.reject(cause)
    }
  }

  #strange(what: string): string {
    return `RpcClient of ${this.address}: expected a reply, got ${what}; it is left out`
  }

  /** The proxy for a record in a reply; an object of this process for one of our own servers. */
  #proxyOf(record: ProxyRecord): unknown {
    const { rpc_addr: address, attributes } = record
    const isOwner = address === this.#ownerAddress || address === this.address
    const local = isOwner ? undefined : localServerAt(address)
    if (local) return local.resolve(record, undefined)
    const connect = (owner: string) => RpcClient.get(owner)
    const handle = isOwner
      ? new Handle(record, { caller: this, connect, autoDelete: this.#autoDelete })
      : new Handle(record, { connect })
    return proxyOfState(new ProxyState(handle, attributes, {}))
  }

  /** The record for an argument that does not travel by value. */
  #recordOf(value: object): ProxyRecord {
    const state = stateOf(value)
    if (state instanceof ProxyState) {
      if (!(state.handle instanceof LocalHandle)) return state.recordFor(this)
      const server = currentServer()
      if (!server) throw new ServerNeeded(state.handle)
      return { ...server.reference(state.handle.object, this.#holder), attributes: state.path }
    }
    if (typeof value === 'function' || isPlainObject(value)) {
      const got =
        typeof value === 'function' ? `the function ${value.name || '(unnamed)'}` : 'an object with functions in it'
      throw new SerializeError(`expected arguments that can travel, got ${got}; wrap it: proxyOf(it)`)
    }
    const server = currentServer()
    if (server) return server.reference(value, this.#holder)
    const kind = value.constructor.name
    throw new SerializeError(
      `expected arguments that can travel, got an object of class ${kind}, and no RpcServer runs here to serve it; wrap it: proxyOf(it)`
    )
  }

  async #ensureConnection(connectTimeout: number): Promise<void> {
    try {
      const server = await this.#whoIsThere(connectTimeout)
      this.#watch.expect(server)
      if (server) this.#ownerAddress = server.address
    } catch (error) {
      const connected = this.#watch.isConnected
      await this.close()
      if (!(error instanceof RpcTimeoutError)) throw new ConnectError(this.address, String(error), { cause: error })
      const reason = connected
        ? `something listens there, but did not answer as one within ${connectTimeout} ms`
        : `nothing listens there (tried for ${connectTimeout} ms)`
      throw new ConnectError(this.address, reason, { cause: error })
    }
  }

  /** A ping that a nodeacq server answers with who it is, and pyacq's with `pong`. */
  async #whoIsThere(timeout: number): Promise<ServerIdentity | undefined> {
    const answer = await this.#request('ping', { nodeacq: true }, 'ping', { timeout })
    const { instance, address } = (
      typeof answer === 'object' && answer !== null ? answer : {}
    ) as Partial<ServerIdentity>
    return typeof instance === 'string' && typeof address === 'string' ? { instance, address } : undefined
  }

  #end(reason: string): void {
    if (this.#ended) return
    const error = new DisconnectedError(this.address, reason)
    this.#ended = error
    open.delete(this)
    this.#watch.stop()
    this.#socket.close()
    this.#pending.rejectAll(error)
    currentServer()?.release(this.#holder)
    for (const listener of [...this.#listeners]) listener(error)
    this.#listeners.clear()
  }
}
