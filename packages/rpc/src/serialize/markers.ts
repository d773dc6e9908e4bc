import type { Tree } from './Serializer.ts'

/** The key that makes a map something else; three underscores each side. */
export const MARKER = '___type_name___'

/** A proxy on the wire, keys in the order in which they go out. */
export interface ProxyRecord {
  readonly [MARKER]: 'proxy'
  readonly rpc_addr: string
  readonly obj_id: number
  readonly ref_id: number
  readonly type_str: string
  readonly attributes: readonly string[]
  readonly [key: string]: Tree
}

/**
 * Key under which a record that goes out again and again keeps its encoded form, by serializer. Serializers that know
 * no better ignore it.
 */
export const ENCODED = Symbol('encoded')

/** How the objects that do not travel by value are sent. @throws {SerializeError} when they cannot be. */
export interface EncodeContext {
  proxy(value: object): ProxyRecord
}

/** What becomes of the proxies in a message. */
export interface DecodeContext {
  proxy(record: ProxyRecord): unknown
}
