import { encodePacket, stampPacket, type TiaBlock } from '../TiaPacket.ts'

/** One packet on its way to all connections. */
export class OutgoingPacket {
  readonly packetId: number
  /** µs since the server's start. */
  readonly timestamp: number
  readonly blocks: readonly TiaBlock[]
  /** Times that it is sent, all with one number. */
  readonly copies: number
  #encoded: Uint8Array | undefined

  constructor(packet: { packetId: number; timestamp: number; blocks: readonly TiaBlock[]; copies: number }) {
    this.packetId = packet.packetId
    this.timestamp = packet.timestamp
    this.blocks = packet.blocks
    this.copies = packet.copies
  }

  /** The packet with a connection's number. The samples are encoded once; the bytes are a copy, which the socket keeps. */
  bytesFor(packetNumber: number): Uint8Array {
    const { packetId, timestamp, blocks } = this
    this.#encoded ??= encodePacket({ packetId, packetNumber, timestamp, blocks })
    const bytes = this.#encoded.slice()
    stampPacket(bytes, { packetId, packetNumber, timestamp })
    return bytes
  }
}
