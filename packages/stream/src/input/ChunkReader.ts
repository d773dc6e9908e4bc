import type { NdArray } from '@nodeacq/ndarray'
import { monotonicNow } from '../delivery/clock.ts'
import type { Entry } from '../delivery/RetentionLog.ts'
import { OverrunError } from '../errors.ts'
import { report } from '../log.ts'
import type { Gap } from '../LossLedger.ts'
import type { StreamFilter, StreamInfo } from '../params.ts'
import type { DecodedChunk, TransferReceiver } from '../transfer/TransferMode.ts'
import type { TakenChunk, TakeOptions } from './Chunk.ts'
import type { Arrival, Gone } from './Inbox.ts'
import { LatencyMeter } from './LatencyMeter.ts'
import { RunTracker } from './RunTracker.ts'
import type { RingFeed } from './RingFeed.ts'
import type { MessageInQuestion, Patience } from './SyncCalls.ts'
import { UNKNOWN_RUN } from './Subscription.ts'

/** What a reader needs of the rest of an input. */
export interface ReaderSurroundings {
  /** Resolves when everything that the output declared until now is known, with the run that a message is of. */
  sync(patience: Patience, about?: MessageInQuestion): Promise<number | undefined>
  /** Whether the output did not answer. */
  isSilent(): boolean
  /** Whether it answered in the time that it had. */
  hasAnswered(): boolean
  /** Takes back what belongs to a later run than may be read now. */
  putBack(item: Arrival): void
}

/** What is read, and how. */
export interface ReaderSource {
  readonly info: StreamInfo
  readonly receiver: TransferReceiver
  readonly filters: readonly StreamFilter[]
  /** For messages: whose input this is. */
  readonly subject: string
  readonly measuresLatency: boolean
}

const NOTHING: readonly Gap[] = Object.freeze([])

/** Turns what has arrived into chunks: decodes it, finds its run, enters it into the ledger, applies the filters. */
export class ChunkReader {
  readonly latency = new LatencyMeter()
  tracker: RunTracker
  receiver: TransferReceiver
  info: StreamInfo
  /** Called with each chunk that has data, before the filters. */
  onChunk: ((data: NdArray, index: number, run: number) => void) | undefined
  /** Whether a chunk was read since this was cleared. */
  hasRead = false
  /** A source of pyacq's says nothing about runs: an index that goes back is another one. */
  readonly #isPlain: boolean
  readonly #missing: 'lost' | 'skipped'
  readonly #filters: readonly StreamFilter[]
  readonly #subject: string
  readonly #measuresLatency: boolean
  readonly #around: ReaderSurroundings
  /** Memory of the chunk that the reader has borrowed. */
  #lent: ArrayBuffer | undefined
  /** What was found missing since the chunk before. */
  #gaps: readonly Gap[] = NOTHING
  #hasReported = false

  constructor(at: ReaderSource & { isPlain: boolean; missing: 'lost' | 'skipped'; around: ReaderSurroundings }) {
    this.info = at.info
    this.receiver = at.receiver
    this.#isPlain = at.isPlain
    this.#missing = at.missing
    this.#filters = at.filters
    this.#subject = at.subject
    this.#measuresLatency = at.measuresLatency
    this.#around = at.around
    this.tracker = new RunTracker(at.info.accounting, at.missing)
  }

  /** The source carries something else from now on. */
  adopt(info: StreamInfo, receiver: TransferReceiver): void {
    this.receiver.close()
    this.receiver = receiver
    if (info.accounting !== this.info.accounting) {
      const { run, next } = this.tracker
      this.tracker = new RunTracker(info.accounting, this.#missing)
      this.tracker.join(run, next)
    }
    this.info = info
  }

  /** Reads one item; undefined when it brought no chunk. */
  read(item: Arrival, options: TakeOptions): TakenChunk | undefined | Promise<TakenChunk | undefined> {
    if (item.kind === 'gone') return this.#readGone(item, options)
    if (item.data !== undefined) {
      return this.#account(item, { index: item.index, count: item.data.length, data: item.data }, options)
    }
    let decoded: DecodedChunk | Promise<DecodedChunk>
    try {
      decoded = this.receiver.decode(item.frames ?? [], options.wantData)
    } catch (error) {
      return this.#damaged(item, error)
    }
    if (!(decoded instanceof Promise)) return this.#account(item, decoded, options)
    return decoded.then(
      (chunk) => this.#account(item, chunk, options),
      (error: unknown) => this.#damaged(item, error)
    )
  }

  #readGone(item: Gone, options: TakeOptions): undefined {
    const { run, to, cause = 'retention' } = item
    if (!this.tracker.isWanted(run, to) || !this.#enterRun(run, item, options)) return
    const { next } = this.tracker
    if (to > next) this.#addGaps(this.tracker.ledger.lose(next, to, this.#missing === 'lost' ? cause : 'skipped'))
  }

  #damaged({ run, start, index }: Entry, error: unknown): undefined {
    if (error instanceof OverrunError) {
      const { from, to, torn } = error
      if (run === UNKNOWN_RUN || run === this.tracker.run) {
        this.#addGaps(this.tracker.ledger.lose(from, to, torn ? 'torn' : 'overrun'))
      }
      return
    }
    if (!this.#hasReported) {
      this.#hasReported = true
      report('error', `${this.#subject}: dropped a message that is no chunk of the stream`, error)
    }
    if (run === this.tracker.run) this.#addGaps(this.tracker.ledger.lose(start, index, 'damaged'))
  }

  #addGaps(gaps: readonly Gap[]): void {
    if (gaps.length > 0) this.#gaps = [...this.#gaps, ...gaps]
  }

  /** Reads the next chunk of a ring, which is there; undefined when it brought none. */
  readRing(feed: RingFeed, options: TakeOptions): TakenChunk | undefined | Promise<undefined> {
    if (!feed.look()) return undefined
    const { tracker } = this
    const { run, directory } = feed
    const { index, count, step, news, hole, number } = directory
    // What the output declared before it sent this chunk has to be known first.
    if (news > (feed.hasGap ? feed.heardNews : feed.knownNews) && feed.askedFor !== number) return this.#hearNews(feed)
    if (hole > 0 || run > tracker.run) this.#hearRing(feed)
    if (!tracker.isWanted(run, index)) {
      feed.advance()
      return undefined
    }
    if (!this.#mayEnter(run, options)) return undefined
    const start = index - step
    if (start > tracker.next && this.#missing === 'lost')
      this.#addGaps(tracker.ledger.lose(tracker.next, start, 'overrun'))
    const borrow = options.borrow === true && this.onChunk === undefined
    const data = options.wantData ? feed.data(borrow) : null
    if (data === undefined) {
      this.#addGaps(tracker.ledger.lose(start, index, 'torn'))
      feed.flee()
      return undefined
    }
    if (borrow) feed.lend(Math.max(start, tracker.next), index)
    else feed.advance()
    return this.#note({ run, index, count, data })
  }

  /** Gives back what was borrowed, and enters it as missing when it was not whole any more. */
  giveBack(feed: RingFeed): void {
    if (feed.giveBack()) return
    const { from, to } = feed.borrowed
    this.#addGaps(this.tracker.ledger.retract(from, to, 'torn'))
  }

  /**
   * Frees the memory of a borrowed chunk that came as a message. The garbage collector would do so late, and a stream of
   * a gigabyte a second keeps it busy (measured: a quarter more chunks of 64 KB, a fifth of the memory).
   */
  freeLent(): void {
    const memory = this.#lent
    if (memory === undefined) return
    this.#lent = undefined
    if (!memory.detached) memory.transfer(0)
  }

  /**
   * Waits for what the output declared before the chunk that is looked at. One that does not answer now tells it when it
   * comes back; meanwhile what stands in the ring does, unless a part of that is gone.
   */
  async #hearNews(feed: RingFeed): Promise<undefined> {
    const { number, news } = feed.directory
    const isDecisive = (feed.hasGap || feed.run > this.tracker.run + 1) && !this.#isSeamless(feed)
    const newest = feed.newestNews()
    await this.#around.sync(isDecisive ? 'decisive' : 'brief')
    feed.askedFor = number
    const hasAnswered = this.#around.hasAnswered()
    feed.knownNews = hasAnswered ? newest : Math.max(news, feed.knownNews)
    if (hasAnswered) feed.heardNews = newest
  }

  /** Whether the chunk that is looked at, with the hole before it, follows what was read: an account misses nothing. */
  #isSeamless({ run, directory }: RingFeed): boolean {
    const { run: current, next } = this.tracker
    const from = directory.index - directory.step - directory.hole
    return run === current ? from <= next : run === current + 1 && directory.before === next && from === 0
  }

  /** What the ring itself says about runs and holes; what was heard already stays as it is. */
  #hearRing({ run, hasGap, directory }: RingFeed): void {
    const { tracker } = this
    const { index, step, hole, before } = directory
    if (run > tracker.run) {
      const { next } = tracker
      tracker.hear({ kind: 'run', run, previous: run - 1, index: before })
      // All chunks of the run before were read: what it has behind them is no chunk.
      const isLeft = run === tracker.run + 1 && !hasGap && next < before
      if (isLeft) tracker.hear({ kind: 'holes', run: run - 1, holes: [[next, before, 'device']] })
    }
    const start = index - step
    if (hole > 0) tracker.hear({ kind: 'holes', run, holes: [[start - hole, start, 'device']] })
  }

  /** Finds the run of a chunk. */
  #account(
    item: Entry,
    chunk: DecodedChunk,
    options: TakeOptions
  ): TakenChunk | undefined | Promise<TakenChunk | undefined> {
    const { tracker } = this
    const { index, count } = chunk
    if (item.run !== UNKNOWN_RUN) return this.#enter(item.run, item, chunk, options)
    const start = index - (this.info.accounting === 'messages' ? 1 : count)
    if (tracker.follows(start, index)) return this.#enter(tracker.run, item, chunk, options)
    if (this.#isPlain) {
      const isNewRun = start < tracker.next && this.info.accounting !== 'none'
      return this.#enter(isNewRun ? tracker.run + 1 : tracker.run, item, chunk, options)
    }
    return this.#ask(start, item, chunk, options)
  }

  /**
   * The place of a chunk that does not follow the one before leaves open which run it is of: the news of another run may
   * come later than its data. The output knows.
   */
  async #ask(start: number, item: Entry, chunk: DecodedChunk, options: TakeOptions): Promise<TakenChunk | undefined> {
    const { index } = chunk
    const { run } = this.tracker.place
    // Also when both runs sent the same bytes.
    const from = this.tracker.isLater(start, index) ? run + 1 : run
    const sender = await this.#around.sync('decisive', { from, index, frames: item.frames ?? [] })
    // Who has nobody to ask judges as of pyacq's sources: an index that goes back is another start.
    if (sender === undefined && this.#around.isSilent() && this.tracker.goesBack(start)) this.tracker.breakOff(false)
    return this.#enter(sender ?? this.tracker.runOf(start, index), item, chunk, options)
  }

  /** Enters a chunk into the account of its run. */
  #enter(run: number | undefined, item: Entry, chunk: DecodedChunk, options: TakeOptions): TakenChunk | undefined {
    const { index, count, data } = chunk
    if (run === undefined) return undefined
    const isWanted = this.tracker.isWanted(run, index)
    if (isWanted && !this.#enterRun(run, item, options)) return undefined
    this.tracker.came(run, index)
    if (!isWanted) return undefined
    const taken = this.#note({ run, index, count, data })
    // A filter may keep what it was given.
    if (options.borrow === true && taken !== undefined && this.#filters.length === 0) this.#lent = chunk.memory
    return taken
  }

  #note(chunk: DecodedChunk & { run: number }): TakenChunk | undefined {
    const { run, index, count } = chunk
    const { gaps, duplicated } = this.tracker.ledger.note(index, count)
    if (duplicated > 0 && (duplicated >= count || this.info.accounting === 'messages')) return undefined
    this.hasRead = true
    if (this.#measuresLatency) this.latency.taken(index, monotonicNow())
    const data = duplicated > 0 && chunk.data ? chunk.data.slice(duplicated) : chunk.data
    if (data !== null) this.onChunk?.(data, index, run)
    const missing = this.#gaps === NOTHING ? gaps : [...this.#gaps, ...gaps]
    this.#gaps = NOTHING
    if (data === null || this.#filters.length === 0) return { run, index, data, gaps: missing }
    let piece: readonly [number, NdArray] = [index, data]
    for (const filter of this.#filters) piece = filter(...piece)
    return { run, index: piece[0], data: piece[1], gaps: missing }
  }

  /** False when the reader has to see the end of the run before first. */
  #enterRun(run: number, item: Arrival, options: TakeOptions): boolean {
    if (this.#mayEnter(run, options)) return true
    this.#around.putBack(item)
    return false
  }

  #mayEnter(run: number, { stopAtEnd }: TakeOptions): boolean {
    const { tracker } = this
    if (run === tracker.run) return true
    if (stopAtEnd && tracker.hasUnseenEnd) {
      tracker.settle(tracker.end ?? 0)
      return false
    }
    this.open(run)
    return true
  }

  open(run: number): void {
    this.tracker.open(run)
    this.latency.restart()
    this.#gaps = NOTHING
  }

  /** What was found missing so far is not the business of the next chunk's reader. */
  forgetGaps(): void {
    this.#gaps = NOTHING
    this.hasRead = false
  }
}
