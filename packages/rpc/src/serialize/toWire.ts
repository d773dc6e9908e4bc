import { NdArray, isNdArray } from '@nodeacq/ndarray'
import type { TypedArray } from '@nodeacq/ndarray'
import { SerializeError } from '../errors.ts'
import { CalendarDate, formatDateTime } from './dates.ts'
import { FLOATS, FloatValue } from './float.ts'
import { isPlainObject, isProxied, isRemote, isThenable } from './kinds.ts'
import { MARKER } from './markers.ts'
import type { EncodeContext } from './markers.ts'
import type { Tree } from './Serializer.ts'

/** Levels of nesting that a value may have; the message around it adds a few. */
const MAX_VALUE_DEPTH = 100
const MIN_INT64 = -(2n ** 63n)
const MAX_UINT64 = 2n ** 64n - 1n

/**
 * Plain data that says the same as a value. Primitives, arrays, plain objects, maps, sets, typed arrays, dates and
 * NdArrays go by value; functions, classes, modules and branded objects as proxies; instances of other classes by
 * the value of their own enumerable fields (getters are skipped). Nothing is copied that needs no change, so the
 * result must be encoded before the value changes.
 * @throws {SerializeError}
 */
export function toWire(value: unknown, context: EncodeContext, depth = 0): Tree {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value
    case 'number':
      return fromNumber(value)
    case 'undefined':
      return null
    case 'bigint':
      return fromBigInt(value)
    case 'symbol':
      throw new SerializeError(`expected a value that can travel, got the symbol ${String(value)}`)
    case 'function':
      return context.proxy(value)
    default:
  }
  const object = value as object | null
  if (object === null) return null
  if (depth > MAX_VALUE_DEPTH)
    throw new SerializeError(
      `expected a value nested at most ${MAX_VALUE_DEPTH} levels deep, got a deeper or circular one`
    )
  if (Array.isArray(object)) return fromArray(object, context, depth)
  if (isPlainObject(object)) return fromMap(object as Record<string, unknown>, context, depth)
  return fromInstance(object, context, depth)
}

function fromNumber(value: number): Tree {
  if (!Number.isInteger(value)) return value
  if (value >= -0x8000_0000 && value < 0x1_0000_0000) return Object.is(value, -0) ? new FloatValue(value) : value
  return Number.isSafeInteger(value) ? BigInt(value) : value
}

function fromBigInt(value: bigint): Tree {
  if (value < MIN_INT64 || value > MAX_UINT64)
    throw new SerializeError(`expected an integer of at most 64 bits, got ${value}`)
  const number = Number(value)
  return number >= -0x8000_0000 && number < 0x1_0000_0000 ? number : value
}

function fromArray(array: readonly unknown[], context: EncodeContext, depth: number): Tree {
  let changed: Tree[] | undefined
  for (let i = 0; i < array.length; i++) {
    const item = array[i]
    const tree = toWire(item, context, depth + 1)
    if (changed) changed.push(tree)
    else if (tree !== item) changed = [...(array.slice(0, i) as Tree[]), tree]
  }
  return changed ?? (array as Tree[])
}

function fromMap(map: Record<string, unknown>, context: EncodeContext, depth: number): Tree {
  if (map['~proxied'] === true) return context.proxy(map)
  const floats = floatsOf(map)
  let changed: { [key: string]: Tree } | undefined
  const keys = Object.keys(map)
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string
    const item = map[key]
    // An object with functions in it is one to be called, not data. (Proxies are functions too, but are data.)
    if (typeof item === 'function' && !isRemote(item)) return context.proxy(map)
    if (key === MARKER) throw new SerializeError(`expected a map without the key ${MARKER}, which is reserved`)
    const tree: Tree =
      floats !== undefined && floats.has(key) ? asFloat(item, context, depth) : toWire(item, context, depth + 1)
    if (changed === undefined && tree !== item) {
      changed = {}
      for (let j = 0; j < i; j++) changed[keys[j] as string] = map[keys[j] as string] as Tree
    }
    if (changed !== undefined && item !== undefined) changed[key] = tree
  }
  return changed ?? (map as { [key: string]: Tree })
}

function floatsOf(map: object): ReadonlySet<string> | undefined {
  const keys = (map as { [FLOATS]?: ReadonlySet<string> | readonly string[] })[FLOATS]
  if (keys === undefined) return undefined
  return Array.isArray(keys) ? new Set(keys as string[]) : (keys as ReadonlySet<string>)
}

/** A number, or the numbers of a list, as floats. */
function asFloat(value: unknown, context: EncodeContext, depth: number): Tree {
  if (typeof value === 'number') return Number.isInteger(value) ? new FloatValue(value) : value
  if (Array.isArray(value)) return value.map((item: unknown) => asFloat(item, context, depth + 1))
  return toWire(value, context, depth + 1)
}

function fromInstance(value: object, context: EncodeContext, depth: number): Tree {
  if (value instanceof FloatValue) return value
  if (isNdArray(value)) return fromNdArray(value)
  if (ArrayBuffer.isView(value)) return fromView(value)
  if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) return new Uint8Array(value)
  if (value instanceof Date) return { [MARKER]: 'datetime', data: formatDateTime(value) }
  if (value instanceof CalendarDate) return { [MARKER]: 'date', data: value.toString() }
  if (value instanceof Map) return fromMap(recordOf(value), context, depth)
  if (value instanceof Set) return fromArray([...(value as Set<unknown>)], context, depth)
  if (value instanceof Error) return fromMap(fieldsOfError(value), context, depth)
  if (isProxied(value)) return context.proxy(value)
  if (isThenable(value)) throw new SerializeError('expected a value, got a promise; await it first')
  if (value instanceof Number || value instanceof String || value instanceof Boolean)
    return toWire(value.valueOf(), context, depth)
  return fromMap(fieldsOf(value), context, depth)
}

function fromNdArray(array: NdArray): Tree {
  return { [MARKER]: 'ndarray', data: array.bytes(), dtype: array.dtype.name, shape: array.shape }
}

function fromView(view: ArrayBufferView): Tree {
  if (view instanceof Uint8Array) return view
  if (view instanceof DataView) return new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
  if (view instanceof Uint8ClampedArray)
    return fromNdArray(NdArray.fromTyped(new Uint8Array(view.buffer, view.byteOffset, view.byteLength)))
  return fromNdArray(NdArray.fromTyped(view as TypedArray))
}

function recordOf(map: ReadonlyMap<unknown, unknown>): Record<string, unknown> {
  const record: Record<string, unknown> = {}
  for (const [key, value] of map) {
    if (typeof key !== 'string')
      throw new SerializeError(`expected a Map with text as keys, got ${typeof key} ${String(key)}`)
    record[key] = value
  }
  return record
}

function fieldsOf(instance: object): Record<string, unknown> {
  const fields: Record<string, unknown> = {}
  for (const key of Object.keys(instance)) {
    const value = Object.getOwnPropertyDescriptor(instance, key)
    if (value && 'value' in value && typeof value.value !== 'function') fields[key] = value.value
  }
  const floats = (instance as { [FLOATS]?: unknown })[FLOATS]
  if (floats !== undefined) Object.defineProperty(fields, FLOATS, { value: floats })
  return fields
}

function fieldsOfError(error: Error): Record<string, unknown> {
  const { name, message } = error
  return { name, message, ...fieldsOf(error) }
}
