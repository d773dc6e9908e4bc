import type { DecodeContext, EncodeContext } from '../serialize/markers.ts'
import type { Serializer } from '../serialize/Serializer.ts'
import { Holder } from './ObjectTable.ts'

/** A client that a server knows, by the identity of its connection. */
export class Peer extends Holder {
  readonly identity: Buffer
  /** What it wrote its last request with; messages without a request go out the same way. */
  serializer: Serializer
  /** What becomes of objects on their way to it, and of proxies from it. */
  readonly encode: EncodeContext
  readonly decode: DecodeContext
  /** Round of the watch in which it was last heard. */
  heard = 0
  /** When it could not be reached any more (ms of `performance.now`). */
  lostSince: number | undefined

  constructor(identity: Buffer, serializer: Serializer, contexts: (peer: Peer) => PeerContexts) {
    super()
    this.identity = identity
    this.serializer = serializer
    const { encode, decode } = contexts(this)
    this.encode = encode
    this.decode = decode
  }

  /** The identity for people. */
  get name(): string {
    return this.identity.toString('utf8')
  }
}

export interface PeerContexts {
  readonly encode: EncodeContext
  readonly decode: DecodeContext
}
