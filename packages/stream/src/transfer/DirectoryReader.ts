import { search } from '../delivery/ChunkLog.ts'
import { SharedMemError } from '../errors.ts'
import { fence } from '../shm/fence.ts'
import { AT, directoryAt, ENTRY, ENTRY_WORDS, SEAT, seatAt } from '../shm/controlFile.ts'
import type { ControlFile } from '../shm/controlFile.ts'
import { KeptReader } from './keptSamples.ts'

/**
 * The reading end of the control file beside a shared ring. It looks at one chunk at a time, whose place is in the
 * fields below until the next `look`; nothing is allocated. Everything that another process wrote is checked.
 */
export class DirectoryReader {
  readonly path: string
  /** Samples of the ring. */
  readonly size: number
  readonly #control: ControlFile
  readonly #int64: BigInt64Array
  readonly #int32: Int32Array
  readonly #float64: Float64Array
  readonly #entries: number
  readonly #capacity: number
  readonly #kept: KeptReader
  readonly #sampleBytes: number
  /** What is known of `published`. */
  #published = 0

  /** Number of the chunk that was looked at. */
  number = -1
  run = 0
  /** Of its last sample, plus one. */
  index = 0
  /** Samples in the ring, and what they add to the index. */
  count = 0
  step = 0
  /** Behind its last sample, over all runs. */
  position = 0
  /** ms on the machine's clock. */
  time = 0
  /** How much the output had declared before. */
  news = 0
  /** What the source does not have between the chunk before and this one, in its run. */
  hole = 0
  /** Index at which the run before ended. */
  before = 0

  /** @param sampleBytes of one sample of the ring */
  constructor(control: ControlFile, sampleBytes: number) {
    this.#sampleBytes = sampleBytes
    this.path = control.path
    this.size = control.size
    this.#control = control
    this.#int64 = new BigInt64Array(control.buffer)
    this.#int32 = new Int32Array(control.buffer)
    this.#float64 = new Float64Array(control.buffer)
    this.#entries = directoryAt(control.seats)
    this.#capacity = control.chunks
    this.#kept = new KeptReader(control)
    this.#published = this.begin
  }

  get buffer(): SharedArrayBuffer {
    return this.#control.buffer
  }

  get seats(): number {
    return this.#control.seats
  }

  /** Number of the first chunk in this file. */
  get begin(): number {
    return this.#float64[AT.begin64] ?? 0
  }

  /** Number of the next chunk: those before it may be read. @throws {SharedMemError} when it went back. */
  published(): number {
    const published = Number(Atomics.load(this.#int64, AT.published64))
    if (published < this.#published || !Number.isSafeInteger(published)) {
      throw new SharedMemError(this.path, `its chunks went from number ${this.#published} back to ${published}`)
    }
    return (this.#published = published)
  }

  /**
   * Looks at chunk `number`, which is there. False when it has been replaced by another one.
   * @throws {SharedMemError} when what stands there is no chunk.
   */
  look(number: number): boolean {
    const words = this.#float64
    const at = this.#entryOf(number)
    this.number = number
    this.index = words[at + ENTRY.index]!
    this.run = words[at + ENTRY.run]!
    this.count = words[at + ENTRY.count]!
    this.step = words[at + ENTRY.step]!
    this.position = words[at + ENTRY.position]!
    this.time = words[at + ENTRY.time]!
    this.news = words[at + ENTRY.news]!
    this.hole = words[at + ENTRY.hole]!
    this.before = words[at + ENTRY.before]!
    fence()
    if (number <= this.published() - this.#capacity) return false
    if (!this.#isChunk()) {
      const { index, run, count, position } = this
      const got = `${count} samples up to ${index} of run ${run} at ${position}`
      throw new SharedMemError(this.path, `expected a chunk of at most ${this.size} samples, got ${got}`)
    }
    return true
  }

  #isChunk(): boolean {
    const { index, run, count, step, position, hole, before, size } = this
    return (
      Number.isSafeInteger(index) &&
      Number.isSafeInteger(run) &&
      run >= 0 &&
      Number.isSafeInteger(count) &&
      count >= 0 &&
      count <= size &&
      Number.isSafeInteger(step) &&
      Number.isSafeInteger(hole) &&
      Number.isSafeInteger(before) &&
      Number.isSafeInteger(position) &&
      position >= count
    )
  }

  #entryOf(number: number): number {
    return this.#entries + (number & (this.#capacity - 1)) * ENTRY_WORDS
  }

  /** Whether the samples of the chunk that was looked at are there: in the ring, or among those that were kept of its run. */
  get isIntact(): boolean {
    return this.isInRing || this.#keptBefore > 0
  }

  /** Whether they have not been written over in the ring. */
  get isInRing(): boolean {
    return this.keeps(this.position - this.count)
  }

  /** The samples where they were kept; undefined when they were not, or no longer. Ask again after they were copied. */
  get kept(): Uint8Array | undefined {
    const position = this.#keptBefore
    return position > 0 ? this.#kept.bytes(position, this.count * this.#sampleBytes) : undefined
  }

  /** Position behind the kept samples; 0 when there are none. They are kept before anything is written over them. */
  get #keptBefore(): number {
    const position = this.#float64[this.#entryOf(this.number) + ENTRY.kept]!
    fence()
    const isOfChunk = this.number > this.published() - this.#capacity
    if (!isOfChunk || !Number.isSafeInteger(position) || position <= 0) return 0
    return this.#kept.holds(position, this.count * this.#sampleBytes) ? position : 0
  }

  /** Whether samples from `position` on have not been written over by now. */
  keeps(position: number): boolean {
    fence()
    return position >= Number(Atomics.load(this.#int64, AT.written64)) - this.size
  }

  /** Number of the oldest chunk from `from` on that is there still, with its samples. */
  oldest(from: number): number {
    const end = this.published()
    const isThere = (number: number): boolean => this.look(number) && this.isIntact
    const low = Math.min(Math.max(from, end - this.#capacity + 1), end)
    const newest = low < end && this.look(end - 1) ? this.run : 0
    const begin = search(low, end, (number) => this.look(number) && this.run >= newest)
    // What was kept of the runs before may be older than what the ring still has of the newest.
    const kept = search(low, begin, isThere)
    return kept < begin ? kept : search(begin, end, isThere)
  }

  /** Whether the writer has not closed. */
  get isOpen(): boolean {
    return Atomics.load(this.#int32, AT.process32) !== 0
  }

  /** ms on the machine's clock at which the writer was alive, to the second. */
  get heartbeat(): number {
    return this.#float64[AT.heartbeat64] ?? 0
  }

  /** Takes a seat: everything before `taken` is read. */
  sit(seat: number, taken: number): void {
    Atomics.store(this.#int32, 2 * seatAt(seat) + SEAT.process32, process.pid)
    this.tellTaken(seat, taken, 0)
  }

  /** Everything before `taken` is read, as of `time` on the machine's clock. */
  tellTaken(seat: number, taken: number, time: number): void {
    const at = seatAt(seat)
    this.#float64[at + SEAT.time64] = time
    Atomics.store(this.#int64, at + SEAT.taken64, BigInt(taken))
  }

  /** Whether the writer waits for readers. */
  get isWaiting(): boolean {
    return Atomics.load(this.#int32, AT.waits32) !== 0
  }

  /** True once when the writer waits for what was taken. */
  isAskedFor(taken: number): boolean {
    if (!this.isWaiting || taken < (this.#float64[AT.wanted64] ?? 0)) return false
    return Atomics.exchange(this.#int32, AT.waits32, 0) === 1
  }

  /** The writer shall ring at the next chunk, or need not. */
  setAsleep(seat: number, isAsleep: boolean): void {
    Atomics.store(this.#int32, 2 * seatAt(seat) + SEAT.asleep32, isAsleep ? 1 : 0)
  }

  close(): void {
    this.#control.close()
  }
}
