import { search, type ChunkLog } from '../delivery/ChunkLog.ts'
import type { Entry } from '../delivery/RetentionLog.ts'
import { fence } from '../shm/fence.ts'
import { AT, createControlFile, directoryAt, ENTRY, ENTRY_WORDS, SEAT, seatAt } from '../shm/controlFile.ts'
import type { ControlFile } from '../shm/controlFile.ts'
import { report } from '../log.ts'
import { chunkMessage } from './chunkMessage.ts'
import { KeptWriter } from './keptSamples.ts'

/** A chunk that lies in the ring. */
export interface PublishedChunk {
  readonly run: number
  /** Index of its last sample, plus one. */
  readonly index: number
  /** Samples in the ring. */
  readonly count: number
  /** What it adds to the index. */
  readonly step: number
  /** ms on the machine's clock. */
  readonly time: number
  /** How much the output had declared before. */
  readonly news: number
  /** Index at which the run before ended. */
  readonly before: number
}

/**
 * The writing end of the control file beside a shared ring: tells which chunks lie in the ring and hears how far its
 * readers are. What a chunk goes through:
 *
 *   reserve ─► samples into the ring ─► publish ─► whoever is asleep is woken
 */
export class DirectoryWriter implements ChunkLog {
  readonly #control: ControlFile
  readonly #itemBytes: number
  readonly #int64: BigInt64Array
  readonly #int32: Int32Array
  readonly #float64: Float64Array
  readonly #entries: number
  readonly #mask: number
  #begin = 0
  #end = 0
  /** Position at which the run begins, and the one behind what was written. */
  #base = 0
  #written = 0
  /** Index behind the newest chunk of the run. */
  #filledTo = 0
  readonly #kept: KeptWriter
  /** Number of the first chunk of the run. */
  #runBegin = 0
  #isOpen = true

  private constructor(control: ControlFile, itemBytes: number) {
    this.#control = control
    this.#itemBytes = itemBytes
    this.#int64 = new BigInt64Array(control.buffer)
    this.#int32 = new Int32Array(control.buffer)
    this.#float64 = new Float64Array(control.buffer)
    this.#entries = directoryAt(control.seats)
    this.#mask = control.chunks - 1
    this.#kept = new KeptWriter(control)
    this.#int32[AT.process32] = process.pid
  }

  /**
   * Beside a ring of `size` samples of `itemBytes` each; undefined where processes cannot share memory as this needs.
   * @throws {SharedMemError} when there is no room.
   */
  static create(size: number, itemBytes: number): DirectoryWriter | undefined {
    const control = createControlFile(size, itemBytes)
    return control && new DirectoryWriter(control, itemBytes)
  }

  get path(): string {
    return this.#control.path
  }

  get seats(): number {
    return this.#control.seats
  }

  get end(): number {
    return this.#end
  }

  /** Its entry is not being written over, and nor are its samples. */
  get first(): number {
    const oldest = Math.max(this.#begin, this.#end - this.#mask)
    return search(oldest, this.#end, (number) => this.#startOf(number) >= this.#written - this.#control.size)
  }

  get bytes(): number {
    const { first } = this
    return first === this.#end ? 0 : (this.#written - this.#startOf(first)) * this.#itemBytes
  }

  /** The next chunk has this number; before the first one is published. */
  beginAt(number: number): void {
    this.#begin = this.#end = this.#runBegin = number
    this.#float64[AT.begin64] = number
    for (let seat = 0; seat < this.seats; seat++) this.resetSeat(seat)
    Atomics.store(this.#int64, AT.published64, BigInt(number))
  }

  /** A run begins: its index starts from 0, in slot 0 of the ring. */
  startRun(): void {
    const { size } = this.#control
    this.#filledTo = 0
    this.#runBegin = this.#end
    this.#base = Math.ceil(this.#written / size) * size
  }

  /**
   * Before a run begins: copies the samples of the run so far, from chunk `from` on, to where the next one does not write.
   * @param read fills its last argument with `count` samples of the ring
   */
  keepRun(from: number, read: (start: number, count: number, target: Uint8Array) => void): void {
    try {
      for (let number = Math.max(from, this.#runBegin, this.first); number < this.#end; number++) {
        const at = this.#entryOf(number)
        const count = this.#float64[at + ENTRY.count] ?? 0
        const target = this.#kept.take(count * this.#itemBytes)
        if (target === undefined) return
        read(this.#startOf(number), count, target)
        fence()
        this.#float64[at + ENTRY.kept] = this.#kept.position
      }
      fence()
    } catch (error) {
      report('warning', `${this.path}: what readers have not taken of a run is lost when the next begins`, error)
    }
  }

  /** Samples up to `index` are about to be written, over those that are older by the size of the ring. */
  reserve(index: number): void {
    this.#written = this.#base + index
    Atomics.store(this.#int64, AT.written64, BigInt(this.#written))
    fence()
  }

  publish({ run, index, count, step, time, news, before }: PublishedChunk): void {
    const words = this.#float64
    const at = this.#entryOf(this.#end)
    words[at + ENTRY.index] = index
    words[at + ENTRY.run] = run
    words[at + ENTRY.count] = count
    words[at + ENTRY.step] = step
    words[at + ENTRY.position] = this.#base + index
    words[at + ENTRY.time] = time
    words[at + ENTRY.news] = news
    words[at + ENTRY.hole] = Math.max(0, index - step - this.#filledTo)
    words[at + ENTRY.before] = before
    words[at + ENTRY.kept] = 0
    this.#filledTo = index
    this.#end += 1
    Atomics.store(this.#int64, AT.published64, BigInt(this.#end))
  }

  at(number: number): Entry {
    const { first } = this
    if (number < first || number >= this.#end) {
      throw new RangeError(`directory: expected a chunk in [${first}, ${this.#end}), got ${number}`)
    }
    const at = this.#entryOf(number)
    const word = (field: number): number => this.#float64[at + field] ?? 0
    const index = word(ENTRY.index)
    const frames = [chunkMessage(index, word(ENTRY.count))]
    const start = index - word(ENTRY.step)
    return { kind: 'chunk', run: word(ENTRY.run), start, index, bytes: 16, at: 0, frames, data: undefined }
  }

  find(run: number, index: number): number {
    const oldest = Math.max(this.#begin, this.#end - this.#mask)
    const found = search(oldest, this.#end, (number) => {
      const at = this.#entryOf(number)
      const itsRun = this.#float64[at + ENTRY.run] ?? 0
      return itsRun > run || (itsRun === run && (this.#float64[at + ENTRY.index] ?? 0) > index)
    })
    const kept = search(found, this.#runBegin, (number) => this.keeps(number))
    return kept < this.#runBegin ? kept : Math.max(found, this.first)
  }

  keeps(number: number): boolean {
    if (number >= this.first) return true
    if (number < this.#begin || number <= this.#end - this.#control.chunks) return false
    const at = this.#entryOf(number)
    const kept = this.#float64[at + ENTRY.kept] ?? 0
    return kept > 0 && this.#kept.holds(kept, (this.#float64[at + ENTRY.count] ?? 0) * this.#itemBytes)
  }

  /**
   * Number of the oldest chunk that must not be taken from readers any more once a chunk of `count` samples, up to
   * `index`, is to be written; with `share`, once that part of the ring besides shall be free.
   */
  neededFrom(index: number, share = 0): number {
    const { size } = this.#control
    const room = Math.max(this.#base + index - size, share > 0 ? this.#written - size * (1 - share) : 0)
    const entries = this.#end + 1 - Math.floor(this.#mask * (1 - share))
    const oldest = Math.max(this.#begin, this.#end - this.#mask)
    return Math.max(
      entries,
      search(oldest, this.#end, (number) => this.#startOf(number) >= room)
    )
  }

  /** Whether a chunk up to `index` can be written when everything before chunk `taken` is taken. */
  isFree(index: number, taken: number): boolean {
    if (taken <= this.#end - this.#mask) return false
    return taken >= this.#end || this.#startOf(taken) >= this.#base + index - this.#control.size
  }

  /** Asks readers to say when they have taken what is before `number`. */
  askFor(number: number): void {
    this.#float64[AT.wanted64] = number
    Atomics.store(this.#int32, AT.waits32, 1)
  }

  /** A reader may take this seat. */
  resetSeat(seat: number): void {
    const at = seatAt(seat)
    Atomics.store(this.#int32, 2 * at + SEAT.asleep32, 0)
    Atomics.store(this.#int32, 2 * at + SEAT.process32, 0)
    this.#float64[at + SEAT.time64] = 0
    this.setTaken(seat, this.#end)
  }

  setTaken(seat: number, number: number): void {
    Atomics.store(this.#int64, seatAt(seat) + SEAT.taken64, BigInt(number))
  }

  /** Number of the next chunk that the reader has not taken. */
  takenBy(seat: number): number {
    return Number(Atomics.load(this.#int64, seatAt(seat) + SEAT.taken64))
  }

  /** ms on the machine's clock at which the reader took something; 0 when it has not. */
  timeOf(seat: number): number {
    return this.#float64[seatAt(seat) + SEAT.time64] ?? 0
  }

  /** ms on the machine's clock at which chunk `number` was sent; 0 when it was not, or is gone. */
  sentAt(number: number): number {
    return number > this.#end - this.#mask && number < this.#end
      ? (this.#float64[this.#entryOf(number) + ENTRY.time] ?? 0)
      : 0
  }

  /** True when the reader was asleep, and is to be rung for. */
  wake(seat: number): boolean {
    const at = 2 * seatAt(seat) + SEAT.asleep32
    return Atomics.load(this.#int32, at) === 1 && Atomics.exchange(this.#int32, at, 0) === 1
  }

  beat(now: number): void {
    this.#float64[AT.heartbeat64] = now
  }

  freeTo(): void {}

  clear(): void {}

  /** Removes the file; readers keep what they have mapped. Safe to call twice. */
  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    Atomics.store(this.#int32, AT.process32, 0)
    this.#control.close()
  }

  #entryOf(number: number): number {
    return this.#entries + (number & this.#mask) * ENTRY_WORDS
  }

  /** Position of the first sample of a chunk. */
  #startOf(number: number): number {
    const at = this.#entryOf(number)
    return (this.#float64[at + ENTRY.position] ?? 0) - (this.#float64[at + ENTRY.count] ?? 0)
  }
}
