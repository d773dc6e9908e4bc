/** Objects that travel by proxy although their class is not branded: published ones and results of a constructor. */
const proxied = new WeakSet<object>()

/** Makes an object travel by proxy from now on, as the brand `'~proxied'` does for a whole class. */
export function markProxied(object: object): void {
  proxied.add(object)
}

/** What stands behind a proxy answers to this key, and to it alone. */
export const STATE = Symbol('nodeacq.proxy')

/** What stands behind a proxy; undefined for everything else. */
export function stateOf(value: object): object | undefined {
  return typeof value === 'function' ? (value as { [STATE]?: object })[STATE] : undefined
}

/** Whether a value is a proxy, or a path on one, of an object in another process. */
export function isRemote(value: unknown): boolean {
  return typeof value === 'function' && stateOf(value) !== undefined
}

/** Whether an object that is neither array, plain object nor a known kind of value travels by proxy. */
export function isProxied(object: object): boolean {
  if (proxied.has(object) || (object as { '~proxied'?: unknown })['~proxied'] === true) return true
  const tag = (object as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag]
  return tag === 'Module' || tag === 'Generator' || tag === 'AsyncGenerator'
}

export function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

const CLASS = /^class\b/
const classes = new WeakMap<object, boolean>()

/** Whether a function was written as a class, so that calling it means constructing. */
export function isClass(value: Function): boolean {
  // Methods and arrow functions have none.
  if (value.prototype === undefined) return false
  let known = classes.get(value)
  if (known === undefined) {
    known = CLASS.test(Function.prototype.toString.call(value))
    classes.set(value, known)
  }
  return known
}

/** Whether awaiting the value would wait for something. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    value !== null &&
    (typeof value === 'object' || typeof value === 'function') &&
    typeof (value as { then?: unknown }).then === 'function'
  )
}
