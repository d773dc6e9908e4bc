import { randomUUID } from 'node:crypto'
import { OutputClock } from '../clock/OutputClock.ts'
import type { Delivery } from '../params.ts'
import type { SideMessage, SideMessageOf } from '../side/messages.ts'
import { checksum } from './checksum.ts'
import { Claims } from './Claims.ts'
import type { Acknowledged } from './Claims.ts'
import { monotonicNow, toMonotonic } from './clock.ts'
import { Consumer } from './Consumer.ts'
import type { ConsumerLink, Service } from './Consumer.ts'
import { RetentionLog } from './RetentionLog.ts'
import type { Entry, RetentionLimits } from './RetentionLog.ts'
import { REMEMBERED_RUNS, RunHistory } from './RunHistory.ts'
import { Waiters } from './Waiters.ts'

const MARKS_PER_SECOND = 20

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
  readonly log: RetentionLog
  readonly clock = new OutputClock((message) => this.broadcast(message))
  readonly #consumers = new Map<string, Consumer>()
  readonly #claims: Claims
  readonly #history = new RunHistory()
  #params: Readonly<Record<string, unknown>> | undefined
  /** Position in the log of the first chunk of each run. */
  readonly #beginnings = new Map<number, number>()
  #run = 0
  #index = 0
  #hasEnded = false
  readonly #waiters = new Waiters()
  #nextMark = 0
  #isClosed = false

  constructor({ flow, retention }: HubOptions) {
    this.flow = flow
    this.log = new RetentionLog(retention)
    this.#claims = new Claims(this.log)
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
    const previous = this.#run
    const index = this.#index
    this.#history.close(previous, index)
    this.#run += 1
    this.#beginnings.set(this.#run, this.log.end)
    this.#beginnings.delete(previous - REMEMBERED_RUNS)
    this.#index = 0
    this.#hasEnded = false
    this.clock.startRun(this.#run)
    this.broadcast({ kind: 'run', run: this.#run, previous, index })
  }

  endRun(): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.broadcast({ kind: 'end', run: this.#run, index: this.#index })
  }

  /** The source has nothing in `[index, to)`; tells every input before the next chunk goes out. */
  declareHole(from: number, to: number, cause: string): void {
    this.#history.addHole(this.#run, [from, to, cause])
    this.#index = Math.max(this.#index, to)
    this.clock.hole(from, to)
    this.broadcast({ kind: 'holes', run: this.#run, holes: [[from, to, cause]] })
  }

  publish(entry: Entry): void {
    this.#index = entry.index
    this.log.append(entry)
    if (this.#consumers.size > 0) {
      for (const consumer of this.#consumers.values()) consumer.pump(this.log, this.#history.endOf)
    }
    if (entry.at >= this.#nextMark) this.#mark(entry)
    this.log.prune(entry.at, this.flow === 'wait' ? this.#neededFrom() : Infinity)
  }

  #mark(entry: Entry): void {
    this.#nextMark = entry.at + 1000 / MARKS_PER_SECOND
    this.clock.mark(entry.index, entry.at)
    this.broadcast({ kind: 'mark', run: entry.run, index: entry.index, time: toMonotonic(entry.at) })
  }

  /** Position of the oldest chunk that a lossless input on a waiting output has not taken: its connection may break. */
  #neededFrom(): number {
    let position = Infinity
    for (const { service, holding, oldestUntaken } of this.#consumers.values()) {
      if (service === 'complete' && holding) position = Math.min(position, oldestUntaken)
    }
    return position
  }

  /** Position of the oldest chunk that a lossless input on a waiting output still has to be sent. */
  #heldFrom(): number {
    let position = Infinity
    for (const consumer of this.#consumers.values()) {
      if (consumer.service === 'complete' && consumer.holding) position = Math.min(position, consumer.cursor)
    }
    return position
  }

  /** On a waiting output: something to await while an input that must not lose anything has no room. */
  whenCaughtUp(): Promise<void> | undefined {
    if (this.flow !== 'wait') return undefined
    return this.#waiters.wait(() => this.#heldFrom() >= this.log.end)
  }

  /** On a waiting output whose chunks lie in a ring: something to await while samples before `start` are not taken. */
  whenTaken(start: number): Promise<void> | undefined {
    if (this.flow !== 'wait') return undefined
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
    this.broadcast({ kind: 'head', run: this.#run, index: this.#index, time: monotonicNow() })
    this.clock.announce()
  }

  /** Takes in an input whose subscription is in place, and brings it up to date. */
  admit(id: string, hello: SideMessageOf<'hello'>, link: ConsumerLink, isLocal = false): Consumer {
    // An input that comes back over a new connection takes its own place.
    for (const known of this.#consumers.values()) {
      const isHeir = known.isAbsent && known.name !== undefined && known.name === hello.name
      if (known.input === hello.consumer || isHeir) this.#consumers.delete(known.id)
    }
    this.#claims.cameBack(hello.consumer)
    const service = this.#serviceFor(hello.delivery as Delivery, isLocal)
    const { run, from } = this.#positionFor(hello, service)
    const name = hello.name ?? undefined
    const window = { chunks: Math.max(1, hello.chunks), bytes: Math.max(1, hello.bytes) }
    const consumer = new Consumer({ id, input: hello.consumer, name, service, who: hello.who, link, window, run })
    const head = { headRun: this.#run, index: this.#index, hasEnded: this.#hasEnded }
    link.post({
      kind: 'welcome',
      consumer: hello.consumer,
      attempt: hello.attempt,
      source: this.id,
      run,
      from,
      ...head
    })
    if (hello.source !== null && this.#params) link.post({ kind: 'params', params: this.#params })
    this.#tellRuns(link, run)
    for (const message of this.clock.messages(run)) link.post(message)
    if (service === 'complete') {
      if (name !== undefined && !this.#claims.of(name)) this.#claims.acknowledge(name, { run, index: from })
      this.#rewind(consumer, run, from)
    } else {
      consumer.cursor = this.log.end
      // The newest chunk may have been lost with the connection before, and there may never be another.
      if (service === 'latest' && this.log.find(run, from) < this.log.end) consumer.cursor -= 1
    }
    this.#consumers.set(consumer.id, consumer)
    consumer.pump(this.log, this.#history.endOf)
    return consumer
  }

  /** Everything that was declared from `run` on, in the order it was. */
  #tellRuns(link: ConsumerLink, run: number): void {
    for (let r = run; r <= this.#run; r++) {
      const holes = this.#history.holesOf(r)
      if (holes.length > 0) link.post({ kind: 'holes', run: r, holes })
      if (r < this.#run) link.post({ kind: 'run', run: r + 1, previous: r, index: this.#history.endOf(r) })
    }
    if (this.#hasEnded) link.post({ kind: 'end', run: this.#run, index: this.#index })
  }

  #serviceFor(delivery: Delivery, isLocal: boolean): Service {
    if (delivery === 'latest') return 'latest'
    if (delivery === 'complete' || this.flow === 'wait') return 'complete'
    return isLocal ? 'bounded' : 'live'
  }

  /** Where counting starts: where the input was, else behind its last acknowledgement, else as its delivery says. */
  #positionFor(hello: SideMessageOf<'hello'>, service: Service): { run: number; from: number } {
    const { source, run, from } = hello
    const oldest = Math.max(0, this.#run - REMEMBERED_RUNS + 1)
    // Whoever was connected to what was here before has missed everything.
    if (source !== null && source !== this.id) return { run: oldest, from: 0 }
    if (run !== null && from !== null && run <= this.#run && run >= oldest) return { run, from }
    if (service !== 'complete') return { run: this.#run, from: this.#index }
    const acknowledged = hello.name === null ? undefined : this.#claims.of(hello.name)
    return acknowledged ? { run: acknowledged.run, from: acknowledged.index } : { run: this.#run, from: 0 }
  }

  #rewind(consumer: Consumer, run: number, from: number): void {
    consumer.cursor = this.log.find(run, from)
    if (consumer.cursor > this.log.first) return
    if (this.log.first < this.log.end) {
      const oldest = this.log.at(this.log.first)
      consumer.tellGone(oldest.run, oldest.start, this.#history.endOf)
    } else {
      consumer.tellGone(this.#run, this.#index, this.#history.endOf)
    }
  }

  /** What an input says, other than hello. False when nobody of that id was admitted. */
  hear(id: string, message: SideMessage): boolean {
    const consumer = this.#consumers.get(id)
    if (consumer === undefined) return false
    consumer.lastSeen = performance.now()
    switch (message.kind) {
      case 'credit':
        this.#credit(consumer, message)
        break
      case 'ack':
        this.#acknowledge(consumer.name, message)
        break
      case 'sync':
        consumer.link.post({
          kind: 'synced',
          id: message.id,
          run: this.#run,
          index: this.#index,
          sender: this.#senderOf(message)
        })
        break
      case 'leave':
        this.remove(id)
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

  /**
   * The run from `from` on that sent a message: the first one that has it in the log (two runs may have sent the same;
   * then it does not matter), else the only one whose chunks are not all in the log any more.
   */
  #senderOf({ from, index, crc }: SideMessageOf<'sync'>): number | null {
    if (from === null || index === null || crc === null) return null
    const partly: number[] = []
    for (let run = Math.max(from, this.#run - REMEMBERED_RUNS); run <= this.#run; run++) {
      const position = this.log.find(run, index - 1)
      const entry = position < this.log.end ? this.log.at(position) : undefined
      if (entry?.run === run && entry.index === index && checksum(entry.frames ?? []) === crc) return run
      if ((this.#beginnings.get(run) ?? 0) < this.log.first) partly.push(run)
    }
    return partly.length === 1 ? (partly[0] ?? null) : null
  }

  #acknowledge(name: string | undefined, place: Acknowledged): void {
    if (name === undefined) return
    this.#claims.acknowledge(name, place)
    this.#free()
  }

  /** Forgets what every named input has acknowledged, as far as no other input still has to take it. */
  #free(): void {
    if (!this.#claims.isInUse) return
    let { from } = this.#claims
    for (const { service, name, oldestUntaken } of this.#consumers.values()) {
      if (service === 'complete' && name === undefined) from = Math.min(from, oldestUntaken)
    }
    this.log.freeTo(from)
  }

  #credit(consumer: Consumer, { taken, holding }: SideMessageOf<'credit'>): void {
    consumer.credit(taken)
    consumer.holding = holding
    consumer.pump(this.log, this.#history.endOf)
    this.#free()
    this.#waiters.check()
  }

  remove(id: string): void {
    if (!this.#consumers.delete(id)) return
    this.#free()
    this.#waiters.check()
  }

  /** Its connection is gone: what it has not taken is kept within the limits, in case that it comes back. */
  #removeLost(consumer: Consumer): void {
    const { input, name, service, oldestUntaken } = consumer
    if (service === 'complete' && name === undefined) this.#claims.wentAway(input, oldestUntaken)
    this.remove(consumer.id)
  }

  /**
   * The connection of an input is gone. A waiting output goes on waiting for it, because it may come back over another
   * one, until `lease` ms have passed.
   */
  miss(id: string, lease: number): void {
    const consumer = this.#consumers.get(id)
    if (consumer === undefined) return
    if (this.flow !== 'wait' || consumer.service !== 'complete' || !consumer.holding) {
      this.#removeLost(consumer)
      return
    }
    if (consumer.isAbsent) return
    consumer.leave()
    const timer = setTimeout(() => {
      if (consumer.isAbsent && this.#consumers.get(id) === consumer) this.#removeLost(consumer)
    }, lease)
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
    const start = performance.now()
    const isDone = (): boolean => {
      const now = performance.now()
      return this.consumers.every((one) => !one.isOwed(this.log) || now - Math.max(start, one.lastTaken) > patience)
    }
    return this.#waiters.insist(isDone, patience / 10)
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.release()
    this.broadcast({ kind: 'goodbye', run: this.#run, index: this.#index })
    this.#consumers.clear()
    this.log.clear()
  }
}
