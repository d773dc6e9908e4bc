import { isRemote } from '@nodeacq/rpc'
import { InputStream, OutputStream, RingBuffer } from '@nodeacq/stream'
import { Host } from '../Host.ts'
import { Manager } from '../Manager.ts'
import { Node } from '../Node.ts'
import type { NodeClass } from '../NodeClass.ts'
import { NodeGroup } from '../NodeGroup.ts'
import { pyacqKeys } from '../schema.ts'
import { camelCase } from './names.ts'

/**
 * How a Python call becomes ours: pyacq's parameters in its order, of which the first `lead` stay positional here and
 * the rest become keys of the options object.
 */
interface Signature {
  readonly parameters: readonly string[]
  readonly lead: number
}

const sig = (lead: number, ...parameters: string[]): Signature => ({ lead, parameters })

const SIGNATURES = new Map<object, Readonly<Record<string, Signature>>>([
  [
    Manager,
    {
      getHost: sig(1, 'addr'),
      addHost: sig(1, 'addr'),
      disconnectHost: sig(1, 'host'),
      createNodeGroup: sig(0, 'name', 'host', 'qt', 'log_addr', 'log_level'),
      createNode: sig(1, 'node_class', 'host', 'name'),
      nodegroupClosed: sig(1, 'ng'),
      startRecording: sig(0, 'override', 'notes'),
      stopRecording: sig(0, 'wait'),
      annotate: sig(1, 'text', 'time'),
      events: sig(1, 'since', 'timeout')
    }
  ],
  [
    Host,
    {
      createNodeGroup: sig(0, 'name', 'manager', 'qt', 'log_addr', 'log_level'),
      closeAllNodeGroups: sig(0, 'force'),
      events: sig(1, 'since', 'timeout')
    }
  ],
  [
    NodeGroup,
    {
      createNode: sig(1, 'node_class', 'name', 'parent'),
      addNode: sig(1, 'node'),
      removeNode: sig(1, 'node'),
      registerNodeTypeFromModule: sig(2, 'modname', 'classname'),
      events: sig(1, 'since', 'timeout')
    }
  ],
  [Node, { setParams: sig(0) }],
  [OutputStream, { configure: sig(0), send: sig(2, 'data', 'index') }],
  [
    InputStream,
    {
      connect: sig(1, 'output'),
      poll: sig(1, 'timeout'),
      recv: sig(0, 'return_data', 'timeout'),
      setBuffer: sig(1, 'size', 'double', 'axisorder', 'shmem', 'fill'),
      getData: sig(2, 'start', 'stop', 'copy', 'join')
    }
  ],
  [RingBuffer, { newChunk: sig(2, 'data', 'index'), getData: sig(2, 'start', 'stop', 'copy', 'join') }]
])

/** Constructors: what pyacq passes when it makes one of ours. */
const CONSTRUCTORS = new Map<unknown, Signature>([
  [NodeGroup, sig(0, 'host', 'manager')],
  [Manager, sig(0)],
  [Host, sig(0, 'name', 'poll_procs')],
  [OutputStream, sig(2, 'spec', 'node', 'name')],
  [InputStream, sig(2, 'spec', 'node', 'name')]
])

/** Our key for a parameter of pyacq where camelCase is not enough. */
const KEYS: Readonly<Record<string, string>> = {
  log_addr: 'logAddress',
  axisorder: 'axisOrder',
  chunksize: 'chunkSize',
  dirname: 'folder',
  transfermode: 'transferMode'
}

/** Parameters that mean nothing here: there is no Qt, no Python parent object. */
const IGNORED = new Set(['qt', 'parent', 'shmem', 'manager', 'poll_procs'])

/** pyacq's positional and keyword arguments as our arguments. `member` is undefined for a constructor. */
export function foldArguments(
  target: object,
  member: string | undefined,
  args: readonly unknown[],
  kwargs: Readonly<Record<string, unknown>>
): unknown[] {
  // A class is called by itself, or as the member of a module.
  const called: unknown = member === undefined ? target : (target as Record<string, unknown>)[member]
  const signature = constructorSignature(called) ?? (member === undefined ? undefined : memberSignature(target, member))
  if (!signature) {
    if (Object.keys(kwargs).length === 0) return [...args]
    // What a node's own methods are given may be the user's words (annotations of a recorder): they stay as they are.
    return [...args, target instanceof Node ? kwargs : ourKeys(kwargs)]
  }
  if (target instanceof Node && member === 'configure') return [nodeOptions(target.constructor as never, args, kwargs)]
  if (target instanceof OutputStream && member === 'configure') return [Object.assign({}, ...args, kwargs)]
  // pyacq's manual passes the host as the first positional argument of create_nodegroup; its code has the name there.
  if (member === 'createNodeGroup' && isRemoteOrHost(args[0])) args = [undefined, ...args]
  return fold(signature, args, kwargs)
}

function fold(signature: Signature, args: readonly unknown[], kwargs: Readonly<Record<string, unknown>>): unknown[] {
  const { parameters, lead } = signature
  const result: unknown[] = args.slice(0, lead)
  const options: Record<string, unknown> = {}
  for (const [place, value] of args.slice(lead).entries()) {
    const name = parameters[lead + place]
    // Ours comes from TypeScript: an options object behind the leading arguments is taken as it is.
    if (isPlainObject(value)) Object.assign(options, value)
    else if (name === undefined)
      throw new TypeError(`too many arguments: expected at most ${parameters.length}, got ${args.length}`)
    else if (value !== undefined && value !== null && !IGNORED.has(name)) options[ourKey(name)] = value
  }
  for (const [name, value] of Object.entries(kwargs)) {
    const place = parameters.indexOf(name)
    if (place >= 0 && place < lead) result[place] = value
    else if (!IGNORED.has(name) && value !== null) options[ourKey(name)] = value
  }
  if (Object.keys(options).length > 0) {
    while (result.length < lead) result.push(undefined)
    result.push(options)
  }
  return result
}

/** `configure` of a node: positional arguments in the order of its schema, names of either spelling. */
function nodeOptions(
  nodeClass: NodeClass,
  args: readonly unknown[],
  kwargs: Readonly<Record<string, unknown>>
): Record<string, unknown> {
  const names = Object.keys(nodeClass.configSchema.shape)
  const aliases = pyacqKeys(nodeClass.configSchema)
  const options: Record<string, unknown> = {}
  let place = 0
  for (const value of args) {
    if (isPlainObject(value) && args.length === 1) Object.assign(options, value)
    else {
      const name = names[place++]
      if (name === undefined)
        throw new TypeError(`configure takes at most ${names.length} arguments, got ${args.length}`)
      options[name] = value
    }
  }
  for (const [key, value] of Object.entries(kwargs)) {
    const camel = KEYS[key] ?? camelCase(key)
    const name = names.includes(key) ? key : (aliases[key] ?? (names.includes(camel) ? camel : key))
    // None is how Python says "the default".
    if (value !== null) options[name] = value
  }
  return options
}

function memberSignature(target: object, member: string): Signature | undefined {
  for (const [owner, signatures] of SIGNATURES) {
    if (target instanceof (owner as new () => object)) {
      const found = Object.hasOwn(signatures, member) ? signatures[member] : undefined
      if (found || (target instanceof Node && member === 'configure')) return found ?? sig(0)
    }
  }
  return undefined
}

function constructorSignature(target: unknown): Signature | undefined {
  const found = CONSTRUCTORS.get(target)
  if (found) return found
  return typeof target === 'function' && target.prototype instanceof Node ? sig(0, 'name', 'parent') : undefined
}

function ourKeys(kwargs: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(kwargs)
      .filter(([name]) => !IGNORED.has(name))
      .map(([name, value]) => [ourKey(name), value])
  )
}

function ourKey(name: string): string {
  return KEYS[name] ?? camelCase(name)
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}

function isRemoteOrHost(value: unknown): boolean {
  return value instanceof Host || (typeof value === 'function' || typeof value === 'object' ? isRemote(value) : false)
}
