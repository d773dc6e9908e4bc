import {
  CYTON_COUNTER,
  CYTON_PACKET_SIZE,
  CYTON_START,
  CYTON_STOP_FIRST,
  CYTON_STOP_LAST,
  emptyCytonPacket,
  readCytonPacket,
  type CytonPacket
} from './cytonPackets.ts'

/** Bytes that are taken in at once; twice that and a packet are kept. */
const BLOCK = 16_384
/** A packet that begins within another is believed when its number is at most so many after that of the other. */
const NEAR = 8

/**
 * Finds packets in a stream of bytes that may begin, end and break anywhere. The result does not depend on how the bytes
 * are cut into chunks.
 *
 * A packet is told by its start and its stop byte, which occur within packets too. Therefore the byte after a packet has
 * to be the start of the next one; where it is not, the packet counts only if no other one begins within it, as it does
 * when bytes were lost. So every packet waits for the first byte of the next, or for `finish`.
 */
export class CytonDecoder {
  readonly #take: (packet: Readonly<CytonPacket>, time: number) => void
  readonly #packet = emptyCytonPacket()
  readonly #bytes = new Uint8Array(2 * BLOCK + 3 * CYTON_PACKET_SIZE)
  #from = 0
  #to = 0
  /** Bytes before this place came at the time before. */
  #fresh = 0
  #time = 0
  #timeBefore = 0
  #isInStep = true
  #badPackets = 0
  #skippedBytes = 0

  /** @param take gets each packet, valid during the call, and the time at which its last byte came */
  constructor(take: (packet: Readonly<CytonPacket>, time: number) => void) {
    this.#take = take
  }

  /** How often bytes were found where a packet should have been. */
  get badPackets(): number {
    return this.#badPackets
  }

  /** Bytes that belong to no packet. */
  get skippedBytes(): number {
    return this.#skippedBytes
  }

  /** @param time when the bytes came, on any clock */
  push(chunk: Uint8Array, time = 0): void {
    this.#timeBefore = this.#time
    this.#time = time
    this.#fresh = this.#to
    for (let at = 0; at < chunk.length; at += BLOCK) {
      const piece = chunk.subarray(at, at + BLOCK)
      if (this.#to + piece.length > this.#bytes.length) this.#moveToFront()
      this.#bytes.set(piece, this.#to)
      this.#to += piece.length
      this.#decode(false)
    }
  }

  /** No more bytes come: what waits is decided now. The next bytes begin anew. */
  finish(): void {
    this.#fresh = this.#to
    this.#timeBefore = this.#time
    this.#decode(true)
    this.#skippedBytes += this.#to - this.#from
    this.#from = this.#to = this.#fresh = 0
    this.#isInStep = true
  }

  #decode(isEnd: boolean): void {
    while (this.#from < this.#to) {
      const verdict = this.#judge(this.#from, isEnd)
      if (verdict === 'wait') return
      if (verdict === 'packet') {
        readCytonPacket(this.#bytes, this.#from, this.#packet)
        this.#from += CYTON_PACKET_SIZE
        this.#isInStep = true
        this.#take(this.#packet, this.#from > this.#fresh ? this.#time : this.#timeBefore)
      } else {
        if (this.#isInStep) this.#badPackets += 1
        this.#isInStep = false
        this.#from += 1
        this.#skippedBytes += 1
      }
    }
  }

  #judge(at: number, isEnd: boolean): 'packet' | 'none' | 'wait' {
    const bytes = this.#bytes
    if (bytes[at] !== CYTON_START) return 'none'
    const end = at + CYTON_PACKET_SIZE
    if (end > this.#to) return isEnd ? 'none' : 'wait'
    if (!this.#hasStop(at)) return 'none'
    if (end === this.#to) return isEnd ? 'packet' : 'wait'
    if (bytes[end] === CYTON_START) return 'packet'
    // What begins in garbage has to end where another begins.
    if (!this.#isInStep) return 'none'
    // Bytes were lost from this packet, so that the next begins in it, or something else came behind it.
    const inner = this.#innerStart(at)
    if (inner < 0) return 'packet'
    if (inner + CYTON_PACKET_SIZE <= this.#to) return this.#hasStop(inner) ? 'none' : 'packet'
    return isEnd ? 'packet' : 'wait'
  }

  #hasStop(at: number): boolean {
    const stop = this.#bytes[at + CYTON_PACKET_SIZE - 1]!
    return stop >= CYTON_STOP_FIRST && stop <= CYTON_STOP_LAST
  }

  /** Where another packet may begin within the one at `at`, of a number soon after its number; -1 for nowhere. */
  #innerStart(at: number): number {
    const bytes = this.#bytes
    const number = bytes[at + 1]!
    for (let inner = at + 1; inner < at + CYTON_PACKET_SIZE; inner++) {
      if (bytes[inner] !== CYTON_START) continue
      const step = (bytes[inner + 1]! - number + CYTON_COUNTER) % CYTON_COUNTER
      if (step >= 1 && step <= NEAR) return inner
    }
    return -1
  }

  #moveToFront(): void {
    this.#bytes.copyWithin(0, this.#from, this.#to)
    this.#to -= this.#from
    this.#fresh = Math.max(0, this.#fresh - this.#from)
    this.#from = 0
  }
}
