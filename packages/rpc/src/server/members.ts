import { isNdArray } from '@nodeacq/ndarray'
import { RequestError } from '../errors.ts'
import type { Dialect } from '../dialect.ts'
import { isClass, isPlainObject, isRemote, markProxied } from '../serialize/kinds.ts'

/** Prototypes that end every search: what `Object` and `Function` give to all is out of reach. */
const ROOTS = new Set<unknown>([
  Object.prototype,
  Function.prototype,
  Object.getPrototypeOf(async () => undefined),
  Object.getPrototypeOf(function* () {}),
  Object.getPrototypeOf(async function* () {}),
  null
])

/** Never reachable, on anything, wherever they are defined. */
const FORBIDDEN = new Set(['constructor', 'prototype', '__proto__', 'arguments', 'caller', 'callee'])

/** Names that only run code or change what an object is. */
const NOT_SETTABLE = new Set(['then', 'toJSON', 'toString', 'valueOf'])

/** Functions that make code from text. */
const EVALUATORS = new Set<unknown>([
  Function,
  Object.getPrototypeOf(async () => undefined).constructor,
  Object.getPrototypeOf(function* () {}).constructor,
  Object.getPrototypeOf(async function* () {}).constructor,
  // oxlint-disable-next-line eslint/no-eval -- named to be refused
  globalThis.eval
])

/**
 * The name under which `target` has a member, after asking the dialect; undefined when it has none, or none that may
 * be reached from outside. Never `constructor`, `prototype`, names beginning with `_`, or what `Object` and
 * `Function` give to every object.
 */
export function memberOf(target: unknown, name: string, dialect: Dialect): string | undefined {
  if (target === null || target === undefined || name.charCodeAt(0) === UNDERSCORE) return undefined
  if (has(target, name)) return name
  const meant = dialect.memberName(Object(target) as object, name)
  return meant !== undefined && meant.charCodeAt(0) !== UNDERSCORE && has(target, meant) ? meant : undefined
}

const UNDERSCORE = 0x5f

function has(target: unknown, name: string): boolean {
  if (FORBIDDEN.has(name)) return false
  if (isRemote(target)) return true
  // The memory around an array is not part of it: small ones share theirs with whatever the process handles.
  if (name === 'buffer' && (ArrayBuffer.isView(target) || isNdArray(target))) return false
  for (let object = Object(target) as object | null; object !== null && !ROOTS.has(object);) {
    if (Object.hasOwn(object, name)) return true
    object = Object.getPrototypeOf(object) as object | null
  }
  return false
}

/** The value of a member. @throws {RequestError} AttributeError */
export function getMember(target: unknown, name: string, dialect: Dialect): unknown {
  const member = memberOf(target, name, dialect)
  if (member === undefined) throw noMember(target, name)
  return (target as Record<string, unknown>)[member]
}

/**
 * Sets a member. Existing fields and setters only, on plain objects also new ones; methods, functions, classes and
 * modules are not changed from outside. @throws {RequestError} AttributeError
 */
export function setMember(target: unknown, name: string, value: unknown, dialect: Dialect): void {
  if (typeof target !== 'object' || target === null) throw readOnly(target, name)
  const known = memberOf(target, name, dialect)
  if (known === undefined && !(isPlainObject(target) && name.charCodeAt(0) !== UNDERSCORE && isNewKey(name)))
    throw noMember(target, name)
  const member = known ?? name
  if (NOT_SETTABLE.has(member)) throw readOnly(target, name)
  const descriptor = describe(target, member)
  if (descriptor && (descriptor.get ? !descriptor.set : !descriptor.writable || typeof descriptor.value === 'function'))
    throw readOnly(target, name)
  if (!Reflect.set(target, member, value)) throw readOnly(target, name)
}

/** Whether a plain object may get a key of that name from outside. */
export function isNewKey(name: string): boolean {
  return (
    name.charCodeAt(0) !== UNDERSCORE && !FORBIDDEN.has(name) && !NOT_SETTABLE.has(name) && !(name in Object.prototype)
  )
}

function describe(target: object, name: string): PropertyDescriptor | undefined {
  for (let object: object | null = target; object !== null; object = Object.getPrototypeOf(object) as object | null) {
    const descriptor = Object.getOwnPropertyDescriptor(object, name)
    if (descriptor) return descriptor
  }
  return undefined
}

/** Calls `fn` with `this`; a class is constructed, and what it made travels by proxy. @throws {RequestError} TypeError */
export function invoke(fn: unknown, target: unknown, args: unknown[]): unknown {
  if (typeof fn !== 'function') throw new RequestError('TypeError', `'${kindOf(fn)}' object is not callable`)
  if (EVALUATORS.has(fn)) throw new RequestError('TypeError', 'functions that make code from text are not called')
  if (!isClass(fn)) return Reflect.apply(fn as (...rest: unknown[]) => unknown, target, args)
  const made = Reflect.construct(fn, args) as object
  markProxied(made)
  return made
}

export function noMember(target: unknown, name: string): RequestError {
  return new RequestError('AttributeError', `'${kindOf(target)}' object has no attribute '${name}'`)
}

function readOnly(target: unknown, name: string): RequestError {
  return new RequestError('AttributeError', `attribute '${name}' of '${kindOf(target)}' object cannot be set`)
}

/** The name that Python would have for the type of a value. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'NoneType'
  switch (typeof value) {
    case 'boolean':
      return 'bool'
    case 'number':
      return Number.isInteger(value) ? 'int' : 'float'
    case 'bigint':
      return 'int'
    case 'string':
      return 'str'
    case 'function':
      return isClass(value) ? 'type' : 'function'
    default:
  }
  if (Array.isArray(value)) return 'list'
  if (isPlainObject(value as object)) return 'dict'
  return (value as object).constructor?.name ?? 'object'
}
