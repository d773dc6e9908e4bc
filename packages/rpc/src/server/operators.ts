import { isNdArray } from '@nodeacq/ndarray'
import type { Dialect } from '../dialect.ts'
import { RequestError } from '../errors.ts'
import { isPlainObject } from '../serialize/kinds.ts'
import { getMember, isNewKey, kindOf, setMember } from './members.ts'

type Operator = (target: unknown, args: unknown[], dialect: Dialect) => unknown

/** Objects that want to be indexed from Python have these two methods; plain objects as properties that are not enumerable. */
interface Indexed {
  getItem?(key: unknown): unknown
  setItem?(key: unknown, value: unknown): unknown
}

/**
 * Python's special methods, by hand: they are the only names beginning with `_` that can be called, and none of them
 * looks anything up by that name. A list index counts from the end when negative.
 */
const OPERATORS: Readonly<Record<string, Operator>> = {
  __getitem__: (target, [key]) => getItem(target, key),
  __setitem__: (target, [key, value]) => setItem(target, key, value),
  __delitem__: (target, [key]) => deleteItem(target, key),
  __len__: (target) => lengthOf(target),
  __contains__: (target, [item]) => contains(target, item),
  __iter__: (target) => itemsOf(target),
  __getattr__: (target, [name], dialect) => getMember(target, String(name), dialect),
  __getattribute__: (target, [name], dialect) => getMember(target, String(name), dialect),
  __setattr__: (target, [name, value], dialect) => setMember(target, String(name), value, dialect),
  __eq__: (target, [other]) => equal(target, other),
  __ne__: (target, [other]) => !equal(target, other),
  __lt__: (target, [other]) => compare('<', target, other) < 0,
  __le__: (target, [other]) => compare('<=', target, other) <= 0,
  __gt__: (target, [other]) => compare('>', target, other) > 0,
  __ge__: (target, [other]) => compare('>=', target, other) >= 0,
  __bool__: (target) => Boolean(target),
  __int__: (target) => Math.trunc(number('int', target)),
  __float__: (target) => number('float', target),
  __abs__: (target) => Math.abs(number('abs', target)),
  __neg__: (target) => -number('-', target),
  __pos__: (target) => number('+', target),
  __invert__: (target) => ~number('~', target),
  __str__: (target) => textOf(target),
  __repr__: (target) => textOf(target)
}

type Arithmetic = (a: number, b: number) => number

const ARITHMETIC: Readonly<Record<string, Arithmetic>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  truediv: (a, b) => a / nonZero(b),
  floordiv: (a, b) => Math.floor(a / nonZero(b)),
  mod: (a, b) => a - b * Math.floor(a / nonZero(b)),
  pow: (a, b) => a ** b,
  and: (a, b) => Number(BigInt(a) & BigInt(b)),
  or: (a, b) => Number(BigInt(a) | BigInt(b)),
  xor: (a, b) => Number(BigInt(a) ^ BigInt(b)),
  lshift: (a, b) => a * 2 ** b,
  rshift: (a, b) => Math.floor(a / 2 ** b)
}

const ARITHMETIC_NAME = /^__([ri]?)(add|sub|mul|truediv|floordiv|mod|pow|and|or|xor|lshift|rshift)__$/

/** What a special method does, or undefined when there is none of that name. `__call__` is left to the caller. */
export function operatorOf(name: string): Operator | undefined {
  if (!name.startsWith('__')) return undefined
  if (Object.hasOwn(OPERATORS, name)) return OPERATORS[name]
  const match = ARITHMETIC_NAME.exec(name)
  if (!match) return undefined
  const [, prefix, operation = ''] = match
  return prefix === 'r'
    ? (target, [other]) => combine(operation, other, target)
    : (target, [other]) => combine(operation, target, other)
}

function getItem(target: unknown, key: unknown): unknown {
  if (Array.isArray(target) || typeof target === 'string') return target[indexIn(target, key)]
  if (target instanceof Map) {
    if (target.has(key)) return target.get(key) as unknown
    throw new RequestError('KeyError', JSON.stringify(key))
  }
  if (isNdArray(target)) return target.get(...[key].flat().map((index) => number('index', index)))
  if (ArrayBuffer.isView(target) && !(target instanceof DataView))
    return (target as Uint8Array)[indexIn(target as Uint8Array, key)]
  const indexed = asIndexed(target)
  if (typeof indexed?.getItem === 'function') return indexed.getItem(key)
  if (isDictionary(target) && typeof key === 'string') {
    if (Object.hasOwn(target, key)) return target[key]
    throw new RequestError('KeyError', JSON.stringify(key))
  }
  throw new RequestError('TypeError', `'${kindOf(target)}' object is not subscriptable`)
}

function setItem(target: unknown, key: unknown, value: unknown): unknown {
  const indexed = asIndexed(target)
  if (Array.isArray(target)) target[indexIn(target, key)] = value
  else if (target instanceof Map) target.set(key, value)
  else if (typeof indexed?.setItem === 'function') return indexed.setItem(key, value)
  else if (isDictionary(target) && typeof key === 'string' && isNewKey(key)) target[key] = value
  else throw new RequestError('TypeError', `'${kindOf(target)}' object does not support item assignment`)
  return null
}

function deleteItem(target: unknown, key: unknown): null {
  if (Array.isArray(target)) target.splice(indexIn(target, key), 1)
  else if (target instanceof Map) {
    if (!target.delete(key)) throw new RequestError('KeyError', JSON.stringify(key))
  } else if (isDictionary(target) && typeof key === 'string') {
    if (!Object.hasOwn(target, key)) throw new RequestError('KeyError', JSON.stringify(key))
    delete target[key]
  } else throw new RequestError('TypeError', `'${kindOf(target)}' object does not support item deletion`)
  return null
}

function indexIn(list: { readonly length: number }, key: unknown): number {
  if (typeof key !== 'number' || !Number.isInteger(key))
    throw new RequestError('TypeError', `list indices must be integers, not ${kindOf(key)}`)
  const index = key < 0 ? key + list.length : key
  if (index < 0 || index >= list.length) throw new RequestError('IndexError', 'list index out of range')
  return index
}

/** Plain objects without methods: what Python knows as a dict. */
function isDictionary(target: unknown): target is Record<string, unknown> {
  return typeof target === 'object' && target !== null && isPlainObject(target)
}

function asIndexed(target: unknown): Indexed | undefined {
  if (typeof target !== 'object' || target === null) return undefined
  return isPlainObject(target) && !hasOwnOperators(target) ? undefined : target
}

/** Not so for what a peer sent, where `setItem` can only be one of the values. */
function hasOwnOperators(target: object): boolean {
  const setItem = Object.getOwnPropertyDescriptor(target, 'setItem')
  return setItem !== undefined && !setItem.enumerable
}

function lengthOf(target: unknown): number {
  if (isDictionary(target)) return Object.keys(target).length
  if (typeof target === 'string' || (typeof target === 'object' && target !== null)) {
    const { length, size } = target as { length?: unknown; size?: unknown }
    if (typeof length === 'number') return length
    if (typeof size === 'number') return size
  }
  throw new RequestError('TypeError', `object of type '${kindOf(target)}' has no len()`)
}

function contains(target: unknown, item: unknown): boolean {
  if (typeof target === 'string') return target.includes(String(item))
  if (Array.isArray(target)) return target.some((member) => equal(member, item))
  if (target instanceof Map || target instanceof Set) return target.has(item)
  if (isDictionary(target)) return typeof item === 'string' && Object.hasOwn(target, item)
  throw new RequestError('TypeError', `argument of type '${kindOf(target)}' is not iterable`)
}

/** Python iterates lists by value, maps by key. */
function itemsOf(target: unknown): unknown[] {
  if (typeof target === 'string' || Array.isArray(target) || target instanceof Set)
    return [...(target as Iterable<unknown>)]
  if (target instanceof Map) return [...target.keys()]
  if (isDictionary(target)) return Object.keys(target)
  throw new RequestError('TypeError', `'${kindOf(target)}' object is not iterable`)
}

function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (isNdArray(a)) return isNdArray(b) && a.equals(b)
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, i) => equal(item, b[i]))
  if (isDictionary(a) && isDictionary(b)) {
    const keys = Object.keys(a)
    return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && equal(a[key], b[key]))
  }
  return a instanceof Date && b instanceof Date && a.getTime() === b.getTime()
}

function compare(operator: string, a: unknown, b: unknown): number {
  const comparable = (typeof a === 'string' && typeof b === 'string') || (isNumber(a) && isNumber(b))
  if (!comparable)
    throw new RequestError(
      'TypeError',
      `'${operator}' not supported between instances of '${kindOf(a)}' and '${kindOf(b)}'`
    )
  if (a === b) return 0
  if ((a as number) < (b as number)) return -1
  return (a as number) > (b as number) ? 1 : NaN
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint'
}

function number(operation: string, value: unknown): number {
  if (typeof value === 'number' || typeof value === 'boolean') return Number(value)
  throw new RequestError('TypeError', `unsupported operand type for ${operation}: '${kindOf(value)}'`)
}

function nonZero(value: number): number {
  if (value === 0) throw new RequestError('ZeroDivisionError', 'division by zero')
  return value
}

function combine(operation: string, a: unknown, b: unknown): unknown {
  if (operation === 'add') {
    if (typeof a === 'string' && typeof b === 'string') return a + b
    if (Array.isArray(a) && Array.isArray(b)) return [...(a as unknown[]), ...(b as unknown[])]
  }
  if ((typeof a !== 'number' && typeof a !== 'boolean') || (typeof b !== 'number' && typeof b !== 'boolean'))
    throw new RequestError(
      'TypeError',
      `unsupported operand type(s) for ${operation}: '${kindOf(a)}' and '${kindOf(b)}'`
    )
  return ARITHMETIC[operation]?.(Number(a), Number(b))
}

function textOf(target: unknown): string {
  if (typeof target === 'object' && target !== null) return `<${kindOf(target)} object>`
  return typeof target === 'function' ? `<${kindOf(target)}>` : String(target)
}
