import { randomUUID } from 'node:crypto'
import { OutputClock } from '../clock/OutputClock.ts'
import type { Delivery } from '../params.ts'
import type { SideMessage, SideMessageOf } from '../side/messages.ts'
import type { ChunkLog } from './ChunkLog.ts'
import { Claims } from './Claims.ts'
import type { Acknowledged } from './Claims.ts'
import { monotonicNow, toMonotonic } from './clock.ts'
import { Consumer } from './Consumer.ts'
import type { ConsumerLink } from './Consumer.ts'
import { findSender } from './findSender.ts'
import { RetentionLog } from './RetentionLog.ts'
import type { Entry, RetentionLimits } from './RetentionLog.ts'
import { REMEMBERED_RUNS, RunHistory } from './RunHistory.ts'
import { startOf } from './startOf.ts'
import { serviceFor } from './serviceFor.ts'
import { Waiters } from './Waiters.ts'
import { Seats } from './Seats.ts'
import type { DirectoryWriter, PublishedChunk } from '../transfer/DirectoryWriter.ts'

const MARKS_PER_SECOND = 20
/** ms between looks at an input whose connection is gone. */
const ABSENCE_CHECK = 100
export interface HubOptions {
  readonly flow: 'realtime' | 'wait'
  readonly retention: RetentionLimits
}

/**
 * The output's side of delivery, whatever carries the messages: the current run, the chunks that are kept, and every
 * nodeacq input with its cursor.
 *
 *   send ─► publish ─► log ─┬─ cursor of consumer 1 ─► link (ROUTER, or the input itself within one process)
 *                           └─ cursor of consumer 2 ─► …
 */
export class Hub {
  flow: 'realtime' | 'wait'
  /** Names this numbering of runs: an output that starts again has another one. */
  readonly id: string = randomUUID()
  readonly clock = new OutputClock((message) => this.broadcast(message))
  /** Of chunks that go by messages; with a directory, that takes its place. */
  #retention: RetentionLog
  readonly #seats = new Seats()
  readonly #consumers = new Map<string, Consumer>()
  readonly #claims = new Claims(() => this.log)
  readonly #history = new RunHistory()
  #params: Readonly<Record<string, unknown>> | undefined
  #run = 0
  #index = 0
  #hasEnded = false
  readonly #waiters = new Waiters()
  #nextMark = 0
  /** What was told to every input besides chunks and where the head is. */
  #news = 0
  #isClosed = false

  constructor({ flow, retention }: HubOptions) {
    this.flow = flow
    this.#retention = new RetentionLog(retention)
  }

  /** The chunks that can still be delivered. */
  get log(): ChunkLog {
    return this.#seats.directory ?? this.#retention
  }

  set retention(limits: RetentionLimits) {
    this.#retention.limits = limits
  }

  /**
   * Chunks from now on are in the ring of this directory, or in none. Numbers of chunks go on; inputs that read a ring
   * by themselves are told of another with the params.
   */
  follow(directory: DirectoryWriter | undefined): void {
    const { end } = this.log
    if (directory) directory.beginAt(end)
    else if (this.#seats.directory) this.#retention = new RetentionLog(this.#retention.limits, end)
    this.#seats.moveTo(directory)
  }

  get run(): number {
    return this.#run
  }

  get index(): number {
    return this.#index
  }

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  get consumers(): readonly Consumer[] {
    return [...this.#consumers.values()]
  }

  /** Up to where named inputs have said that everything is safe. */
  get acknowledged(): Readonly<Record<string, Acknowledged>> {
    return this.#claims.acknowledged
  }

  /** Begins a new run at index 0. */
  startRun(): void {
    this.#news += 1
    const { run: previous, index } = this
    this.#history.close(previous, index)
    this.#run += 1
    this.#history.open(this.#run, this.log.end)
    this.#index = 0
    this.#hasEnded = false
    this.clock.startRun(this.#run)
    this.broadcast({ kind: 'run', run: this.#run, previous, index })
  }

  /** Of the run so far, what has to outlive its place in a ring when the next one begins; a waiting output waits for inputs. */
  get keepFrom(): number {
    return this.#claims.wantedFrom(this.flow === 'wait' ? [] : this.#consumers.values())
  }

  endRun(): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#news += 1
    this.broadcast({ kind: 'end', run: this.#run, index: this.#index })
  }

  /** The source has nothing in `[index, to)`; tells every input before the next chunk goes out. */
  declareHole(from: number, to: number, cause: string): void {
    this.#news += 1
    this.#history.addHole(this.#run, [from, to, cause])
    this.#index = Math.max(this.#index, to)
    this.clock.hole(from, to)
    this.broadcast({ kind: 'holes', run: this.#run, holes: [[from, to, cause]] })
  }

  publish(entry: Entry): void {
    this.#index = entry.index
    this.#retention.append(entry)
    this.#pump(entry.at)
    this.#retention.prune(entry.at, this.flow === 'wait' ? this.#neededFrom() : Infinity)
  }

  /**
   * The same for a chunk that has been stored in the ring of `directory`.
   * @param at `performance.now()` of the send
   */
  publishInRing(directory: DirectoryWriter, chunk: Pick<PublishedChunk, 'index' | 'count' | 'step'>, at: number): void {
    const { index, count, step } = chunk
    this.#index = index
    const place = { run: this.#run, news: this.#news, before: this.#history.endOf(this.#run - 1) }
    this.#seats.publish(directory, { ...place, index, count, step, time: toMonotonic(at) })
    this.#pump(at)
  }

  #pump(now: number): void {
    if (this.#seats.taken < this.#consumers.size) {
      for (const consumer of this.#consumers.values()) consumer.pump(this.log, this.#history.endOf)
    }
    if (now < this.#nextMark) return
    this.#nextMark = now + 1000 / MARKS_PER_SECOND
    this.clock.mark(this.#index, now)
    this.broadcast({ kind: 'mark', run: this.#run, index: this.#index, time: toMonotonic(now) })
  }

  /** The smallest of `positionOf` over the inputs that must not lose anything on a waiting output. */
  #oldest(positionOf: (consumer: Consumer) => number): number {
    let position = Infinity
    for (const consumer of this.#consumers.values()) {
      if (consumer.service === 'complete' && consumer.holding) position = Math.min(position, positionOf(consumer))
    }
    return position
  }

  /** Position of the oldest chunk that was not taken: the connection may break. */
  readonly #neededFrom = (): number => this.#oldest((consumer) => consumer.oldestUntaken)

  /** On a waiting output: something to await while an input that must not lose anything has no room. */
  whenCaughtUp(): Promise<void> | undefined {
    if (this.flow !== 'wait') return undefined
    return this.#waiters.wait(() => this.#oldest((consumer) => consumer.unsent) >= this.log.end)
  }

  /**
   * On a waiting output whose chunks lie in a ring of `size` samples: something to await while a chunk up to `index` would
   * be written over samples that are not taken.
   */
  whenTaken(index: number, size: number): Promise<void> | undefined {
    if (this.flow !== 'wait') return undefined
    if (this.#seats.directory) return this.#seats.whenFree(index, this.#neededFrom, this.#waiters)
    const start = index - size
    return this.#waiters.wait(() => {
      for (const { service, holding, oldestUntaken } of this.#consumers.values()) {
        if (service !== 'complete' || !holding || oldestUntaken >= this.log.end) continue
        const entry = this.log.at(Math.max(oldestUntaken, this.log.first))
        if (entry.run === this.#run && entry.start < start) return false
      }
      return true
    })
  }

  broadcast(message: SideMessage): void {
    for (const consumer of this.#consumers.values()) if (!consumer.isAbsent) consumer.link.post(message)
  }

  /** The stream has other params now. */
  tellParams(params: Readonly<Record<string, unknown>>): void {
    this.#params = params
    this.broadcast({ kind: 'params', params })
  }

  announceHead(): void {
    this.#seats.directory?.beat(monotonicNow())
    this.broadcast({ kind: 'head', run: this.#run, index: this.#index, time: monotonicNow() })
    this.clock.announce()
  }

  /** Takes in an input whose subscription is in place, and brings it up to date. */
  admit(id: string, hello: SideMessageOf<'hello'>, link: ConsumerLink, isLocal = false): Consumer {
    // An input that comes back over a new connection takes its own place.
    for (const known of this.#consumers.values()) {
      const isHeir = known.isAbsent && known.name !== undefined && known.name === hello.name
      if (known.input === hello.consumer || isHeir) this.#drop(known, false)
    }
    this.#claims.cameBack(hello.name ?? hello.consumer)
    const service = serviceFor(hello.delivery as Delivery, { flow: this.flow, isLocal })
    const { run, from } = startOf(hello, service, { hub: this, claims: this.#claims })
    const name = hello.name ?? undefined
    const window = { chunks: Math.max(1, hello.chunks), bytes: Math.max(1, hello.bytes) }
    const seat = hello.bell === null ? undefined : this.#seats.claim(hello.consumer, hello.bell)
    const consumer = new Consumer({ seat, id, input: hello.consumer, name, service, who: hello.who, link, window, run })
    const chunk = service === 'complete' ? this.log.find(run, from) : this.log.end
    consumer.cursor = chunk
    if (seat) this.#seats.directory?.setTaken(seat.number, chunk)
    link.post({
      kind: 'welcome',
      consumer: hello.consumer,
      attempt: hello.attempt,
      source: this.id,
      run,
      from,
      ...{ headRun: this.#run, index: this.#index, hasEnded: this.#hasEnded },
      seat: seat?.number ?? null,
      chunk
    })
    if (hello.source !== null && this.#params) link.post({ kind: 'params', params: this.#params })
    for (const message of this.#history.messages(run, this.#run)) link.post(message)
    if (this.#hasEnded) link.post({ kind: 'end', run: this.#run, index: this.#index })
    for (const message of this.clock.messages(run)) link.post(message)
    if (service === 'complete') {
      if (name !== undefined && !this.#claims.of(name)) this.#claims.acknowledge(name, { run, index: from })
      if (!seat && chunk <= this.log.first) this.#tellGone(consumer)
    } else if (service === 'latest' && this.log.find(run, from) < this.log.end) {
      // The newest chunk may have been lost with the connection before, and there may never be another.
      consumer.cursor -= 1
    }
    this.#consumers.set(consumer.id, consumer)
    this.#seats.changed()
    consumer.pump(this.log, this.#history.endOf)
    return consumer
  }

  /** What is not in the log any more. */
  #tellGone(consumer: Consumer): void {
    const { log } = this
    const oldest = log.first < log.end ? log.at(log.first) : { run: this.#run, start: this.#index }
    consumer.tellGone(oldest.run, oldest.start, this.#history.endOf)
  }

  /** What an input says, other than hello. False when nobody of that id was admitted. */
  hear(id: string, message: SideMessage): boolean {
    const consumer = this.#consumers.get(id)
    if (consumer === undefined) return false
    switch (message.kind) {
      case 'credit':
        this.#credit(consumer, message)
        break
      case 'ack':
        this.#acknowledge(consumer.name, message)
        break
      case 'sync':
        this.#answer(consumer.link, message)
        break
      case 'leave':
        this.remove(id, true)
        break
      case 'ping': {
        const received = monotonicNow()
        consumer.link.post({ kind: 'pong', sent: message.sent, received, answered: monotonicNow() })
        break
      }
      default: // `alive` has done its work by being heard.
    }
    return true
  }

  #answer(link: ConsumerLink, message: SideMessageOf<'sync'>): void {
    const from = message.from === null ? null : Math.max(message.from, this.#run - REMEMBERED_RUNS)
    const runs = { from, to: this.#run, beginnings: this.#history.beginnings }
    const sender = findSender(this.log, message, runs)
    link.post({ kind: 'synced', id: message.id, run: this.#run, index: this.#index, sender })
  }

  #acknowledge(name: string | undefined, place: Acknowledged): void {
    if (name === undefined) return
    this.#claims.acknowledge(name, place)
    this.#free()
  }

  /** Forgets what is acknowledged for every name, by whoever bore it first, as far as no input still has to take it. */
  #free(): void {
    if (this.#claims.isInUse) this.log.freeTo(this.#claims.wantedFrom(this.#consumers.values()))
  }

  #credit(consumer: Consumer, { taken, holding }: SideMessageOf<'credit'>): void {
    consumer.credit(taken)
    consumer.holding = holding
    this.#seats.changed()
    consumer.pump(this.log, this.#history.endOf)
    this.#free()
    this.#waiters.check()
  }

  /** @param hasLeft whether the input itself has said that it leaves */
  remove(id: string, hasLeft = false): void {
    const consumer = this.#consumers.get(id)
    if (consumer === undefined) return
    this.#drop(consumer, hasLeft)
    this.#free()
    this.#waiters.check()
  }

  #drop(consumer: Consumer, hasLeft: boolean): void {
    this.#consumers.delete(consumer.id)
    if (consumer.seat) this.#seats.release(consumer.seat, hasLeft)
    this.#seats.changed()
  }

  /** Its connection is gone: what it has not taken is kept within the limits, in case that it comes back. */
  #removeLost(consumer: Consumer): void {
    const { input, name, service, oldestUntaken } = consumer
    if (service === 'complete') this.#claims.wentAway(name ?? input, oldestUntaken)
    this.remove(consumer.id)
  }

  /**
   * The connection of an input is gone. A waiting output goes on waiting for it, because it may come back over another
   * one, until `lease` ms have passed.
   */
  miss(id: string, lease: number): void {
    const consumer = this.#consumers.get(id)
    if (consumer === undefined || consumer.isAbsent) return
    if (this.flow !== 'wait' || consumer.service !== 'complete' || !consumer.holding) {
      this.#removeLost(consumer)
      return
    }
    consumer.leave()
    const timer = setInterval(
      () => {
        const isAbsent = consumer.isAbsent && this.#consumers.get(id) === consumer
        if (isAbsent && consumer.isExpected(lease)) return
        clearInterval(timer)
        if (isAbsent) this.#removeLost(consumer)
      },
      Math.min(lease, ABSENCE_CHECK)
    )
    timer.unref()
  }

  /** Lets go of whoever waits for room. */
  release(): void {
    this.#waiters.release()
  }

  /**
   * Resolves when every input with a cursor that reads has taken what is due to it. Who takes nothing for `patience` ms is
   * not waited for. What was sent does not have to have arrived: a connection that closes forgets it.
   */
  whenDelivered(patience: number): Promise<void> | undefined {
    this.announceHead() // finds out who is not there any more
    const start = performance.now()
    const isDone = (): boolean => {
      const now = performance.now()
      return this.consumers.every((one) => !one.isOwed(this.log) || now - Math.max(start, one.lastTaken) > patience)
    }
    return this.#waiters.watch(isDone, { period: patience / 10, evenIfReleased: true })
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.release()
    this.broadcast({ kind: 'goodbye', run: this.#run, index: this.#index })
    this.#seats.close()
    this.#consumers.clear()
    this.log.clear()
  }
}
