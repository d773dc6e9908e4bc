import type { Service, Window } from '../delivery/Consumer.ts'
import type { Entry } from '../delivery/RetentionLog.ts'
import { turnDue } from '../delivery/turn.ts'
import { StreamStateError } from '../errors.ts'
import type { SideMessage, SideMessageOf } from '../side/messages.ts'
import type { TakenChunk, TakeOptions } from './Chunk.ts'
import { ChunkReader } from './ChunkReader.ts'
import type { ReaderSource } from './ChunkReader.ts'
import { CreditLine } from './CreditLine.ts'
import { Finish } from './Finish.ts'
import { drain } from './Inbox.ts'
import type { Arrival } from './Inbox.ts'
import type { OutputLink, OutputListener } from './OutputLink.ts'
import { Pulse } from './Pulse.ts'
import type { RunTracker } from './RunTracker.ts'
import { SyncCalls } from './SyncCalls.ts'
import { Supply } from './Supply.ts'
import type { MessageInQuestion, Patience } from './SyncCalls.ts'

/** ms without data after which what is missing at the end of a run counts as dropped. */
const TAIL_QUIET = 500
/** ms without data that end a source which cannot say where its head is. */
const PLAIN_QUIET = 200

/**
 * The inside of a connected input: collects what arrives and decides when reading is over.
 *
 * ```
 *   SUB ────────► inbox ──┬► ChunkReader ─► chunk
 *   side channel ──┘      │      ▲
 *        │  shared ring ──┘      │
 *        └──── run, end, holes ──┘
 * ```
 */
export class Reception implements OutputListener {
  readonly supply = new Supply()
  readonly reader: ChunkReader
  readonly credit: CreditLine
  /** `plain`: a source of pyacq's, which has no side channel. */
  service: Service | 'plain'
  readonly #subject: string
  #link: OutputLink | undefined
  readonly #measuresLatency: boolean
  readonly onParams: (params: Record<string, unknown>) => void
  readonly onUnknown: () => void
  readonly #syncs = new SyncCalls()
  readonly #pulse = new Pulse()
  #isClosed = false
  /** The output has closed. */
  #isGone = false
  readonly #finish = new Finish()
  /** The run had ended before this input came. */
  #isLate = false
  #isResuming = false
  #acknowledged: { run: number; index: number } | undefined
  #rejoining: Promise<void> | undefined

  constructor(at: ReaderSource & Pick<Reception, 'service' | 'onParams' | 'onUnknown'> & { window: Window }) {
    this.service = at.service
    this.credit = new CreditLine(at.window)
    this.#subject = at.subject
    this.#measuresLatency = at.measuresLatency
    this.onParams = at.onParams
    this.onUnknown = at.onUnknown
    const around = {
      sync: (patience: Patience, about?: MessageInQuestion) => this.sync(patience, about),
      isSilent: () => this.#syncs.isSilent,
      hasAnswered: () => this.#syncs.hasAnswered,
      putBack: (item: Arrival) => {
        this.supply.inbox.unshift(item)
        if (item.kind === 'chunk') this.credit.gaveBack()
      }
    }
    const missing = at.service === 'latest' ? 'skipped' : 'lost'
    this.reader = new ChunkReader({ ...at, isPlain: at.service === 'plain', missing, around })
  }

  get tracker(): RunTracker {
    return this.reader.tracker
  }

  attach(link: OutputLink, lease = 0): void {
    this.#link = link
    this.#syncs.lease = lease
    if (this.service !== 'live') this.credit.link = link
  }

  /** For the cursor of this input. */
  readonly chunk = (entry: Entry): void => {
    if (this.#isResuming) return
    if (this.service === 'latest') {
      this.supply.passOver((bytes) => this.credit.took(bytes))
      this.credit.soon()
    }
    this.supply.inbox.push(entry)
  }

  /** Of the data socket. Says how many wait. */
  readonly deliver = (entry: Entry): number => {
    this.supply.inbox.push(entry)
    return this.supply.inbox.length
  }

  readonly message = (message: SideMessage): void => {
    this.tracker.hear(message)
    switch (message.kind) {
      case 'head':
        this.#pulse.gotHead(this.tracker)
        return
      case 'mark':
        if (this.#measuresLatency && message.run === this.tracker.run) {
          this.reader.latency.marked(message.index, message.time)
        }
        return
      case 'synced':
        this.#syncs.answered(message.id, message.sender)
        return
      case 'params':
        this.onParams(message.params)
        return
      case 'unknown':
        this.onUnknown()
        return
      case 'gone':
        if (!this.#isResuming) this.supply.inbox.push(message)
        return
      case 'goodbye':
        this.#isGone = true
        this.#syncs.close()
        break
      default:
    }
    this.supply.inbox.wake()
  }

  /** The next chunk; undefined when reading is over or was cancelled. One caller at a time. */
  take(options: TakeOptions): TakenChunk | undefined | Promise<TakenChunk | undefined> {
    const { feed } = this.supply
    if (feed?.borrowed.isHeld === true) this.reader.giveBack(feed)
    this.reader.freeLent()
    if (this.#rejoining || this.#finish.target || !this.credit.isReading) return this.#takeSlowly(options)
    if (!this.supply.hasMore || turnDue() !== undefined) return this.#takeSlowly(options)
    try {
      const taken = this.#readNext(options)
      if (!(taken instanceof Promise)) return taken ?? this.#takeSlowly(options)
      return taken.then((chunk) => chunk ?? this.#takeSlowly(options))
    } catch (error) {
      return Promise.reject(error as Error)
    }
  }

  async #takeSlowly(options: TakeOptions): Promise<TakenChunk | undefined> {
    await this.#rejoining
    this.credit.hold(true)
    for (;;) {
      if (this.#isClosed) throw new StreamStateError(`${this.#subject} is closed`)
      if (!this.supply.hasMore && !this.supply.comeUp()) this.#moveOn()
      if (options.isCancelled() || (options.stopAtEnd && this.#seeEnd())) return undefined
      if (!options.stopAtEnd && this.#isGone && this.#isDrained()) {
        throw new StreamStateError(`${this.#subject}: its source has closed`)
      }
      const due = turnDue()
      if (due) {
        await due
        continue // the end may have come meanwhile
      }
      if (this.supply.hasMore) {
        const chunk = await this.#readNext(options)
        if (chunk !== undefined) return chunk
      } else if (!(await this.#waitForMore(options.stopAtEnd))) {
        this.#giveUpTail()
      }
    }
  }

  /** Reads one item; undefined when it brought no chunk. */
  #readNext(options: TakeOptions): TakenChunk | undefined | Promise<TakenChunk | undefined> {
    const { feed } = this.supply
    if (feed !== undefined) {
      if (this.service === 'latest') feed.skip()
      return this.reader.readRing(feed, options)
    }
    const item = this.supply.inbox.shift()
    this.supply.read()
    if (item === undefined) return undefined
    if (item.kind === 'chunk') this.credit.took(item.bytes)
    return this.reader.read(item, options)
  }

  /** Resolves with true when a chunk waits, with false when cancelled before. */
  async hasChunk(isCancelled: () => boolean): Promise<boolean> {
    await this.#rejoining
    const options: TakeOptions = { wantData: false, stopAtEnd: false, isCancelled }
    for (;;) {
      while (this.supply.inbox.peek()?.kind === 'gone') await this.#readNext(options)
      if (this.supply.hasMore) return true
      if (this.#isClosed) throw new StreamStateError(`${this.#subject} is closed`)
      if (isCancelled()) return false
      if (this.supply.comeUp()) continue
      this.supply.read()
      await this.supply.wait()
    }
  }

  /** Takes what waits without looking at the samples. Returns how many chunks there were. */
  async takeAll(): Promise<number> {
    let count = 0
    const options: TakeOptions = { wantData: false, stopAtEnd: false, isCancelled: () => true }
    for (;;) {
      const before = count
      while (this.supply.hasMore) if ((await this.#readNext(options)) !== undefined) count += 1
      this.credit.soon()
      await this.supply.letIn()
      if (count === before && !this.supply.hasMore && !this.supply.comeUp()) return count
    }
  }

  get hasEnded(): boolean {
    const { end } = this.tracker
    return end !== undefined && !this.supply.hasMore && this.tracker.isComplete(end)
  }

  /** Whether reading is over; a reader sees each end once. */
  #seeEnd(): boolean {
    const { tracker } = this
    if (!this.#finish.isReached(tracker)) {
      if (!tracker.hasUnseenEnd || !tracker.isComplete(tracker.end ?? 0)) return this.#isGone && this.#isDrained()
      tracker.settle(tracker.end ?? 0) // a hole may be the last thing of a run
      tracker.seeEnd()
      this.#finish.done()
      this.credit.rest()
    } else this.stopped()
    return true
  }

  /** What the output sent before it closed was read. */
  #isDrained(): boolean {
    const { end, replacedAt } = this.tracker
    return !this.supply.hasMore && replacedAt === undefined && (end === undefined || this.tracker.isComplete(end))
  }

  /** Nothing more comes of the current run, and another has begun: perhaps it is over already, without a chunk. */
  #moveOn(): void {
    const { tracker } = this
    for (let end = tracker.replacedAt; end !== undefined && tracker.isComplete(end); end = tracker.replacedAt) {
      if (this.tracker.hasUnseenEnd) return
      this.reader.open(tracker.run + 1)
    }
  }

  /** False when it was quiet for so long that what is missing will not come. */
  async #waitForMore(stopAtEnd: boolean): Promise<boolean> {
    this.supply.read()
    this.credit.soon()
    const isEnding =
      this.#isGone ||
      this.tracker.replacedAt !== undefined ||
      this.tracker.isBreaking ||
      (stopAtEnd && (this.#finish.target !== undefined || this.tracker.hasUnseenEnd))
    if (!isEnding) return this.supply.wait()
    // The news of an end comes after all chunks are in the ring. What is left of one that others follow comes from those.
    if (this.supply.feed !== undefined) return this.supply.hasMore
    if (this.service === 'plain') return this.supply.inbox.wait(PLAIN_QUIET)
    if (this.service === 'live') return this.supply.inbox.wait(TAIL_QUIET)
    // A cursor's chunks come by the same way as the news that there will be no more; within a process nothing is on its way.
    return this.#isGone || this.service === 'bounded' ? false : this.supply.inbox.wait()
  }

  #giveUpTail(): void {
    const { tracker } = this
    if (this.service === 'plain') {
      this.#finish.aim(tracker.run, 0)
      return
    }
    if (tracker.isBreaking) tracker.endBroken()
    const end = tracker.end ?? tracker.replacedAt ?? this.#finish.target?.index
    if (end !== undefined) tracker.settle(end)
  }

  /** Reading ends at the head as it is now. Resolves when that is reached, or at once when nobody reads. */
  async finish(isRead: () => boolean): Promise<void> {
    if (this.service === 'plain') this.#finish.aim(this.tracker.run, Infinity)
    else {
      await this.sync()
      this.#finish.aim(this.tracker.head.run, this.tracker.head.index)
    }
    this.supply.inbox.wake()
    if (isRead()) await this.#finish.whenDone() // not a reader that came to its end while we asked
  }

  /** Reading has stopped: a waiting output need not wait for this input. */
  stopped(): void {
    this.#finish.done()
    this.credit.hold(false)
  }

  /** Resolves when everything that the output declared until now is known here, or when it does not answer. */
  sync(patience: Patience = 'usual', about?: MessageInQuestion): Promise<number | undefined> {
    return this.#link && !this.#isGone ? this.#syncs.call(this.#link, about, patience) : Promise.resolve(undefined)
  }

  /** The output has taken this input in for the first time. */
  join({ run, from, headRun, index, hasEnded }: SideMessageOf<'welcome'>): void {
    this.tracker.join(run, from)
    this.tracker.reached(headRun, index)
    this.#isLate = hasEnded
    if (hasEnded) this.tracker.hear({ kind: 'end', run: headRun, index }) // the output's own message may come too late
  }

  /** Before another hello: what a cursor has sent and was not taken will be sent again. Says where to go on. */
  prepareToResume(): { run: number; from: number } {
    this.#isResuming = true
    this.credit.pause()
    if (this.service !== 'live') this.supply.inbox.clear()
    return { run: this.tracker.run, from: this.tracker.next }
  }

  resume({ headRun, index }: SideMessageOf<'welcome'>): void {
    this.#isResuming = false
    this.credit.restart()
    this.tracker.reached(headRun, index)
    if (!this.#link) return
    this.#syncs.repeat(this.#link)
    if (this.#acknowledged) this.#link.post({ kind: 'ack', ...this.#acknowledged })
  }

  /** The output has started again. Says which number its first run gets. */
  breakOff(): number {
    const { tracker } = this
    const { feed, inbox } = this.supply
    const newest = feed?.newest()
    if (newest) tracker.reached(newest.run, newest.index)
    feed?.finish()
    const next = tracker.breakOff(this.service !== 'live' || feed !== undefined)
    if (this.service === 'live' || feed !== undefined) return next
    for (let { run } = tracker; run < next; run++)
      inbox.push({ kind: 'gone', run, to: tracker.endOf(run) ?? 0, cause: 'restart' })
    return next
  }

  /** Everything of `run` before `index` is safe. */
  acknowledge(run: number, index: number): void {
    this.#acknowledged = { run, index }
    this.#link?.post({ kind: 'ack', run, index })
  }

  /** Data that came by PUB/SUB, or up to a limit, shall come without loss from now on: say hello next. */
  becomeComplete(window: Window): void {
    this.service = 'complete'
    this.credit.window = window
    this.credit.link = this.#link
    this.supply.subscription?.close()
    this.supply.subscription = undefined
  }

  /** A reader starts afresh: what it has read of the current run, or came too late for, shall not come again. */
  startRun(): void {
    this.#finish.done()
    this.credit.hold(true)
    const { tracker, reader } = this
    if (!reader.hasRead && (tracker.end === undefined || !this.#isLate)) return
    reader.forgetGaps()
    if (tracker.end !== undefined) {
      tracker.seeEnd()
      tracker.leaveRun()
      return
    }
    this.#rejoining = this.#rejoin().finally(() => {
      this.#rejoining = undefined
    })
  }

  /** The run goes on: what was sent until now is passed over. */
  async #rejoin(): Promise<void> {
    if (this.service === 'plain') {
      await drain(this.supply.inbox, () => this.supply.letIn())
      this.tracker.join(this.tracker.run, undefined)
      return
    }
    await this.sync()
    const { run, index } = this.tracker.head
    this.tracker.join(run, index)
  }

  /** Nothing is taken although the source goes on, or no sign of the source. Nothing is known of sources of pyacq's. */
  get isStalled(): boolean {
    const how = { tellsHead: this.#link?.isLocal === false, isRead: this.credit.isHolding }
    return this.service !== 'plain' && this.#pulse.isStalled(this.tracker, how)
  }

  close(): void {
    this.#isClosed = true
    this.#syncs.close()
    this.stopped()
    this.#link?.close()
    this.supply.close()
    this.reader.receiver.close()
    this.supply.inbox.wake()
  }
}
