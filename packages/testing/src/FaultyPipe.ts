import type { Socket } from 'node:net'

/** What may be wrong with one direction of a connection. */
export interface PipeFaults {
  /** ms that every byte takes longer. Default 0. */
  delay?: number | undefined
  /** Up to so many ms on top, other ones each time; the order of the bytes stays. Default 0. */
  jitter?: number | undefined
  /** Default no limit. */
  bytesPerSecond?: number | undefined
  /** Bytes vanish, and nobody is told: what a pulled cable or a lost entry in a NAT table looks like. Default false. */
  swallow?: boolean | undefined
}

/** What may wait here before the sender is held up, as in a network that has only so many buffers. */
const MOST_WAITING = 256 * 1024
/** Bytes that go out at once under a limit of the rate: a fifth of a second's. */
const SHARE = 0.2

/** Carries the bytes of one socket to another, with faults. */
export class FaultyPipe {
  faults: PipeFaults = {}
  readonly #from: Socket
  readonly #to: Socket
  readonly #random: () => number
  readonly #waiting: { bytes: Buffer; due: number }[] = []
  #waitingBytes = 0
  #timer: NodeJS.Timeout | undefined
  #latestDue = 0
  /** When the next bytes may go, for the sake of the rate. */
  #freeAt = 0
  #hasSwallowed = false
  #hasEnded = false
  #isClosed = false
  #isBlocked = false
  #passed = 0

  constructor(from: Socket, to: Socket, random: () => number) {
    this.#from = from
    this.#to = to
    this.#random = random
    from.on('data', (bytes) => {
      this.#take(bytes)
    })
    from.on('end', () => {
      this.#hasEnded = true
      this.#pass()
    })
    to.on('drain', () => {
      this.#isBlocked = false
      this.#pass()
    })
  }

  get hasSwallowed(): boolean {
    return this.#hasSwallowed
  }

  /** Bytes that were handed on. */
  get passedBytes(): number {
    return this.#passed
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#waiting.length = 0
  }

  #take(bytes: Buffer): void {
    const { delay = 0, jitter = 0, swallow = false } = this.faults
    // A stream with a hole in it makes no sense: once swallowing, always swallowing.
    if (swallow || this.#hasSwallowed) {
      this.#hasSwallowed = true
      return
    }
    const due = performance.now() + delay + jitter * this.#random()
    this.#latestDue = Math.max(this.#latestDue, due)
    this.#waiting.push({ bytes, due: this.#latestDue })
    this.#waitingBytes += bytes.length
    if (this.#waitingBytes > MOST_WAITING) this.#from.pause()
    this.#pass()
  }

  /** Hands on what is due. */
  #pass(): void {
    clearTimeout(this.#timer)
    while (!this.#isClosed && !this.#isBlocked) {
      const [next] = this.#waiting
      if (next === undefined) {
        // Who swallows says nothing of the end either.
        if (this.#hasEnded && !this.#hasSwallowed) this.#to.end()
        return
      }
      const wait = Math.max(next.due, this.#freeAt) - performance.now()
      if (wait > 0) {
        this.#timer = setTimeout(() => {
          this.#pass()
        }, wait)
        return
      }
      this.#handOn(next.bytes)
    }
  }

  #handOn(bytes: Buffer): void {
    const { bytesPerSecond = Infinity } = this.faults
    const share = Math.max(1, Math.floor(bytesPerSecond * SHARE))
    const part = bytes.length <= share ? bytes : bytes.subarray(0, share)
    this.#isBlocked = !this.#to.write(part)
    this.#passed += part.length
    this.#waitingBytes -= part.length
    if (this.#waitingBytes <= MOST_WAITING && this.#from.isPaused()) this.#from.resume()
    if (part === bytes) this.#waiting.shift()
    else (this.#waiting[0] as { bytes: Buffer }).bytes = bytes.subarray(share)
    if (bytesPerSecond < Infinity) this.#freeAt = performance.now() + (1000 * part.length) / bytesPerSecond
  }
}
