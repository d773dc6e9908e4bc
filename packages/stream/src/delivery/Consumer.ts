import type { SideMessage } from '../side/messages.ts'
import type { ChunkLog } from './ChunkLog.ts'
import type { Entry } from './RetentionLog.ts'
import type { Seat } from './Seats.ts'

/**
 * How an output serves one nodeacq input:
 *
 * - `live`: data comes by PUB/SUB, only control messages go here;
 * - `complete`: every chunk of the log in order, as far as the window allows;
 * - `latest`: whenever there is room, the newest chunk;
 * - `bounded`: every chunk while there is room, then none (what PUB does at its high-water mark), within one process.
 */
export type Service = 'live' | 'complete' | 'latest' | 'bounded'

/** The way to one input. Neither call waits. */
export interface ConsumerLink {
  /** Whether what is sent has arrived. */
  readonly isLocal: boolean
  post(message: SideMessage): void
  chunk(entry: Entry): void
}

/** What an input may have on the way to it before it says that it took something. */
export interface Window {
  readonly chunks: number
  readonly bytes: number
}

/** The output's picture of one nodeacq input: where it stands and how much it may be sent. */
export class Consumer {
  /** Names the connection. */
  readonly id: string
  /** Names the input, also over another connection. */
  readonly input: string
  readonly name: string | undefined
  readonly service: Service
  readonly who: Readonly<Record<string, unknown>>
  readonly link: ConsumerLink
  readonly #window: Window
  /** Position in the log of the next chunk to send. */
  cursor = 0
  /** Run of what was sent last. */
  run: number
  /** Whether a waiting output waits for this input. */
  holding = true
  #lastTaken = performance.now()
  /** Where it sits when it reads the shared ring by itself; then nothing is sent to it but control messages. */
  readonly seat: Seat | undefined
  /** `performance.now()` when its connection was found gone. */
  #leftAt: number | undefined
  #sent = 0
  #taken = 0
  /** Bytes on the way, in all and of each chunk, oldest first. */
  #bytesInFlight = 0
  #sizes: number[] = []
  #firstSize = 0

  constructor(at: {
    id: string
    input: string
    name: string | undefined
    service: Service
    who: Readonly<Record<string, unknown>>
    link: ConsumerLink
    window: Window
    run: number
    seat?: Seat | undefined
  }) {
    this.seat = at.seat
    this.id = at.id
    this.input = at.input
    this.name = at.name
    this.service = at.service
    this.who = at.who
    this.link = at.link
    this.#window = at.window
    this.run = at.run
  }

  /** Chunks that were sent and not taken yet. */
  get inFlight(): number {
    if (this.seat) return this.seat.waiting
    return this.#sent - this.#taken
  }

  /** `taken` counts chunks since the hello, so a message that comes twice or late does no harm. */
  credit(taken: number): void {
    if (taken <= this.#taken || taken > this.#sent) return
    for (; this.#taken < taken; this.#taken++) this.#bytesInFlight -= this.#sizes[this.#firstSize++] ?? 0
    if (this.#firstSize > 1000) {
      this.#sizes = this.#sizes.slice(this.#firstSize)
      this.#firstSize = 0
    }
    this.#lastTaken = performance.now()
  }

  get hasRoom(): boolean {
    const inFlight = this.#sent - this.#taken
    // One chunk always fits: it may be larger than the whole window.
    return inFlight === 0 || (inFlight < this.#window.chunks && this.#bytesInFlight < this.#window.bytes)
  }

  /** Sends what the service and the window allow. */
  pump(log: ChunkLog, indexAtEndOf: (run: number) => number): void {
    if (this.service === 'live' || this.isAbsent || this.seat) return
    while (this.cursor < log.end && this.hasRoom) {
      if (this.service === 'latest') this.cursor = log.end - 1
      else if (this.cursor < log.first) this.#passOver(log, indexAtEndOf)
      const entry = log.at(this.cursor)
      this.cursor += 1
      this.run = entry.run
      if (this.inFlight === 0) this.#lastTaken = performance.now()
      this.#sent += 1
      this.#bytesInFlight += entry.bytes
      this.#sizes.push(entry.bytes)
      this.link.chunk(entry)
    }
    if (this.service === 'bounded') this.cursor = log.end
  }

  /** Tells the input what it will not get, run by run, and moves the cursor to what is left. */
  #passOver(log: ChunkLog, indexAtEndOf: (run: number) => number): void {
    const oldest = log.at(log.first)
    this.tellGone(oldest.run, oldest.start, indexAtEndOf)
    this.cursor = log.first
  }

  /** Everything before `to` of `run` that was not sent is gone. Where nothing is missing, the input finds that out. */
  tellGone(run: number, to: number, indexAtEndOf: (run: number) => number): void {
    for (; this.run < run; this.run++) this.link.post({ kind: 'gone', run: this.run, to: indexAtEndOf(this.run) })
    this.link.post({ kind: 'gone', run, to })
  }

  /** Position of the next chunk to be sent; none is sent to one that reads the ring by itself. */
  get unsent(): number {
    return this.seat ? Infinity : this.cursor
  }

  /** Whether it reads and has not taken all of the log, as far as is known. */
  isOwed({ end }: ChunkLog): boolean {
    // Who reads the ring has mapped it: closing does not take it away.
    if (this.service === 'live' || !this.holding || this.seat) return false
    return this.cursor < end || (!this.link.isLocal && this.inFlight > 0)
  }

  /** `performance.now()` of the latest time it took something or had nothing to take. */
  get lastTaken(): number {
    return this.seat ? this.seat.lastTaken : this.#lastTaken
  }

  /** What was on the way when the connection broke has to be sent again. */
  leave(): void {
    this.cursor = this.oldestUntaken
    this.#taken = this.#sent
    this.#leftAt = performance.now()
  }

  /** Whether its connection is gone, and it may come back. */
  get isAbsent(): boolean {
    return this.#leftAt !== undefined
  }

  /** Whether an absent input may be waited for: a ring it reads shows that it goes on, as a process shows that it does not. */
  isExpected(lease: number): boolean {
    const since = Math.max(this.#leftAt ?? 0, this.seat?.lastTaken ?? 0)
    return performance.now() - since < lease && this.seat?.isAbandoned !== true
  }

  /** Position of the oldest chunk that was sent and not taken; the cursor when there is none. */
  get oldestUntaken(): number {
    return this.seat ? this.seat.taken : this.cursor - this.inFlight
  }
}
