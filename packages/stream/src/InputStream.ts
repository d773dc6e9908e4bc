import type { ReadonlyNdArray } from '@nodeacq/ndarray'
import { StreamClock } from './clock/StreamClock.ts'
import { SpecError, StreamStateError, StreamTimeoutError } from './errors.ts'
import { ChunkIterator } from './input/ChunkIterator.ts'
import type { ChunksOptions } from './input/ChunkIterator.ts'
import { notConnected, openConnection } from './input/connection.ts'
import type { Connection } from './input/connection.ts'
import { History } from './input/History.ts'
import type { BufferOptions } from './input/History.ts'
import type { Chunk } from './input/Chunk.ts'
import type { Reception } from './input/Reception.ts'
import { paramsOf } from './input/source.ts'
import type { SourceIdentity, StreamSource } from './input/source.ts'
import { inputStatus } from './input/status.ts'
import type { InputStatus } from './input/status.ts'
import { report } from './log.ts'
import { LossLedger } from './LossLedger.ts'
import type { LedgerSnapshot } from './LossLedger.ts'
import { describeStream } from './output/owner.ts'
import type { StreamOwner } from './output/owner.ts'
import type { Delivery, InputSpec, StreamInfo } from './params.ts'
import type { RingReader, RingReadOptions } from './RingBuffer.ts'
import type { RingHandle } from './transfer/RingChunks.ts'

/** How an input connects. */
export interface ConnectOptions {
  /** What happens to data that this input does not take in time; default that of the spec, else `bestEffort`. */
  delivery?: Delivery
  /** Names the consumer: with `complete`, one of the same name goes on after what was acknowledged. */
  name?: string
  /** ms to wait for the output's answer. Default 5000. */
  timeout?: number
}

/** How `recv` reads. */
export interface RecvOptions {
  /** Default true, and false where the samples are in a shared ring anyway. */
  returnData?: boolean
  /** ms; default no limit. */
  timeout?: number
}

/** What `recv` gives. */
export interface Received {
  /** Absolute index of the last sample, plus one. */
  index: number
  data: ReadonlyNdArray | null
}

const CONNECT_TIMEOUT = 5000

/**
 * The receiving end of a stream. Read it in one way at a time: `chunks`, `recv` or `onData`.
 *
 * ```ts
 * await input.connect(amp.output)
 * for await (const { index, data, gaps } of input.chunks(signal)) { … }
 * ```
 */
export class InputStream implements AsyncDisposable {
  spec: InputSpec
  readonly owner: StreamOwner
  /** When samples were there; where no run is named, that of the newest chunk that was taken. */
  readonly clock = new StreamClock(() => this.#connection?.clock)
  #connection: Connection | undefined
  #connecting: Promise<void> | undefined
  #delivery: Delivery = 'bestEffort'
  #isClosed = false
  #history: History | undefined
  #idleLedger = new LossLedger()
  /** Who reads now. */
  #reader: 'chunks' | 'onData' | undefined
  #calls: Promise<unknown> = Promise.resolve()
  readonly #listeners = new Set<(chunk: Chunk) => void>()

  constructor(spec: InputSpec = {}, owner: StreamOwner = {}) {
    this.spec = { ...spec }
    this.owner = owner
  }

  /** Over RPC this object is referred to, not copied. */
  get '~proxied'(): true {
    return true
  }

  get isConnected(): boolean {
    return this.#connection !== undefined
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** What the source says about itself. @throws {StreamStateError} when not connected. */
  get info(): StreamInfo {
    return this.#reception.reader.info
  }

  /** Whose output this is connected to; undefined when not connected, and for sources of pyacq's. */
  get source(): SourceIdentity | undefined {
    return this.#connection?.own?.identity
  }

  /** The account of the current run. */
  get ledger(): LossLedger {
    return this.#connection?.reception.tracker.ledger ?? this.#idleLedger
  }

  /** The accounts of the runs before, newest last; at most 16. */
  get pastRuns(): readonly LedgerSnapshot[] {
    return this.#connection?.reception.tracker.past ?? []
  }

  /** The run has ended and all of it was taken. */
  get hasEnded(): boolean {
    return this.#connection?.reception.hasEnded ?? false
  }

  get #subject(): string {
    return describeStream('InputStream', this.owner)
  }

  get #reception(): Reception {
    if (!this.#connection) throw notConnected(this.#subject, this.#isClosed)
    return this.#connection.reception
  }

  /**
   * Connects to an output, the proxy of one, or what its params describe. Resolves when nothing that is sent from now
   * on can be missed; for a source of pyacq's, when the connection stands.
   * @throws {SpecError} when the source is not what the spec asks for. @throws {SourceUnreachableError}
   * @throws {StreamStateError} when the output is closed or not configured.
   */
  connect(source: StreamSource, options: ConnectOptions = {}): Promise<void> {
    const connecting = (this.#connecting ?? Promise.resolve())
      .catch(() => undefined)
      .then(() => this.#connect(source, options))
    this.#connecting = connecting
    return connecting
  }

  async #connect(source: StreamSource, options: ConnectOptions): Promise<void> {
    if (this.#isClosed) throw notConnected(this.#subject, true)
    const { delivery = this.spec.delivery ?? 'bestEffort', name, timeout = CONNECT_TIMEOUT } = options
    if (!['bestEffort', 'latest', 'complete'].includes(delivery)) {
      const expected = 'bestEffort, latest or complete'
      throw new SpecError({ subject: this.#subject, key: 'delivery', expected, got: String(delivery) })
    }
    const wire = await paramsOf(source, this.#subject)
    this.#disconnect()
    const { spec, owner } = this
    const connection = await openConnection(wire, { spec, delivery, name, timeout, owner, subject: this.#subject })
    if (this.#isClosed) {
      connection.close()
      throw notConnected(this.#subject, true)
    }
    this.#delivery = delivery
    this.#connection = connection
    if (this.#listeners.size > 0) void this.#pump()
  }

  #disconnect(): void {
    if (!this.#connection) return
    this.#idleLedger = this.ledger
    this.#connection.close()
    this.#connection = undefined
    this.#history = undefined
  }

  /** A reader starts afresh: the run before, as far as it was read, is forgotten. A named consumer goes on after it. */
  startRun(): void {
    this.#connection?.reception.startRun()
  }

  /**
   * Chunks until the end of the run, until `finish`, or until the signal aborts. Their data is the reader's own.
   * @throws {StreamStateError} when not connected, or while something else reads.
   */
  chunks(options: AbortSignal | ChunksOptions = {}): AsyncIterableIterator<Chunk> {
    const reception = this.#reception
    this.#requireFree()
    this.#reader = 'chunks'
    return new ChunkIterator(reception, options instanceof AbortSignal ? { signal: options } : options, (isLeft) => {
      this.#reader = undefined
      if (isLeft) reception.stopped()
    })
  }

  #requireFree(): void {
    if (this.#reader !== undefined)
      throw new StreamStateError(`${this.#subject} is being read by ${this.#reader} already`)
  }

  /**
   * Lets `chunks` end when it has come to where the source is now; for a source of pyacq's, when it is quiet for 200 ms.
   * Resolves when that is so, or at once when nobody reads.
   */
  async finish(): Promise<void> {
    await this.#connection?.reception.finish(() => this.#reader === 'chunks')
  }

  /**
   * Where the source is now: its run, and the index of the sample that comes next; of a source that does not answer, as far
   * as is known. Undefined for a source of pyacq's, which cannot be asked.
   */
  async sourceHead(): Promise<{ run: number; index: number } | undefined> {
    const reception = this.#reception
    if (reception.service === 'plain') return undefined
    await reception.sync()
    const { run, index } = reception.tracker.head
    return { run, index }
  }

  /** Calls `callback` with each chunk from now on, over all runs. Returns what ends that. */
  onData(callback: (chunk: Chunk) => void): () => void {
    if (this.#reader === 'chunks') this.#requireFree()
    this.#listeners.add(callback)
    if (this.#connection) void this.#pump()
    return () => {
      this.#listeners.delete(callback)
      this.#connection?.reception.supply.inbox.wake()
    }
  }

  async #pump(): Promise<void> {
    if (this.#reader !== undefined) return
    this.#reader = 'onData'
    const reception = this.#reception
    const isCancelled = (): boolean => this.#listeners.size === 0
    try {
      while (this.#listeners.size > 0) {
        const taken = await reception.take({ wantData: true, stopAtEnd: false, isCancelled })
        if (taken !== undefined) this.#tell(taken as Chunk)
      }
    } catch (error) {
      // The source or this input was closed.
      if (!(error instanceof StreamStateError)) report('error', `${this.#subject}: reading failed`, error)
    } finally {
      this.#reader = undefined
      if (this.#connection && this.#connection.reception !== reception && this.#listeners.size > 0) void this.#pump()
    }
  }

  #tell(chunk: Chunk): void {
    for (const listener of this.#listeners) {
      try {
        listener(chunk)
      } catch (error) {
        report('error', `${this.#subject}: a listener of onData failed`, error)
      }
    }
  }

  /**
   * Waits for the next chunk. pyacq's `recv`.
   * @throws {StreamTimeoutError} @throws {StreamStateError} when not connected or closed meanwhile.
   */
  recv({ returnData, timeout }: RecvOptions = {}): Promise<Received> {
    return this.#serially(async () => {
      const reception = this.#reception
      const isReturned = returnData ?? reception.reader.receiver.ring === undefined
      const wantData = isReturned || this.#history?.isOwn === true
      const taken = await this.#within(timeout, (isCancelled) =>
        reception.take({ wantData, stopAtEnd: false, isCancelled })
      )
      if (taken === undefined) throw new StreamTimeoutError(this.#subject, timeout ?? 0)
      return { index: taken.index, data: isReturned ? taken.data : null }
    })
  }

  /** Whether a chunk waits, or comes within `timeout` ms (default: however long it takes). */
  poll(timeout?: number): Promise<boolean> {
    return this.#serially(() => this.#within(timeout, (isCancelled) => this.#reception.hasChunk(isCancelled)))
  }

  /** Throws away all chunks that wait. They count as received. Returns how many there were. */
  emptyQueue(): Promise<number> {
    return this.#serially(() => this.#reception.takeAll())
  }

  async #within<T>(timeout: number | undefined, take: (isCancelled: () => boolean) => T | Promise<T>): Promise<T> {
    if (timeout === undefined) return take(() => false)
    let isOver = false
    const { inbox } = this.#reception.supply
    const timer = setTimeout(() => {
      isOver = true
      inbox.wake()
    }, timeout)
    try {
      return await take(() => isOver)
    } finally {
      clearTimeout(timer)
    }
  }

  /** One call after the other, in the order they were made. */
  #serially<T>(call: () => Promise<T>): Promise<T> {
    const result = this.#calls.then(() => {
      this.#requireFree()
      return call()
    })
    this.#calls = result.catch(() => undefined)
    return result
  }

  /**
   * Keeps the newest `size` samples of what is taken from now on, for `getData` and `slice`.
   * The source's shared ring is used where it is long enough and laid out as asked.
   */
  setBuffer(size: number, options: BufferOptions = {}): void {
    const { reader } = this.#reception
    const { info, receiver } = reader
    const history = new History(size, info, { ...options, shared: receiver.ring })
    this.#history = history
    reader.onChunk = history.isOwn ? (data, index, run) => history.store(data, index, run) : undefined
  }

  /**
   * The shared ring that this input reads, to be posted to a worker and read there by a `RingThreadReader`; undefined where
   * there is none, or memory cannot be given to other threads. It is closed with this input.
   */
  get ring(): RingHandle | undefined {
    return this.#connection?.reception.reader.receiver.chunks?.handle
  }

  get #ring(): RingReader {
    const ring = this.#history?.ring ?? this.#reception.reader.receiver.ring
    if (ring === undefined)
      throw new StreamStateError(`${this.#subject} has no ring to read from: call setBuffer first`)
    return ring
  }

  /** Samples `[start, stop)` of the ring, absolute. @throws {RingRangeError} @throws {StreamStateError} */
  getData(
    start: number,
    stop: number,
    options: RingReadOptions = {}
  ): ReadonlyNdArray | [ReadonlyNdArray, ReadonlyNdArray] {
    return this.#ring.getData(start, stop, options)
  }

  /** Samples `a` to `b` of the ring; negative numbers count from the newest. @throws {RingRangeError} */
  slice(a?: number, b?: number): ReadonlyNdArray {
    return this.#ring.slice(a, b)
  }

  /**
   * Lets `use` have samples `[start, stop)` of the ring where they lie, without a copy, and returns what it returns. The
   * array is valid until `use` returns; `use` only reads, and is no async function. Writing to it may end the process.
   * @throws {RingRangeError} @throws {StreamStateError} @throws {OverrunError} when the samples were overwritten while
   *   `use` ran: what it made of them is worth nothing then.
   */
  withView<T>(start: number, stop: number, use: (data: ReadonlyNdArray) => T): T {
    return this.#ring.withView(start, stop, use)
  }

  /**
   * Everything before `index` of `run` is safe: a consumer of this name that comes later goes on from there. The run is
   * by default that of the newest chunk.
   */
  acknowledge(index: number, run = this.ledger.run): void {
    this.#reception.acknowledge(run, index)
  }

  status(): InputStatus {
    return inputStatus({
      name: this.owner.name ?? '',
      delivery: this.#delivery,
      from: this.source,
      account: this.ledger.snapshot(),
      reception: this.#connection?.reception,
      clock: this.clock
    })
  }

  /** Safe to call twice. Whoever waits in `recv` is refused; `chunks` rejects. */
  close(): Promise<void> {
    this.#isClosed = true
    this.#listeners.clear()
    this.#disconnect()
    return Promise.resolve()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
