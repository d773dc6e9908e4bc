import { Handle } from '../client/Handle.ts'
import { LocalHandle } from '../client/LocalHandle.ts'
import { RpcClient } from '../client/RpcClient.ts'
import type { Dialect } from '../dialect.ts'
import { RequestError } from '../errors.ts'
import { ProxyState, proxyOfState } from '../proxy.ts'
import { fromWire, proxyRecord } from '../serialize/fromWire.ts'
import { isThenable, stateOf } from '../serialize/kinds.ts'
import { MARKER } from '../serialize/markers.ts'
import type { ProxyRecord } from '../serialize/markers.ts'
import type { Serializer, Tree } from '../serialize/Serializer.ts'
import { follow, settle } from './follow.ts'
import { importFrom } from './importModule.ts'
import { invoke, kindOf, memberOf, noMember } from './members.ts'
import type { Holder, ObjectTable } from './ObjectTable.ts'
import { operatorOf } from './operators.ts'
import type { Peer, PeerContexts } from './Peer.ts'

/** Options of a request, decoded but with its markers still in it. */
export type Opts = { readonly [key: string]: Tree }

/** One request on its way. */
export interface Request {
  readonly peer: Peer
  readonly id: number
  readonly action: string
  readonly serializer: Serializer
  /** Whether the result stays here whatever it is. */
  proxied: boolean
  /** What was called, for the description of errors. */
  target: unknown
  member: string | undefined
}

interface ActionsOptions {
  readonly table: ObjectTable
  readonly dialect: Dialect
  readonly importRoots: readonly string[]
  /** What proxies carry. */
  readonly address: string
  /** Every address that means this server. */
  readonly addresses: ReadonlySet<string>
}

/**
 * What a server does when it is asked, apart from `ping` and `close`: it looks up objects, calls them and publishes
 * them. Results come back as they are; a promise where something has to be waited for.
 */
export class Actions {
  readonly #options: ActionsOptions
  readonly #items = new Map<string, unknown>()
  /** Names that clients may not publish anew. */
  readonly #own = new Set<string>()
  /** Whether the message being decoded holds promises. */
  #hasPromises = false

  constructor(options: ActionsOptions) {
    this.#options = options
  }

  publish(name: string, object: unknown): void {
    this.#items.set(name, object)
    this.#own.add(name)
  }

  item(name: string): unknown {
    return this.#items.get(name)
  }

  /** @throws {RequestError} and whatever the objects throw. */
  perform(request: Request, opts: Opts): unknown {
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
        this.#options.table.delete(opts['obj_id'], opts['ref_id'], request.peer)
        return null
      case 'import':
        request.proxied = true
        return this.#import(opts['module'])
      default:
        throw new RequestError('ValueError', `Invalid RPC action '${request.action.slice(0, 100)}'`)
    }
  }

  /** What a peer's messages are encoded and decoded with. */
  contextsOf(peer: Peer): PeerContexts {
    return {
      encode: { proxy: (object) => this.#recordOf(object, peer) },
      decode: {
        proxy: (record) => {
          if (!this.#options.addresses.has(record.rpc_addr)) return foreignProxy(record)
          const value = this.resolve(record, peer)
          if (isThenable(value)) this.#hasPromises = true
          return value
        }
      }
    }
  }

  /** The object that a proxy of this server stands for; a promise of it when its path leads through one. */
  resolve(record: ProxyRecord, holder: Holder | undefined): unknown {
    const { table, dialect } = this.#options
    return follow(table.get(record.obj_id, record.ref_id, holder), record.attributes, dialect)
  }

  /** A new proxy of anything. */
  reference(object: unknown, holder: Holder): ProxyRecord {
    const { table, dialect, address } = this.#options
    const { objId, refId } = table.add(object, holder)
    const isObject = (typeof object === 'object' && object !== null) || typeof object === 'function'
    const type = isObject ? dialect.typeName(object) : `<class '${kindOf(object)}'>`
    return { [MARKER]: 'proxy', rpc_addr: address, obj_id: objId, ref_id: refId, type_str: type, attributes: [] }
  }

  #callObject(request: Request, opts: Opts): unknown {
    const { table, dialect } = this.#options
    const { peer } = request
    const { obj, args = [], kwargs = {} } = opts
    if (!Array.isArray(args)) throw new RequestError('TypeError', `object of type '${kindOf(args)}' has no len()`)
    if (typeof kwargs !== 'object' || kwargs === null || Array.isArray(kwargs))
      throw new RequestError('TypeError', `expected kwargs as a map, got ${kindOf(kwargs)}`)
    this.#hasPromises = false
    const own = this.#ownRecord(obj)
    const path = own?.attributes ?? NO_PATH
    const start = own
      ? follow(table.get(own.obj_id, own.ref_id, peer), path, dialect, path.length - 1)
      : fromWire(obj ?? null, peer.decode)
    const positional = fromWire(args as Tree, peer.decode) as unknown[]
    const keywords = fromWire(kwargs as Tree, peer.decode) as Record<string, unknown>
    if (!this.#hasPromises && !isThenable(start)) return this.#call(request, start, path.at(-1), positional, keywords)
    return Promise.all([start, settle(positional), settle(keywords)]).then(([target, settledArgs, settledKwargs]) =>
      this.#call(request, target, path.at(-1), settledArgs as unknown[], settledKwargs as Record<string, unknown>)
    )
  }

  #call(
    request: Request,
    target: unknown,
    name: string | undefined,
    args: unknown[],
    kwargs: Record<string, unknown>
  ): unknown {
    const { dialect } = this.#options
    request.target = target
    request.member = name
    if (name === undefined || name === '__call__')
      return invoke(target, undefined, dialect.foldArguments(target as object, '', args, kwargs))
    const operator = operatorOf(name)
    if (operator) return operator(target, args, dialect)
    const member = memberOf(target, name, dialect)
    if (member === undefined) throw noMember(target, name)
    request.member = member
    const folded = dialect.foldArguments(target as object, member, args, kwargs)
    return invoke((target as Record<string, unknown>)[member], target, folded)
  }

  #getObject({ peer }: Request, opts: Opts): unknown {
    if (!('obj' in opts)) throw new RequestError('KeyError', "'obj'")
    this.#hasPromises = false
    const value = fromWire(opts['obj'] as Tree, peer.decode)
    return this.#hasPromises ? settle(value) : value
  }

  #getItem(name: Tree | undefined): unknown {
    if (!this.#items.has(textName(name))) throw new RequestError('KeyError', `'${textName(name)}'`)
    return this.#items.get(textName(name))
  }

  #setItem({ peer }: Request, opts: Opts): null {
    const name = textName(opts['name'])
    if (!('obj' in opts)) throw new RequestError('KeyError', "'obj'")
    if (this.#own.has(name)) throw new RequestError('ValueError', `the item '${name}' belongs to the server`)
    this.#items.set(name, fromWire(opts['obj'] as Tree, peer.decode))
    return null
  }

  async #import(module: Tree | undefined): Promise<unknown> {
    const { dialect, importRoots } = this.#options
    const name = textName(module)
    return dialect.importModule(name) ?? (await importFrom(importRoots, name))
  }

  #ownRecord(tree: Tree | undefined): ProxyRecord | undefined {
    if (typeof tree !== 'object' || tree === null) return undefined
    const map = tree as Opts
    if (map[MARKER] !== 'proxy' || !this.#options.addresses.has(map['rpc_addr'] as string)) return undefined
    return proxyRecord(map)
  }

  /** The record of something that does not go out by value. */
  #recordOf(value: object, peer: Peer): ProxyRecord {
    const state = stateOf(value)
    if (!(state instanceof ProxyState)) return this.reference(value, peer)
    if (!(state.handle instanceof LocalHandle)) return state.recordFor(undefined)
    return { ...this.reference(state.handle.object, peer), attributes: state.path }
  }
}

const NO_PATH: readonly string[] = []

function textName(name: Tree | undefined): string {
  if (typeof name === 'string') return name
  throw new RequestError('TypeError', `expected a name, got ${kindOf(name)}`)
}

function foreignProxy(record: ProxyRecord): unknown {
  const handle = new Handle(record, { connect: (address) => RpcClient.get(address) })
  return proxyOfState(new ProxyState(handle, record.attributes, { borrowed: true }))
}
