import {
  bytesOf,
  writeCerebus,
  type CerebusHeader,
  type CerebusVersion
} from '../../devices/blackrock/cerebusPackets.ts'

/** Bytes of a datagram at most: what Ethernet carries in one piece. */
const DATAGRAM_BYTES = 1472

/** Gathers packets into datagrams. */
export class DatagramWriter {
  readonly version: CerebusVersion
  readonly #send: (datagram: Buffer) => void
  #datagram = Buffer.alloc(DATAGRAM_BYTES)
  #length = 0

  /** @param send gets each datagram, its own memory */
  constructor(version: CerebusVersion, send: (datagram: Buffer) => void) {
    this.version = version
    this.#send = send
  }

  add(header: CerebusHeader, body: Uint8Array): void {
    const length = bytesOf(this.version, body)
    if (this.#length + length > this.#datagram.length) this.flush(length)
    writeCerebus(this.#datagram, this.#length, { version: this.version, header, body })
    this.#length += length
  }

  flush(next = 0): void {
    if (this.#length > 0) this.#send(this.#datagram.subarray(0, this.#length))
    this.#datagram = Buffer.alloc(Math.max(DATAGRAM_BYTES, next))
    this.#length = 0
  }
}
