import { closeSync } from 'node:fs'
import { NdArray } from '@nodeacq/ndarray'
import type { DType, ReadonlyNdArray } from '@nodeacq/ndarray'
import { OverrunError, RingRangeError } from '../errors.ts'
import { Slabs } from '../output/slab.ts'
import { checkRingChunk, firstSample, type RingReader, type RingReadOptions } from '../RingBuffer.ts'
import { resolveIndex, resolveSlice, type RingLayout } from '../ringLayout.ts'
import { lentRingMemory, openRingMemory, type RingMemory } from '../shm/ringMemory.ts'
import { createShmFile, openShmFile, type ShmFile } from '../shm/shmFile.ts'
import type { DirectoryWriter } from './DirectoryWriter.ts'

/**
 * File of a shared ring, as pyacq maps it; words of 8 bytes in the machine's own byte order:
 *
 *   0   read index   i64    newest sample that may be read, plus one
 *   8   write index  i64    newest sample that is being written, plus one
 *   16  samples             the slots of `RingLayout`, zeros at first
 *
 * The writer raises the write index, writes the samples, then raises the read index. So a reader whose samples are
 * still above `write index - size` after it has copied them has got what was meant; otherwise it says so.
 * See docs/protocol/shared-memory.md.
 */
const READ_INDEX_AT = 0
const WRITE_INDEX_AT = 8
const SAMPLES_AT = 16

/** The writing end; there is one for each file. */
export class SharedRingWriter {
  readonly path: string
  readonly #layout: RingLayout
  readonly #file: ShmFile
  readonly #memory: RingMemory
  readonly #directory: DirectoryWriter | undefined
  #readIndex = 0
  #writeIndex = 0

  /**
   * @param directory told before samples are written over
   * @throws {SharedMemError} when there is no room.
   */
  constructor(layout: RingLayout, directory?: DirectoryWriter) {
    this.#layout = layout
    this.#directory = directory
    this.#file = createShmFile(SAMPLES_AT + layout.byteLength)
    this.path = this.#file.path
    this.#memory = openRingMemory(this.#file, SAMPLES_AT + layout.byteLength, { writable: true })
  }

  /**
   * Stores a chunk and returns its index; skipped samples become filler.
   * @throws {ChunkError}
   */
  write(data: ReadonlyNdArray, index: number | undefined): number {
    const end = checkRingChunk(this.#layout, data, { index, writeIndex: this.#writeIndex })
    const start = end - data.length
    const gapStart = Math.max(this.#readIndex, end - this.#layout.size)
    let safe = this.#writeIndex
    try {
      this.#directory?.reserve(end)
      this.#setIndex(WRITE_INDEX_AT, end)
      if (start > gapStart) {
        const filler = new Uint8Array(this.#layout.bytesOf(start - gapStart))
        this.#layout.fill(filler)
        this.#store(gapStart, start - gapStart, filler)
        safe = start
      }
      this.#store(start, data.length, this.#layout.orderedBytes(data))
      this.#setIndex(READ_INDEX_AT, end)
    } catch (error) {
      this.#setIndex(WRITE_INDEX_AT, safe)
      throw error
    }
    return end
  }

  /** Both indices become 0; the samples stay. What the directory knows from chunk `keepFrom` on is kept for its readers. */
  resetIndex(keepFrom = Infinity): void {
    this.#directory?.keepRun(keepFrom, (start, count, target) => {
      readSpans(this.#layout, this.#memory, { start, count, target })
    })
    this.#directory?.startRun()
    this.#setIndex(READ_INDEX_AT, 0)
    this.#setIndex(WRITE_INDEX_AT, 0)
  }

  /** Removes the file. */
  close(): void {
    this.#memory.close()
    this.#file.close()
  }

  #setIndex(at: number, index: number): void {
    if (at === READ_INDEX_AT) this.#readIndex = index
    else this.#writeIndex = index
    this.#memory.setWord(at, index)
  }

  #store(start: number, count: number, bytes: Uint8Array): void {
    const { runs, runBytes, double, size } = this.#layout
    const slot = this.#layout.slotOf(start)
    if (runs === 1 && !double && slot + count <= size) {
      this.#memory.write(bytes, SAMPLES_AT + slot * runBytes)
      return
    }
    for (const span of this.#layout.writeSpans(start, count)) {
      for (let run = 0; run < runs; run++) {
        const from = (run * count + span.from) * runBytes
        const at = SAMPLES_AT + this.#layout.offsetOf(run, span.slot)
        this.#memory.write(bytes.subarray(from, from + span.count * runBytes), at)
      }
    }
  }
}

/** The reading end. All it gives are copies, except within `withView`. */
export class SharedRingReader implements RingReader {
  readonly #layout: RingLayout
  readonly #memory: RingMemory
  /** All slots where they lie; undefined where the ring is not mapped. */
  readonly #slots: NdArray | undefined

  readonly #slabs = new Slabs()
  /** Shape and strides of the chunk that was seen last, which the next one mostly has too. */
  #seen: { count: number; shape: readonly number[]; strides: readonly number[] } = { count: -1, shape: [], strides: [] }

  /**
   * @param source path of the file, or its memory as another thread has mapped it
   * @throws {SharedMemError} when the file is not there or not of the size that the layout needs.
   */
  constructor(source: string | SharedArrayBuffer, layout: RingLayout) {
    this.#layout = layout
    this.#memory = openSource(source, SAMPLES_AT + layout.byteLength)
    const { bytes } = this.#memory
    this.#slots = bytes && layout.wrap(bytes.subarray(SAMPLES_AT), layout.slots)
  }

  get shape(): readonly number[] {
    return this.#layout.shape
  }

  /** Samples that the ring holds. */
  get size(): number {
    return this.#layout.size
  }

  /** The file as other threads may have it; undefined where that cannot be. */
  get buffer(): SharedArrayBuffer | undefined {
    const buffer = this.#memory.bytes?.buffer
    return buffer instanceof SharedArrayBuffer ? buffer : undefined
  }

  get isMapped(): boolean {
    return this.#slots !== undefined
  }

  get dtype(): DType {
    return this.#layout.dtype
  }

  get double(): boolean {
    return this.#layout.double
  }

  get axisOrder(): readonly number[] | null {
    return this.#layout.axisOrder
  }

  get index(): number {
    return this.#bounds().end
  }

  get firstIndex(): number {
    return this.index - this.#layout.size
  }

  /**
   * A copy of samples `[start, stop)`.
   * @throws {RingRangeError} when they were never there. @throws {OverrunError} when they are there no longer.
   */
  read(start: number, stop: number): NdArray {
    const before = this.#bounds()
    // Also when the writer began again from 0: what is asked for is then above its end.
    if (start < before.first || stop > before.end) throw new OverrunError(start, stop, false)
    const count = stop - start
    const data = this.copy(start, count)
    this.#requireWhole(start, stop, before)
    this.#fillBeforeZero(data, start, count)
    return data
  }

  /** `count` samples from `start` on where they lie, unchecked; undefined where that is not in one piece. */
  view(start: number, count: number): NdArray | undefined {
    const slot = this.#layout.slotOf(start)
    if (this.#slots === undefined || slot + count > this.#layout.slots) return undefined
    const { dtype, buffer, byteOffset, strides } = this.#slots
    const { shape } = this.#likeLast(count)
    return new NdArray({ dtype, shape, strides, buffer, byteOffset: byteOffset + slot * strides[0]! })
  }

  /** A copy of `count` samples from `start` on, unchecked. */
  copy(start: number, count: number): NdArray {
    // Every byte is written below; zeros first would cost as much as the copy.
    const target = this.#slabs.take(this.#layout.bytesOf(count))
    const { offset } = this.#slabs
    readSpans(this.#layout, this.#memory, { start, count, target, offset })
    return this.#wrap(target, offset, count)
  }

  /** The same of samples that lie in one piece elsewhere, their axes in the order of the ring's. */
  copyOf(bytes: Uint8Array, count: number): NdArray {
    const slab = this.#slabs.take(bytes.length)
    const { offset } = this.#slabs
    slab.set(bytes, offset)
    return this.#wrap(slab, offset, count)
  }

  #wrap({ buffer, byteOffset }: Uint8Array, offset: number, count: number): NdArray {
    const { shape, strides } = this.#likeLast(count)
    const { dtype } = this.#layout
    return new NdArray({ dtype, shape, strides, buffer, byteOffset: byteOffset + offset })
  }

  #likeLast(count: number): { shape: readonly number[]; strides: readonly number[] } {
    if (this.#seen.count !== count) {
      const shape = [count, ...this.#layout.shape.slice(1)]
      this.#seen = { count, shape, strides: this.#layout.stridesFor(count) }
    }
    return this.#seen
  }

  getData(start: number, stop: number, options?: RingReadOptions & { join?: true }): NdArray
  getData(start: number, stop: number, options: RingReadOptions & { join: false }): [NdArray, NdArray]
  getData(start: number, stop: number, options?: RingReadOptions): NdArray | [NdArray, NdArray]
  getData(start: number, stop: number, { join = true }: RingReadOptions = {}): NdArray | [NdArray, NdArray] {
    const { first, end } = this.#bounds()
    if (start < first || stop > end || start > stop) throw new RingRangeError(`range [${start}, ${stop})`, first, end)
    const data = this.read(start, stop)
    return join ? data : [data, data.slice(0, 0)]
  }

  slice(start?: number, stop?: number, step = 1): NdArray {
    const { from, to } = resolveSlice({ start, stop, step }, this.#bounds())
    const data = this.read(from, to)
    return step === 1 ? data : data.slice(undefined, undefined, step)
  }

  at(index: number): NdArray {
    const sample = resolveIndex(index, this.#bounds())
    return firstSample(this.read(sample, sample + 1))
  }

  /** Lets `use` have samples `[start, stop)` where they lie, when they lie in one piece in a mapped ring. */
  withView<T>(start: number, stop: number, use: (data: ReadonlyNdArray) => T): T {
    const before = this.#bounds()
    if (start < before.first || stop > before.end || start > stop) {
      throw new RingRangeError(`range [${start}, ${stop})`, before.first, before.end)
    }
    const spans = this.#layout.readSpans(start, stop - start)
    const isInPlace = this.#slots !== undefined && spans.length === 1 && start >= 0
    const { slot } = spans[0]!
    const result = use(isInPlace ? this.#slots.slice(slot, slot + stop - start) : this.read(start, stop))
    if (result instanceof Promise) throw new TypeError('withView: expected a function that is done when it returns')
    // A copy was whole when it was made.
    if (isInPlace) this.#requireWhole(start, stop, before)
    return result
  }

  /** Safe to call twice. Reading is then refused. */
  close(): void {
    this.#memory.close()
  }

  /** What may be read now. */
  #bounds(): { first: number; end: number; written: number } {
    const end = this.#memory.word(READ_INDEX_AT)
    const written = this.#memory.word(WRITE_INDEX_AT)
    return { first: written - this.#layout.size, end, written }
  }

  /**
   * What was read since `before` was looked at is what was meant. A write index that went back is a new run, whose
   * samples are others; it is looked at on both sides of the read index, or a restart between the two would hide what
   * was overwritten earlier.
   */
  #requireWhole(start: number, stop: number, before: { written: number }): void {
    const written = this.#memory.word(WRITE_INDEX_AT)
    const after = this.#bounds()
    const isSameRun = written >= before.written && after.written >= written
    if (!isSameRun || start < after.first || stop > after.end) throw new OverrunError(start, stop, true)
  }

  /** The file has no filler before the first sample, and after a new start it has samples of the run before there. */
  #fillBeforeZero({ buffer, byteOffset, byteLength }: NdArray, start: number, count: number): void {
    const early = Math.min(-start, count)
    if (early <= 0) return
    const { runs, runBytes } = this.#layout
    const bytes = new Uint8Array(buffer, byteOffset, byteLength)
    for (let run = 0; run < runs; run++) {
      const from = run * count * runBytes
      this.#layout.fill(bytes.subarray(from, from + early * runBytes))
    }
  }
}

/** Copies `count` samples from `start` on to byte `offset` of `target`, run by run. */
function readSpans(
  layout: RingLayout,
  memory: RingMemory,
  { start, count, target, offset = 0 }: { start: number; count: number; target: Uint8Array; offset?: number }
): void {
  const { runs, runBytes } = layout
  for (const span of layout.readSpans(start, count)) {
    for (let run = 0; run < runs; run++) {
      const from = offset + (run * count + span.from) * runBytes
      const at = SAMPLES_AT + layout.offsetOf(run, span.slot)
      memory.read(target.subarray(from, from + span.count * runBytes), at)
    }
  }
}

function openSource(source: string | SharedArrayBuffer, size: number): RingMemory {
  if (typeof source !== 'string') return lentRingMemory(source, size)
  const fd = openShmFile(source, size)
  return openRingMemory({ path: source, fd }, size, { writable: false, close: () => closeSync(fd) })
}
