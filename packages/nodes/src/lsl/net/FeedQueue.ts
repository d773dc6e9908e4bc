import type { Duplex } from 'node:stream'

/** A chunk of samples as it is sent. Its first sample has a stamp, so that what was dropped before it shows. */
export interface FeedChunk {
  readonly bytes: Buffer
  readonly samples: number
}

/** Bytes that are given to the system at once; the rest waits here, where it can be dropped. */
const WRITE_AHEAD = 256 << 10

/** What one client has still to take: at most so many samples; beyond that the oldest are dropped, and counted. */
export class FeedQueue {
  readonly #socket: Duplex
  readonly #limit: number
  readonly #dropped: (samples: number) => void
  #waiting: FeedChunk[] = []
  #samples = 0

  /** @param limit samples that may wait; @param dropped told how many were dropped, each time */
  constructor(socket: Duplex, limit: number, dropped: (samples: number) => void) {
    this.#socket = socket
    this.#limit = limit
    this.#dropped = dropped
    socket.on('drain', () => this.#flush())
  }

  /** Samples that wait here. */
  get samples(): number {
    return this.#samples
  }

  add(chunk: FeedChunk): void {
    this.#waiting.push(chunk)
    this.#samples += chunk.samples
    this.#flush()
    if (this.#samples <= this.#limit) return
    let drop = 0
    let count = 0
    while (this.#samples - count > this.#limit && drop < this.#waiting.length - 1)
      count += this.#waiting[drop++]!.samples
    this.#waiting = this.#waiting.slice(drop)
    this.#samples -= count
    if (count > 0) this.#dropped(count)
  }

  #flush(): void {
    let sent = 0
    while (sent < this.#waiting.length && this.#socket.writableLength < WRITE_AHEAD) {
      const { bytes, samples } = this.#waiting[sent++]!
      this.#samples -= samples
      this.#socket.write(bytes)
    }
    if (sent > 0) this.#waiting.splice(0, sent)
  }
}
