import type { FloatValue } from './float.ts'

/**
 * What serializers see: plain data only. `bigint` stands for an integer beyond 32 bits; a `number` that is integral
 * is an integer on the wire, a `FloatValue` always a float. Arrays, dates and proxies are maps with a marker key.
 */
export type Tree =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | FloatValue
  | readonly Tree[]
  | { readonly [key: string]: Tree }

/** Turns plain data into the bytes of one frame and back. Register one with `registerSerializer`. */
export interface Serializer {
  /** The `ser_type` frame. */
  readonly name: string
  encode(tree: Tree): Uint8Array
  /**
   * Refuses what is malformed or nested deeper than `MAX_DEPTH`. Integers beyond 2^53 may come as `bigint`.
   * @throws {SerializeError}
   */
  decode(bytes: Uint8Array): Tree
  /** Whether a message from a server, which is always a map, was written by this serializer. */
  recognizes(message: Uint8Array): boolean
}

/** Levels of nesting that a message may have. */
export const MAX_DEPTH = 128

/** Values in one message; larger data belongs in arrays. */
export const MAX_ITEMS = 1 << 24
