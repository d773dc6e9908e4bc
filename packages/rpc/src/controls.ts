import { KeywordArguments } from './KeywordArguments.ts'
import { proxyOfState, proxyState, ProxyState } from './proxy.ts'
import type { ProxyOptions } from './proxy.ts'
import type { Remote } from './Remote.ts'
import { isRemote as isProxy } from './serialize/kinds.ts'

/** Whether a value is a proxy, or a path on one, of an object in another process. */
export function isRemote(value: unknown): value is Remote<object> {
  return isProxy(value)
}

/** The object itself, by value where it can travel so (a branded object still comes as a proxy). */
export function valueOf<T>(proxy: PromiseLike<T> | Remote<T>): Promise<T> {
  return proxyState(proxy).fetch('value') as Promise<T>
}

/** Ends the reference at the owner; the proxy, and every path on it, cannot be used afterwards. Safe to call twice. */
export function release(proxy: object): Promise<void> {
  return proxyState(proxy).handle.release()
}

/** The address of the server that owns the object. */
export function addressOf(proxy: object): string {
  return proxyState(proxy).handle.address
}

/** The same object or path with other options: `withOptions(node, { timeout: 60_000 }).calibrate()`. */
export function withOptions<T extends object>(proxy: T, options: ProxyOptions): T {
  const { handle, path, options: before } = proxyState(proxy)
  if (options.autoDelete !== undefined) handle.setAutoDelete(options.autoDelete)
  return proxyOfState(new ProxyState(handle, path, { ...before, ...options })) as T
}

/** Keyword arguments for a Python peer, as the last argument of a call: `proxy.configure(kwargs({ nb_channel: 8 }))`. */
export function kwargs(values: Record<string, unknown>): KeywordArguments {
  return new KeywordArguments(values)
}

/** `object[key]` of Python: an element of a list, an entry of a map. */
export function getItem<T = unknown>(proxy: object, key: unknown): Promise<T> {
  return proxyState(proxy).attribute('__getitem__').call([key]) as Promise<T>
}

/** `object[key] = value` of Python. Unlike pyacq's it waits, so that a failure shows. */
export async function setItem(proxy: object, key: unknown, value: unknown): Promise<void> {
  await proxyState(proxy).attribute('__setitem__').call([key, value])
}

/** `object.name = value`. Unlike pyacq's it waits, so that a failure shows. */
export async function setAttribute(proxy: object, name: string, value: unknown): Promise<void> {
  await proxyState(proxy).attribute('__setattr__').call([name, value])
}

/** `len(object)` of Python. */
export function lengthOf(proxy: object): Promise<number> {
  return proxyState(proxy).attribute('__len__').call([]) as Promise<number>
}

/** Whether two values are the same object over there, or equal by its own word (`__eq__`). */
export async function equals(proxy: object, other: unknown): Promise<boolean> {
  const state = proxyState(proxy)
  if (isProxy(other)) {
    const { handle, path } = proxyState(other)
    const same = handle.address === state.handle.address && handle.record.obj_id === state.handle.record.obj_id
    if (same && path.join('.') === state.path.join('.')) return true
  }
  return (await state.attribute('__eq__').call([other])) === true
}
