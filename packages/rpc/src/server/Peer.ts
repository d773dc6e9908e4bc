import { Holder } from './ObjectTable.ts'
import type { Serializer } from '../serialize/Serializer.ts'

/** A client that a server knows, by the identity of its connection. */
export class Peer extends Holder {
  readonly identity: Buffer
  /** What it wrote its last request with; messages without a request go out the same way. */
  serializer: Serializer
  /** Round of the watch in which it was last heard. */
  heard = 0
  /** When it could not be reached any more (ms of `performance.now`). */
  lostSince: number | undefined

  constructor(identity: Buffer, serializer: Serializer) {
    super()
    this.identity = identity
    this.serializer = serializer
  }

  /** The identity for people; bytes that are no text are shown as such. */
  get name(): string {
    return this.identity.toString('utf8')
  }
}
