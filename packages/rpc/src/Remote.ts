import type { NdArray } from '@nodeacq/ndarray'
import type { KeywordArguments } from './KeywordArguments.ts'

/** What classes carry whose instances travel by proxy. */
interface Proxied {
  readonly '~proxied': true
}

/** Marks a proxy for the compiler, so that one that is handed on stays what it is. It has no value. */
declare const REMOTE: unique symbol

interface IsRemote {
  readonly [REMOTE]: true
}

type TypedArrays =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array

type Primitive = string | number | boolean | bigint | null | undefined | void

/** A function of any shape; the parameters stand in a contravariant place. */
type AnyFunction = (...args: never[]) => unknown
type AnyClass = abstract new (...args: never[]) => unknown

/** What a value of type `T` is after it crossed to the other process. */
export type RemoteValue<T> = 0 extends 1 & T
  ? T
  : unknown extends T
    ? unknown
    : T extends Primitive
      ? T
      : T extends PromiseLike<infer V>
        ? RemoteValue<V>
        : T extends IsRemote
          ? T
          : T extends Proxied | AnyFunction | AnyClass
            ? Remote<T>
            : T extends Uint8Array
              ? Uint8Array
              : T extends TypedArrays | NdArray
                ? NdArray
                : T extends Date
                  ? Date
                  : T extends ReadonlyMap<string, infer V>
                    ? Record<string, RemoteValue<V>>
                    : T extends ReadonlySet<infer V>
                      ? RemoteValue<V>[]
                      : T extends readonly unknown[]
                        ? { [K in keyof T]: RemoteValue<T[K]> }
                        : { [K in keyof T as K extends symbol ? never : K]: RemoteValue<T[K]> }

/** What may be given for a parameter of type `T`: the value itself, or a proxy of it. */
export type RemoteArgument<T> = T extends Primitive ? T : T extends object ? T | Remote<T> : T

/** In the place of any argument, `kwargs({…})` may stand as the last one. */
type RemoteArguments<A extends readonly unknown[]> = { [K in keyof A]: RemoteArgument<A[K]> | KeywordArguments }

/** Names that a proxy answers; private ones of pyacq's or ours are never reachable. */
type Reachable<K> = K extends string
  ? K extends `_${string}` | `~${string}` | 'constructor' | 'prototype' | 'then'
    ? never
    : K
  : never

type Members<T> = { readonly [K in keyof T as Reachable<K>]: RemoteMember<T[K]> }

/** A member as the proxy shows it: methods give promises, everything else is awaited or gone further into. */
export type RemoteMember<V> = 0 extends 1 & V
  ? V
  : V extends AnyClass | AnyFunction
    ? Callable<V>
    : PromiseLike<RemoteValue<V>> & ([V] extends [Primitive] ? unknown : Inner<V>)

/** What can be reached through an attribute without fetching it first. */
type Inner<V> =
  V extends PromiseLike<infer W>
    ? Inner<W>
    : V extends readonly unknown[]
      ? unknown
      : V extends object
        ? Members<V> & IsRemote & AsyncDisposable
        : unknown

type Callable<F> = F extends abstract new (...args: infer A) => infer R
  ? {
      (...args: RemoteArguments<A>): Promise<Remote<R & object>>
      new (...args: RemoteArguments<A>): Promise<Remote<R & object>>
    }
  : F extends (...args: infer A) => infer R
    ? (...args: RemoteArguments<A>) => Promise<RemoteValue<Awaited<R>>>
    : never

/**
 * A proxy of an object in another process. Methods return promises; properties are `PromiseLike`, and nothing is
 * asked of the other process until one is awaited or a method called, so `await remote.output.params` is one request.
 * The proxy itself can be awaited and returned like any value; an attribute path cannot without being fetched.
 * `await using` closes and releases the object.
 */
export type Remote<T> = ([T] extends [AnyClass | AnyFunction] ? Callable<T> : unknown) &
  Members<T> &
  IsRemote &
  AsyncDisposable
