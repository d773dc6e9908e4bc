import type { NdArray } from '@nodeacq/ndarray'
import { monotonicNow } from '../delivery/clock.ts'
import type { DirectoryReader } from '../transfer/DirectoryReader.ts'
import type { RingChunks } from '../transfer/RingChunks.ts'

/** Chunks after which the writer is told what was taken. */
const TELL_EVERY = 16
/** ms between looks at the ring of a reader that sleeps: a bell that cannot be heard costs this and no more. */
const LOOK_EVERY = 100

/**
 * The chunks of a shared ring as one input reads them: its place, what it tells the writer, and its sleep.
 *
 *   chunks   … read │ next … published-1 │ not sent yet
 *                     └ the seat says so to a writer that waits
 */
export class RingFeed {
  readonly directory: DirectoryReader
  /** What the input adds to the numbers of the source's runs. */
  readonly runOffset: number
  readonly #chunks: RingChunks
  readonly #tellWriter: () => void
  readonly #onMore: () => void
  readonly #look: NodeJS.Timeout
  #seat: number
  #next: number
  #told: number
  /** What is known of the number of the next chunk to be sent. */
  #known = 0
  #isAsleep = false
  #failure: Error | undefined
  /** Nothing after this is of this feed, because another source has taken its place. */
  #end = Infinity
  /** How much of what the output declares on the side channel was heard for sure, and how much is not asked for again. */
  heardNews = -1
  knownNews = -1
  /** Number of the chunk that they were asked for last. */
  askedFor = -1
  /** Chunks before the one that is looked at were written over. */
  hasGap = true
  /** The chunk that a reader has borrowed. */
  readonly borrowed = { isHeld: false, position: 0, from: 0, to: 0 }

  /**
   * @param at.next number of the first chunk to read
   * @param at.tellWriter says to a writer that waits that something was taken
   * @param at.onMore called when there may be more, although no bell was rung
   */
  constructor(at: {
    chunks: RingChunks
    seat: number
    next: number
    runOffset: number
    tellWriter: () => void
    onMore: () => void
  }) {
    this.#chunks = at.chunks
    this.directory = at.chunks.directory
    this.runOffset = at.runOffset
    this.#tellWriter = at.tellWriter
    this.#onMore = at.onMore
    this.#seat = at.seat
    this.#next = this.#told = at.next
    this.directory.sit(at.seat, at.next)
    this.#look = setInterval(() => {
      if (this.#isAsleep && this.hasMore) this.#onMore()
    }, LOOK_EVERY)
    this.#look.unref()
  }

  /** The output has given this input a place again. */
  moveTo(seat: number): void {
    this.#seat = seat
    this.directory.sit(seat, this.#next)
    this.directory.setAsleep(seat, this.#isAsleep)
  }

  /** Another source comes after what is in the ring now. */
  finish(): void {
    if (this.#end === Infinity) this.#end = this.#published()
  }

  /** What is wrong with the control file is thrown where somebody reads. */
  #published(): number {
    try {
      return this.directory.published()
    } catch (error) {
      this.#failure ??= error as Error
      return this.#next
    }
  }

  get isFinal(): boolean {
    return this.#end !== Infinity
  }

  /** Whether a chunk waits. */
  get hasMore(): boolean {
    if (this.#next >= this.#end) return false
    return this.#next < this.#known || this.#next < (this.#known = this.#published()) || this.#failure !== undefined
  }

  /** Run of the chunk that was looked at, as the input counts them. */
  get run(): number {
    return this.directory.run + this.runOffset
  }

  /** Run and index of the newest chunk; undefined when there is none. Looks at it. */
  newest(): { run: number; index: number } | undefined {
    const { directory } = this
    const newest = this.#published() - 1
    if (this.#failure !== undefined || newest < directory.begin || !directory.look(newest)) return undefined
    return { run: this.run, index: directory.index }
  }

  /** Looks at the next chunk that is there still. False when there is none. @throws {SharedMemError} */
  look(): boolean {
    const { directory } = this
    if (!this.hasMore) return false
    if (this.#failure !== undefined) throw this.#failure
    if (directory.look(this.#next) && directory.isIntact) return true
    this.#next = Math.min(directory.oldest(this.#next), this.#end)
    this.hasGap = true
    return this.hasMore && directory.look(this.#next)
  }

  /** How much the output had declared before the newest chunk. Looks at that one. */
  newestNews(): number {
    return this.newest() ? this.directory.news : this.knownNews
  }

  /** Passes over all but the newest chunk. */
  skip(): void {
    const newest = Math.min(this.#published(), this.#end) - 1
    if (newest <= this.#next) return
    this.#next = newest
    this.hasGap = true
  }

  /** The samples of the chunk that was looked at; undefined when they were written over meanwhile. */
  data(borrow: boolean): NdArray | undefined {
    return borrow ? this.#chunks.view() : this.#chunks.copy()
  }

  /** The chunk that was looked at is read. */
  advance(): void {
    this.hasGap = false
    this.#next += 1
    if (this.#next - this.#told >= TELL_EVERY || this.directory.isWaiting) this.tell()
  }

  /**
   * The chunk that was looked at was written over while it was read, so the writer is close behind: goes on further
   * away from it.
   */
  flee(): void {
    this.hasGap = true
    const oldest = this.directory.oldest(this.#next + 1)
    this.#next = Math.min(oldest + ((this.directory.published() - oldest) >> 4), this.#end)
  }

  /** The reader holds samples of the chunk that was looked at. */
  lend(from: number, to: number): void {
    const { borrowed, directory } = this
    borrowed.isHeld = true
    // A copy stays what it is.
    borrowed.position = this.#chunks.isInPlace ? directory.position - directory.count : Infinity
    borrowed.from = from
    borrowed.to = to
    this.hasGap = false
    this.#next += 1
  }

  /** The reader gives back what it has borrowed. False when it was written over while the reader had it. */
  giveBack(): boolean {
    const { borrowed } = this
    if (!borrowed.isHeld) return true
    borrowed.isHeld = false
    // Before the writer is told, which may then write over it rightly.
    const isWhole = this.directory.keeps(borrowed.position)
    this.#next -= 1
    this.advance()
    return isWhole
  }

  /** Says how much was taken. */
  tell(): void {
    this.#told = this.#next - (this.borrowed.isHeld ? 1 : 0)
    this.directory.tellTaken(this.#seat, this.#told, monotonicNow())
    if (this.directory.isAskedFor(this.#told)) this.#tellWriter()
  }

  /** Asks for the bell. False when there is more already. */
  sleep(): boolean {
    if (this.#told !== this.#next) this.tell()
    this.directory.setAsleep(this.#seat, true)
    this.#isAsleep = true
    // In this order: either the writer sees that somebody sleeps, or this sees what it wrote.
    if (!this.hasMore && !this.isFinal) return true
    this.awake()
    return false
  }

  awake(): void {
    if (!this.#isAsleep) return
    this.#isAsleep = false
    this.directory.setAsleep(this.#seat, false)
  }

  close(): void {
    clearInterval(this.#look)
  }
}
