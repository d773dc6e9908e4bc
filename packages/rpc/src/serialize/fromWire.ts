import { NdArray } from '@nodeacq/ndarray'
import { SerializeError } from '../errors.ts'
import { parseDate, parseDateTime } from './dates.ts'
import { MARKER } from './markers.ts'
import type { DecodeContext, ProxyRecord } from './markers.ts'
import { MAX_ITEMS } from './Serializer.ts'
import type { Tree } from './Serializer.ts'

/** As numpy. */
const MAX_DIMENSIONS = 32

/** What `await`, `JSON.stringify` and conversions call without being asked: with a proxy there a peer decides what. */
const IMPLICIT = new Set(['then', 'toJSON', 'toString', 'valueOf'])

/**
 * The values that plain data stands for: marker maps become arrays, dates, bytes and proxies; a `bigint` that is a
 * safe integer becomes a number. Works in place: the tree must belong to the caller.
 * @throws {SerializeError}
 */
export function fromWire(tree: Tree, context: DecodeContext): unknown {
  if (typeof tree === 'bigint') return safeNumber(tree)
  if (typeof tree !== 'object' || tree === null) return tree
  if (tree instanceof Uint8Array) return plainBytes(tree)
  if (Array.isArray(tree)) {
    const list = tree as unknown[]
    for (let i = 0; i < list.length; i++) {
      const item = list[i]
      if (typeof item === 'object' || typeof item === 'bigint') list[i] = fromWire(item as Tree, context)
    }
    return list
  }
  const map = tree as { [key: string]: unknown }
  if (map[MARKER] !== undefined) return fromMarker(map as { [key: string]: Tree }, context)
  for (const key of Object.keys(map)) {
    const item = map[key]
    if (typeof item !== 'object' && typeof item !== 'bigint') continue
    const value = fromWire(item as Tree, context)
    if (typeof value === 'function' && IMPLICIT.has(key))
      throw new SerializeError(`a map: expected no function under the key ${key}, which the language calls by itself`)
    map[key] = value
  }
  return map
}

/** A `Uint8Array` proper over the same memory; received messages are of Node's `Buffer`, which prints and compares otherwise. */
function plainBytes(bytes: Uint8Array): Uint8Array {
  return bytes.constructor === Uint8Array ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function safeNumber(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

function fromMarker(map: { [key: string]: Tree }, context: DecodeContext): unknown {
  switch (map[MARKER]) {
    case 'proxy':
      return context.proxy(proxyRecord(map))
    case 'ndarray':
      return ndarray(map)
    case 'bytes':
      return bytes(map['data'])
    case 'datetime':
      return parseDateTime(map['data'])
    case 'date':
      return parseDate(map['data'])
    case 'none':
      return null
    default:
      throw new SerializeError(
        `a map with ${MARKER}: expected proxy, ndarray, bytes, datetime, date or none, got ${describe(map[MARKER])}`
      )
  }
}

function ndarray({ data, dtype, shape }: { [key: string]: Tree }): NdArray {
  if (typeof dtype !== 'string')
    throw new SerializeError(`an ndarray: expected its dtype as text, got ${describe(dtype)}`)
  const dimensions = Array.isArray(shape) ? (shape as Tree[]).map((n) => (typeof n === 'bigint' ? Number(n) : n)) : []
  if (!Array.isArray(shape) || !dimensions.every((n): n is number => Number.isSafeInteger(n) && (n as number) >= 0))
    throw new SerializeError(`an ndarray: expected a shape such as [256, 8], got ${describe(shape)}`)
  // An empty array may claim any other length, and who loops over it would never end.
  if (dimensions.length > MAX_DIMENSIONS || dimensions.some((n) => n > MAX_ITEMS && dimensions.includes(0)))
    throw new SerializeError(
      `an ndarray: expected at most ${MAX_DIMENSIONS} moderate dimensions, got ${describe(shape)}`
    )
  try {
    return NdArray.fromBuffer(bytes(data), { dtype, shape: dimensions as number[] })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new SerializeError(`an ndarray of dtype ${dtype} and shape [${dimensions.join(', ')}]: ${reason}`, {
      cause: error
    })
  }
}

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/

function bytes(data: Tree | undefined): Uint8Array {
  if (data instanceof Uint8Array) return plainBytes(data)
  if (typeof data === 'string' && data.length % 4 === 0 && BASE64.test(data)) {
    // A buffer of its own, because small ones from Buffer.from share a pool.
    const decoded = Buffer.from(data, 'base64')
    const own = new Uint8Array(decoded.length)
    own.set(decoded)
    return own
  }
  if (data !== null && typeof data === 'object' && !Array.isArray(data) && !('value' in data)) {
    const map = data as { [key: string]: Tree }
    if (map[MARKER] === 'bytes' && typeof map['data'] === 'string') return bytes(map['data'])
  }
  throw new SerializeError(`expected bytes or base64 text, got ${describe(data)}`)
}

/** The fields of a proxy, checked; they come from anybody. The map itself where nothing is missing. @throws {SerializeError} */
export function proxyRecord(map: { readonly [key: string]: Tree }): ProxyRecord {
  const { rpc_addr: address, obj_id: objId, ref_id: refId, type_str: type, attributes } = map
  if (typeof objId === 'number' && typeof refId === 'number' && typeof address === 'string' && typeof type === 'string')
    if (isPath(attributes)) return map as ProxyRecord
  const path = attributes ?? []
  if (typeof address !== 'string' || !isId(objId) || !isId(refId) || !isPath(path))
    throw new SerializeError(`a proxy: expected rpc_addr, obj_id, ref_id and attributes, got ${describe(map)}`)
  return {
    [MARKER]: 'proxy',
    rpc_addr: address,
    obj_id: Number(objId),
    ref_id: Number(refId),
    type_str: typeof type === 'string' ? type : '',
    attributes: path
  }
}

function isId(id: Tree | undefined): id is number | bigint {
  return typeof id === 'number' || typeof id === 'bigint'
}

function isPath(path: Tree | undefined): path is string[] {
  if (!Array.isArray(path)) return false
  for (let i = 0; i < path.length; i++) if (typeof path[i] !== 'string') return false
  return true
}

function describe(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value instanceof Uint8Array) return `${value.length} bytes`
  const text =
    JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? String(item) : item)) ?? typeof value
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}
