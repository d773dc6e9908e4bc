import { UnreachablePeerError } from '@nodeacq/zmq'
import type { ZmqSocket } from '@nodeacq/zmq'
import { report } from '../report.ts'
import type { Serializer, Tree } from '../serialize/Serializer.ts'
import { isSame } from './frames.ts'
import type { ObjectTable } from './ObjectTable.ts'
import { Peer } from './Peer.ts'
import type { PeerContexts } from './Peer.ts'

/** A reply to a request that nobody made: clients drop it, and sending it shows whether the peer is there. */
const PROBE: Tree = { action: 'return', req_id: -2, rval: null, error: null }

interface WatchOptions {
  /** ms between looks at peers that are silent. */
  readonly interval: number
  /** ms for which a peer may be out of reach before what it holds is released. */
  readonly grace: number
  /** What a new peer's messages are encoded and decoded with. */
  readonly contexts: (peer: Peer) => PeerContexts
}

/**
 * The clients of a server. One that vanished without a word (killed, cable pulled) is noticed because the ROUTER no
 * longer knows a way to it; after the grace its references end and it is forgotten.
 */
export class PeerWatch {
  readonly #socket: ZmqSocket
  readonly #table: ObjectTable
  readonly #grace: number
  readonly #contexts: (peer: Peer) => PeerContexts
  readonly #peers = new Map<string, Peer>()
  readonly #timer: NodeJS.Timeout
  #round = 1
  /** The one that spoke last, who is often the next one. */
  #last: Peer | undefined

  constructor(socket: ZmqSocket, table: ObjectTable, { interval, grace, contexts }: WatchOptions) {
    this.#socket = socket
    this.#table = table
    this.#grace = grace
    this.#contexts = contexts
    this.#timer = setInterval(() => this.#look(), interval).unref()
  }

  /** Everybody who spoke and is not known to be gone. */
  get peers(): Iterable<Peer> {
    return this.#peers.values()
  }

  get size(): number {
    return this.#peers.size
  }

  /** The peer of an identity, which has just spoken. */
  heardFrom(identity: Buffer, serializer: Serializer): Peer {
    let peer = this.#last
    if (peer === undefined || !isSame(peer.identity, identity)) peer = this.#peerOf(identity, serializer)
    peer.heard = this.#round
    peer.lostSince = undefined
    return peer
  }

  #peerOf(identity: Buffer, serializer: Serializer): Peer {
    const key = identity.toString('latin1')
    let peer = this.#peers.get(key)
    if (peer === undefined) {
      peer = new Peer(identity, serializer, this.#contexts)
      this.#peers.set(key, peer)
    }
    this.#last = peer
    return peer
  }

  /** Sends a message to a peer; one that is out of reach is remembered as such. */
  async send(peer: Peer, bytes: Uint8Array): Promise<void> {
    try {
      await this.#socket.send([peer.identity, bytes])
    } catch (error) {
      this.failed(peer, error)
    }
  }

  /** What a failed send to a peer means. */
  failed(peer: Peer, error: unknown): void {
    if (this.#socket.closed) return
    if (error instanceof UnreachablePeerError) peer.lostSince ??= performance.now()
    else report('error', `a message to RPC client ${peer.name} could not be sent: ${String(error)}`, error)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    const silent = this.#round++
    for (const [key, peer] of this.#peers) {
      if (peer.heard >= silent) continue
      if (peer.lostSince !== undefined && performance.now() - peer.lostSince > this.#grace) {
        this.#forget(key, peer)
        continue
      }
      this.#socket.send([peer.identity, peer.serializer.encode(PROBE)]).then(
        () => {
          peer.lostSince = undefined
        },
        (error: unknown) => this.failed(peer, error)
      )
    }
  }

  #forget(key: string, peer: Peer): void {
    this.#peers.delete(key)
    if (this.#last === peer) this.#last = undefined
    const count = this.#table.release(peer)
    if (count > 0) report('debug', `RPC client ${peer.name} is gone; its ${count} references are released`)
  }
}
