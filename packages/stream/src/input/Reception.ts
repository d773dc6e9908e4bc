import type { Service, Window } from '../delivery/Consumer.ts'
import type { Entry } from '../delivery/RetentionLog.ts'
import { nextTurn, turnDue } from '../delivery/turn.ts'
import { StreamStateError } from '../errors.ts'
import type { SideMessage, SideMessageOf } from '../side/messages.ts'
import type { TakenChunk, TakeOptions } from './Chunk.ts'
import { ChunkReader } from './ChunkReader.ts'
import type { ReaderSource } from './ChunkReader.ts'
import { CreditLine } from './CreditLine.ts'
import { Finish } from './Finish.ts'
import { drain, Inbox } from './Inbox.ts'
import type { Arrival } from './Inbox.ts'
import type { OutputLink, OutputListener } from './OutputLink.ts'
import { Pulse } from './Pulse.ts'
import type { RunTracker } from './RunTracker.ts'
import { SyncCalls } from './SyncCalls.ts'
import type { MessageInQuestion } from './SyncCalls.ts'
import type { Subscription } from './Subscription.ts'

/** ms without data after which what is missing at the end of a run counts as dropped. */
const TAIL_QUIET = 500
/** ms without data that end a source which cannot say where its head is. */
const PLAIN_QUIET = 200

/**
 * The inside of a connected input: collects what arrives and decides when reading is over.
 *
 * ```
 *   SUB ────────► inbox ─► ChunkReader ─► chunk
 *   side channel ─┘            ▲
 *        └── run, end, holes ──┘
 * ```
 */
export class Reception implements OutputListener {
  readonly inbox = new Inbox()
  readonly reader: ChunkReader
  readonly credit: CreditLine
  /** `plain`: a source of pyacq's, which has no side channel. */
  service: Service | 'plain'
  subscription: Subscription | undefined
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
  /** Run whose end a reader has seen. */
  #endSeen = -1
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
      sync: (about?: MessageInQuestion) => this.sync(about),
      isSilent: () => this.#syncs.isSilent,
      hasUnseenEnd: () => this.#hasUnseenEnd(),
      putBack: (item: Arrival) => {
        this.inbox.unshift(item)
        if (item.kind === 'chunk') this.credit.gaveBack()
      }
    }
    const missing = at.service === 'latest' ? 'skipped' : 'lost'
    this.reader = new ChunkReader({ ...at, isPlain: at.service === 'plain', missing, around })
  }

  get tracker(): RunTracker {
    return this.reader.tracker
  }

  attach(link: OutputLink): void {
    this.#link = link
    if (this.service !== 'live') this.credit.link = link
  }

  /** For the cursor of this input. */
  readonly chunk = (entry: Entry): void => {
    if (this.#isResuming) return
    if (this.service === 'latest') this.#passOver()
    this.inbox.push(entry)
  }

  /** Only the newest is wanted. */
  #passOver(): void {
    for (let item = this.inbox.shift(); item; item = this.inbox.shift()) {
      if (item.kind === 'chunk') this.credit.took(item.bytes)
    }
    this.credit.soon()
  }

  /** Of the data socket. Says how many wait. */
  readonly deliver = (entry: Entry): number => {
    this.inbox.push(entry)
    return this.inbox.length
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
        if (!this.#isResuming) this.inbox.push(message)
        return
      case 'goodbye':
        this.#isGone = true
        this.#syncs.close()
        break
      default:
    }
    this.inbox.wake()
  }

  /** The next chunk; undefined when reading is over or was cancelled. One caller at a time. */
  take(options: TakeOptions): TakenChunk | undefined | Promise<TakenChunk | undefined> {
    if (this.#rejoining || this.#finish.target || !this.credit.isHolding) return this.#takeSlowly(options)
    if (this.inbox.length === 0 || turnDue() !== undefined) return this.#takeSlowly(options)
    return this.#readNext(options) ?? this.#takeSlowly(options)
  }

  async #takeSlowly(options: TakeOptions): Promise<TakenChunk | undefined> {
    await this.#rejoining
    this.credit.hold(true)
    for (;;) {
      if (this.#isClosed) throw new StreamStateError(`${this.#subject} is closed`)
      if (this.inbox.length === 0) this.#moveOn()
      if (options.isCancelled() || (options.stopAtEnd && this.#seeEnd())) return undefined
      if (!options.stopAtEnd && this.#isGone && this.#isDrained()) {
        throw new StreamStateError(`${this.#subject}: its source has closed`)
      }
      const due = turnDue()
      if (due) {
        await due
        continue // the end may have come meanwhile
      }
      if (this.inbox.length > 0) {
        const chunk = await this.#readNext(options)
        if (chunk !== undefined) return chunk
      } else if (!(await this.#waitForMore(options.stopAtEnd))) {
        this.#giveUpTail()
      }
    }
  }

  /** Reads one item; undefined when it brought no chunk. */
  #readNext(options: TakeOptions): TakenChunk | undefined | Promise<TakenChunk | undefined> {
    const item = this.inbox.shift()
    this.subscription?.read()
    if (item === undefined) return undefined
    if (item.kind === 'chunk') this.credit.took(item.bytes)
    return this.reader.read(item, options)
  }

  /** Resolves with true when a chunk waits, with false when cancelled before. */
  async hasChunk(isCancelled: () => boolean): Promise<boolean> {
    await this.#rejoining
    const options: TakeOptions = { wantData: false, stopAtEnd: false, isCancelled }
    for (;;) {
      while (this.inbox.peek()?.kind === 'gone') await this.#readNext(options)
      if (this.inbox.length > 0) return true
      if (this.#isClosed) throw new StreamStateError(`${this.#subject} is closed`)
      if (isCancelled()) return false
      this.subscription?.read()
      await this.inbox.wait()
    }
  }

  /** Takes what waits without looking at the samples. Returns how many chunks there were. */
  async takeAll(): Promise<number> {
    let count = 0
    const options: TakeOptions = { wantData: false, stopAtEnd: false, isCancelled: () => true }
    for (;;) {
      const before = count
      while (this.inbox.length > 0) if ((await this.#readNext(options)) !== undefined) count += 1
      this.credit.soon()
      await this.#letIn()
      if (count === before && this.inbox.length === 0) return count
    }
  }

  /** What zeromq holds comes within a turn of the event loop; the socket may need one to be looked at. */
  async #letIn(): Promise<void> {
    this.subscription?.read()
    await nextTurn()
    await nextTurn()
  }

  get hasEnded(): boolean {
    const { end } = this.tracker
    return end !== undefined && this.inbox.length === 0 && this.tracker.isComplete(end)
  }

  /** The end of the current run is known, and no reader was told. */
  #hasUnseenEnd(): boolean {
    return this.tracker.end !== undefined && this.#endSeen < this.tracker.run
  }

  /** Whether reading is over; a reader sees each end once. */
  #seeEnd(): boolean {
    const { tracker } = this
    if (this.#finish.isReached(tracker)) {
      this.stopped()
      return true
    }
    if (!this.#hasUnseenEnd() || !tracker.isComplete(tracker.end ?? 0)) return this.#isGone && this.#isDrained()
    tracker.settle(tracker.end ?? 0) // a hole may be the last thing of a run
    this.#endSeen = tracker.run
    this.stopped()
    return true
  }

  /** What the output sent before it closed was read. */
  #isDrained(): boolean {
    const { end, replacedAt } = this.tracker
    return this.inbox.length === 0 && replacedAt === undefined && (end === undefined || this.tracker.isComplete(end))
  }

  /** Nothing more comes of the current run, and another has begun: perhaps it is over already, without a chunk. */
  #moveOn(): void {
    const { tracker } = this
    for (let end = tracker.replacedAt; end !== undefined && tracker.isComplete(end); end = tracker.replacedAt) {
      if (this.#hasUnseenEnd()) return
      this.reader.open(tracker.run + 1)
    }
  }

  /** False when it was quiet for so long that what is missing will not come. */
  async #waitForMore(stopAtEnd: boolean): Promise<boolean> {
    this.subscription?.read()
    this.credit.soon()
    const isEnding =
      this.#isGone ||
      this.tracker.replacedAt !== undefined ||
      this.tracker.isBreaking ||
      (stopAtEnd && (this.#finish.target !== undefined || this.#hasUnseenEnd()))
    if (!isEnding) return this.inbox.wait()
    if (this.service === 'plain') return this.inbox.wait(PLAIN_QUIET)
    if (this.service === 'live') return this.inbox.wait(TAIL_QUIET)
    // A cursor's chunks come by the same way as the news that there will be no more; within a process nothing is on its way.
    return this.#isGone || this.service === 'bounded' ? false : this.inbox.wait()
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
    this.inbox.wake()
    if (isRead()) await this.#finish.whenDone() // not a reader that came to its end while we asked
  }

  /** Reading has stopped: a waiting output need not wait for this input. */
  stopped(): void {
    this.#finish.done()
    this.credit.hold(false)
  }

  /** Resolves when everything that the output declared until now is known here, or when it does not answer. */
  sync(about?: MessageInQuestion): Promise<number | undefined> {
    return this.#link && !this.#isGone ? this.#syncs.call(this.#link, about) : Promise.resolve(undefined)
  }

  /** The output has taken this input in for the first time. */
  join({ run, from, headRun, index, hasEnded }: SideMessageOf<'welcome'>): void {
    this.tracker.join(run, from)
    this.tracker.reached(headRun, index)
    this.#isLate = hasEnded
  }

  /** Before another hello: what a cursor has sent and was not taken will be sent again. Says where to go on. */
  prepareToResume(): { run: number; from: number } {
    this.#isResuming = true
    if (this.service !== 'live') this.inbox.clear()
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
    const next = tracker.breakOff(this.service !== 'live')
    if (this.service === 'live') return next
    for (let { run } = tracker; run < next; run++) {
      this.inbox.push({ kind: 'gone', run, to: tracker.endOf(run) ?? 0, cause: 'restart' })
    }
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
    this.subscription?.close()
    this.subscription = undefined
  }

  /** A reader starts afresh: what it has read of the current run, or came too late for, shall not come again. */
  startRun(): void {
    this.stopped()
    this.credit.hold(true)
    const { tracker, reader } = this
    const isOver = tracker.end !== undefined
    if (!reader.hasRead && !(isOver && this.#isLate)) return
    reader.forgetGaps()
    if (isOver) {
      this.#endSeen = tracker.run
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
      await drain(this.inbox, () => this.#letIn())
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
    this.subscription?.close()
    this.reader.receiver.close()
    this.inbox.wake()
  }
}
