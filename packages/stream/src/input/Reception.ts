import type { NdArray, ReadonlyNdArray } from '@nodeacq/ndarray'
import { monotonicNow } from '../delivery/clock.ts'
import type { Service, Window } from '../delivery/Consumer.ts'
import type { Entry } from '../delivery/RetentionLog.ts'
import { nextTurn, turnDue } from '../delivery/turn.ts'
import { OverrunError, StreamStateError } from '../errors.ts'
import { report } from '../log.ts'
import type { Gap } from '../LossLedger.ts'
import type { StreamFilter, StreamInfo } from '../params.ts'
import type { SideMessage, SideMessageOf } from '../side/messages.ts'
import type { DecodedChunk, TransferReceiver } from '../transfer/TransferMode.ts'
import { Inbox } from './Inbox.ts'
import type { Gone } from './Inbox.ts'
import { LatencyMeter } from './LatencyMeter.ts'
import type { OutputLink, OutputListener } from './OutputLink.ts'
import { RunTracker } from './RunTracker.ts'
import { UNKNOWN_RUN } from './Subscription.ts'
import type { Subscription } from './Subscription.ts'

/** A chunk as a consumer gets it. */
export interface Chunk {
  /** The start of the source that it belongs to. */
  readonly run: number
  /** Absolute index of its last sample, plus one. */
  readonly index: number
  /** Shape `(samples, …)`. */
  readonly data: ReadonlyNdArray
  /** What is missing just before it; usually one shared empty array. */
  readonly gaps: readonly Gap[]
}

/** A chunk of which perhaps only the place was asked for. */
export interface TakenChunk extends Omit<Chunk, 'data'> {
  readonly data: ReadonlyNdArray | null
}

/** How the next chunk is wanted. */
export interface TakeOptions {
  readonly wantData: boolean
  /** Whether the end of a run ends the reading. */
  readonly stopAtEnd: boolean
  /** Ends the waiting; call `wake` after setting it. */
  readonly isCancelled: () => boolean
}

/** ms without data after which what is missing at the end of a run counts as dropped. */
const TAIL_QUIET = 500
/** ms without data that end a source which cannot say where its head is. */
const PLAIN_QUIET = 200
/** ms that an answer to `sync` may take. */
const SYNC_TIMEOUT = 2000
/** Messages that zeromq and this input may hold. */
const DRAIN_LIMIT = 2000
const NOTHING: readonly Gap[] = Object.freeze([])

/**
 * What a connected input does with what arrives:
 *
 * ```
 *   SUB  ─────► inbox ─► decode ─► which run? ─► ledger ─► filters ─► chunk
 *   side channel ─┘                   ▲
 *        └── run, end, holes, head ───┘
 * ```
 */
export class Reception implements OutputListener {
  tracker: RunTracker
  readonly latency = new LatencyMeter()
  readonly inbox = new Inbox()
  info: StreamInfo
  receiver: TransferReceiver
  /** `plain`: a source of pyacq's, which has no side channel. */
  service: Service | 'plain'
  link: OutputLink | undefined
  subscription: Subscription | undefined
  /** Called with each chunk that has data, before the filters. */
  onChunk: ((data: NdArray, index: number, run: number) => void) | undefined
  readonly #filters: readonly StreamFilter[]
  readonly #subject: string
  #window: Window
  readonly #measuresLatency: boolean
  readonly #syncs = new Map<number, () => void>()
  readonly #onParams: (params: Record<string, unknown>) => void
  readonly #onUnknown: () => void
  #lastSync = 0
  #taken = 0
  #reported = 0
  #holding = true
  #creditIsDue = false
  #isClosed = false
  #isGone = false
  #hasReported = false
  /** Run whose end a reader has seen. */
  #endSeen = -1
  /** Where `finish` wants reading to stop. */
  #target: { run: number; index: number } | undefined
  #finishing: PromiseWithResolvers<void> | undefined
  #gaps: readonly Gap[] = NOTHING
  #hasConsumed = false
  #joinedEnded = false
  #isResuming = false
  #rejoining: Promise<void> | undefined
  #lastArrival = performance.now()
  #lastHead = performance.now()

  constructor(at: {
    info: StreamInfo
    receiver: TransferReceiver
    service: Service | 'plain'
    window: Window
    filters: readonly StreamFilter[]
    subject: string
    measuresLatency: boolean
    onParams: (params: Record<string, unknown>) => void
    onUnknown: () => void
  }) {
    this.info = at.info
    this.receiver = at.receiver
    this.service = at.service
    this.#window = at.window
    this.#filters = at.filters
    this.#subject = at.subject
    this.#measuresLatency = at.measuresLatency
    this.#onParams = at.onParams
    this.#onUnknown = at.onUnknown
    this.tracker = new RunTracker(at.info.accounting, at.service === 'latest' ? 'skipped' : 'lost')
  }

  // ── what arrives ────────────────────────────────────────────────────────────────────────────────────────────────

  readonly chunk = (entry: Entry): void => {
    if (this.#isResuming) return
    if (this.service === 'latest') {
      while (this.inbox.length > 0) {
        const passed = this.inbox.shift()
        if (passed?.kind === 'chunk') this.#taken += 1
      }
    }
    this.#lastArrival = performance.now()
    this.inbox.push(entry)
    if (this.service === 'latest') this.#creditSoon()
  }

  /** Of the data socket. Says how many wait. */
  readonly deliver = (entry: Entry): number => {
    this.#lastArrival = performance.now()
    this.inbox.push(entry)
    return this.inbox.length
  }

  readonly message = (message: SideMessage): void => {
    const { tracker } = this
    switch (message.kind) {
      case 'head':
        this.#lastHead = performance.now()
        tracker.reached(message.run, message.index)
        return
      case 'run':
        tracker.began(message.run, message.previous, message.index)
        break
      case 'end':
        tracker.ended(message.run, message.index)
        break
      case 'holes':
        tracker.declare(message.run, message.holes)
        break
      case 'gone':
        this.inbox.push(message satisfies Gone)
        return
      case 'mark':
        if (this.#measuresLatency && message.run === tracker.run) this.latency.marked(message.index, message.time)
        return
      case 'synced':
        tracker.reached(message.run, message.index)
        this.#syncs.get(message.id)?.()
        this.#syncs.delete(message.id)
        return
      case 'params':
        this.#onParams(message.params)
        return
      case 'goodbye':
        tracker.ended(message.run, message.index)
        this.#isGone = true
        break
      case 'unknown':
        this.#onUnknown()
        return
      default:
        return
    }
    this.inbox.wake()
  }

  // ── taking ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The next chunk; undefined when reading is over or was cancelled. One caller at a time. */
  take(options: TakeOptions): TakenChunk | undefined | Promise<TakenChunk | undefined> {
    if (this.#rejoining || this.#target || !this.#holding) return this.#takeSlowly(options)
    if (this.inbox.length === 0 || turnDue() !== undefined) return this.#takeSlowly(options)
    return this.#readNext(options) ?? this.#takeSlowly(options)
  }

  async #takeSlowly(options: TakeOptions): Promise<TakenChunk | undefined> {
    await this.#rejoining
    this.#hold(true)
    for (;;) {
      if (this.#isClosed) throw new StreamStateError(`${this.#subject} is closed`)
      if (this.inbox.length === 0) this.#moveOn()
      if (options.isCancelled() || (options.stopAtEnd && this.#seeEnd())) return undefined
      if (!options.stopAtEnd && this.#isGone && this.#isDrained()) {
        throw new StreamStateError(`${this.#subject}: its source has closed`)
      }
      const due = turnDue()
      if (due) await due
      if (this.inbox.length > 0) {
        const taken = this.#readNext(options)
        if (taken === undefined) continue
        const chunk = await taken
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
    if (item.kind === 'gone') return this.#readGone(item)
    this.#taken += 1
    if (this.#taken - this.#reported >= this.#window.chunks / 8) this.#credit()
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

  #readGone({ run, to }: Gone): undefined {
    if (run < this.tracker.run || !this.tracker.isWanted(run, to)) return
    if (run > this.tracker.run) this.#open(run)
    const { next } = this.tracker
    if (to > next) this.#addGaps(this.tracker.ledger.lose(next, to, 'retention'))
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
    if (tracker.follows(start)) return this.#enter(tracker.run, item, chunk, options)
    if (this.service === 'plain') {
      const isNewRun = start < tracker.next && this.info.accounting !== 'none'
      return this.#enter(isNewRun ? tracker.run + 1 : tracker.run, item, chunk, options)
    }
    if (tracker.canJudge(index)) return this.#enter(tracker.runOf(start, index), item, chunk, options)
    return this.sync().then(() => this.#enter(tracker.runOf(start, index), item, chunk, options))
  }

  /** Enters a chunk into the account of its run. */
  #enter(run: number | undefined, item: Entry, chunk: DecodedChunk, options: TakeOptions): TakenChunk | undefined {
    const { tracker } = this
    const { index, count } = chunk
    if (run === undefined || !tracker.isWanted(run, index)) return undefined
    if (run > tracker.run) {
      if (options.stopAtEnd && this.#endsHere()) {
        // The reader has yet to see the end of the run before this chunk's.
        tracker.settle(tracker.end ?? 0)
        this.#taken -= 1
        this.inbox.unshift(item)
        return undefined
      }
      this.#open(run)
    }
    const { gaps, duplicated } = tracker.ledger.note(index, count)
    if (duplicated > 0 && (duplicated >= count || this.info.accounting === 'messages')) return undefined
    this.#hasConsumed = true
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

  #open(run: number): void {
    this.tracker.open(run)
    this.latency.restart()
    this.#gaps = NOTHING
  }

  /** Resolves with true when a chunk waits, with false when cancelled before. */
  async hasChunk(isCancelled: () => boolean): Promise<boolean> {
    await this.#rejoining
    for (;;) {
      for (let item = this.inbox.peek(); item; item = this.inbox.peek()) {
        if (item.kind === 'chunk') return true
        this.inbox.shift()
        this.#readGone(item)
      }
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
      this.subscription?.read()
      this.#creditSoon()
      // What zeromq holds comes within a turn of the event loop; the socket may need one to be looked at.
      await nextTurn()
      await nextTurn()
      if (count === before && this.inbox.length === 0) return count
    }
  }

  // ── ends ────────────────────────────────────────────────────────────────────────────────────────────────────────

  get hasEnded(): boolean {
    const { end } = this.tracker
    return end !== undefined && this.inbox.length === 0 && this.tracker.isComplete(end)
  }

  /** Whether reading is over; a reader sees each end once. */
  #seeEnd(): boolean {
    const { tracker } = this
    if (this.#target && (tracker.run > this.#target.run || this.#isAt(this.#target))) {
      this.#finished()
      return true
    }
    const { end } = tracker
    if (end === undefined || this.#endSeen >= tracker.run || !tracker.isComplete(end))
      return this.#isGone && this.#isDrained()
    this.#endSeen = tracker.run
    this.#finished()
    return true
  }

  /** Nothing more comes of the current run, and another has begun: perhaps it is over already, without a chunk. */
  #moveOn(): void {
    const { tracker } = this
    for (let end = tracker.replacedAt; end !== undefined && tracker.isComplete(end); end = tracker.replacedAt) {
      if (this.#endsHere()) return
      this.#open(tracker.run + 1)
    }
  }

  #isAt({ run, index }: { run: number; index: number }): boolean {
    return run === this.tracker.run && this.tracker.isComplete(index)
  }

  /** The output has closed, and what it sent was read. */
  #isDrained(): boolean {
    const { end } = this.tracker
    return this.inbox.length === 0 && (end === undefined || this.tracker.isComplete(end))
  }

  #finished(): void {
    this.#target = undefined
    this.#finishing?.resolve()
    this.#finishing = undefined
    this.#hold(false)
  }

  /** False when it was quiet for so long that what is missing will not come. */
  async #waitForMore(stopAtEnd: boolean): Promise<boolean> {
    this.subscription?.read()
    this.#creditSoon()
    const isEnding = this.#isGone || this.tracker.replacedAt !== undefined
    if (!isEnding && !(stopAtEnd && (this.#target !== undefined || this.#endsHere()))) return this.inbox.wait()
    if (this.service === 'plain') return this.inbox.wait(PLAIN_QUIET)
    if (this.service === 'live') return this.inbox.wait(TAIL_QUIET)
    // A cursor's chunks come by the same way as the news that there will be no more.
    return this.#isGone ? false : this.inbox.wait()
  }

  #endsHere(): boolean {
    return this.tracker.end !== undefined && this.#endSeen < this.tracker.run
  }

  #giveUpTail(): void {
    const { tracker } = this
    if (this.service === 'plain') {
      this.#target = { run: tracker.run, index: 0 }
      return
    }
    const end = tracker.end ?? tracker.replacedAt ?? this.#target?.index
    if (end !== undefined) tracker.settle(end)
  }

  /** Reading ends at the head as it is now. Resolves when that is reached, or at once when nobody reads. */
  async finish(isRead: boolean): Promise<void> {
    if (this.service === 'plain') this.#target = { run: this.tracker.run, index: Infinity }
    else {
      await this.sync()
      this.#target = { ...this.tracker.head }
    }
    this.inbox.wake()
    if (!isRead) return
    this.#finishing ??= Promise.withResolvers<void>()
    await this.#finishing.promise
  }

  /** A reader has stopped. */
  stopped(): void {
    this.#finished()
  }

  // ── talking to the output ───────────────────────────────────────────────────────────────────────────────────────

  /** Resolves when everything that the output declared until now is known here, or when it does not answer. */
  sync(): Promise<void> {
    const { link } = this
    if (link === undefined) return Promise.resolve()
    const id = ++this.#lastSync
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#syncs.delete(id)
        resolve()
      }, SYNC_TIMEOUT)
      this.#syncs.set(id, () => {
        clearTimeout(timer)
        resolve()
      })
      link.post({ kind: 'sync', id })
    })
  }

  #hold(holding: boolean): void {
    if (this.#holding === holding) return
    this.#holding = holding
    this.#credit()
  }

  #credit(): void {
    this.#reported = this.#taken
    if (this.service !== 'live') this.link?.post({ kind: 'credit', taken: this.#taken, holding: this.#holding })
  }

  /** The output may wait for us although little was taken: say so, at most once in each turn of the event loop. */
  #creditSoon(): void {
    if (this.#creditIsDue || this.#taken === this.#reported) return
    if (this.link?.isLocal === true) {
      this.#credit()
      return
    }
    this.#creditIsDue = true
    setImmediate(() => {
      this.#creditIsDue = false
      if (!this.#isClosed && this.#taken !== this.#reported) this.#credit()
    })
  }

  // ── restarts ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The output has taken this input in for the first time. */
  join({ run, from, headRun, index, hasEnded }: SideMessageOf<'welcome'>): void {
    this.tracker.join(run, from)
    this.tracker.reached(headRun, index)
    this.#hasConsumed = false
    this.#joinedEnded = hasEnded
  }

  /** The output changed its params before the first chunk. */
  adopt(info: StreamInfo, receiver: TransferReceiver): void {
    this.receiver.close()
    this.receiver = receiver
    if (info.accounting !== this.info.accounting) {
      const { run, next } = this.tracker
      this.tracker = new RunTracker(info.accounting, this.service === 'latest' ? 'skipped' : 'lost')
      this.tracker.join(run, next)
    }
    this.info = info
  }

  /** Data that came by PUB/SUB, or up to a limit, shall come without loss from now on: say hello next. */
  becomeComplete(window: Window): void {
    this.service = 'complete'
    this.#window = window
    this.subscription?.close()
    this.subscription = undefined
  }

  /** Before another hello: what has arrived and was not taken will be sent again. Where to go on is what comes back. */
  prepareToResume(): { run: number; from: number } {
    this.#isResuming = true
    this.inbox.clear()
    return { run: this.tracker.run, from: this.tracker.next }
  }

  resume({ headRun, index }: SideMessageOf<'welcome'>): void {
    this.#isResuming = false
    this.#taken = this.#reported = 0
    this.tracker.reached(headRun, index)
  }

  /** A reader starts afresh: what it has seen of the current run, or came too late for, shall not come again. */
  startRun(): void {
    this.#finished()
    this.#hold(true)
    const { tracker } = this
    const isOver = tracker.end !== undefined
    if (isOver ? !(this.#hasConsumed || this.#joinedEnded) : !this.#hasConsumed) return
    this.#gaps = NOTHING
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
      await this.#drain()
      this.tracker.join(this.tracker.run, undefined)
    } else {
      await this.sync()
      const { run, index } = this.tracker.head
      this.tracker.join(run, index)
    }
    this.#hasConsumed = false
  }

  /** Throws away what a source of pyacq's has sent. It may go on sending, so there is a limit. */
  async #drain(): Promise<void> {
    for (let dropped = 0; dropped < DRAIN_LIMIT;) {
      const before = dropped
      for (let item = this.inbox.shift(); item; item = this.inbox.shift()) dropped += 1
      this.subscription?.read()
      await nextTurn()
      await nextTurn()
      if (dropped === before && this.inbox.length === 0) return
    }
  }

  /** No data although the source goes on, or no sign of the source. */
  get isStalled(): boolean {
    const now = performance.now()
    const { head, run, next } = this.tracker
    const isBehind = head.run > run || (head.run === run && head.index > next)
    if (this.service === 'plain') return false
    return (isBehind && now - this.#lastArrival > 1500) || (this.link?.isLocal === false && now - this.#lastHead > 3500)
  }

  close(): void {
    this.#isClosed = true
    for (const answer of this.#syncs.values()) answer()
    this.#syncs.clear()
    this.#finished()
    this.link?.close()
    this.subscription?.close()
    this.receiver.close()
    this.inbox.wake()
  }
}
