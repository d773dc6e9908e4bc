import { closeSync, readSync, writeSync } from 'node:fs'
import { endianness } from 'node:os'
import type { DType, NdArray, ReadonlyNdArray } from '@nodeacq/ndarray'
import { OverrunError, RingRangeError, SharedMemError } from '../errors.ts'
import { checkRingChunk, firstSample, type RingReader, type RingReadOptions } from '../RingBuffer.ts'
import { resolveIndex, resolveSlice, type RingLayout } from '../ringLayout.ts'
import { createShmFile, openShmFile, type ShmFile } from './shmFile.ts'

/**
 * File of a shared ring, as pyacq maps it; words of 8 bytes in the machine's own byte order:
 *
 *   0   read index   i64    newest sample that may be read, plus one
 *   8   write index  i64    newest sample that is being written, plus one
 *   16  samples             the slots of `RingLayout`, zeros at first
 *
 * The writer raises the write index, writes the samples, then raises the read index. So a reader whose samples are
 * still above `write index - size` after it has copied them has got what was meant; otherwise it says so.
 */
const READ_INDEX_AT = 0
const WRITE_INDEX_AT = 8
const SAMPLES_AT = 16
const LITTLE = endianness() === 'LE'

/** The writing end; there is one for each file. */
export class SharedRingWriter {
  readonly path: string
  readonly #layout: RingLayout
  readonly #file: ShmFile
  #readIndex = 0
  #writeIndex = 0

  /** @throws {SharedMemError} when there is no room. */
  constructor(layout: RingLayout) {
    this.#layout = layout
    this.#file = createShmFile(SAMPLES_AT + layout.byteLength)
    this.path = this.#file.path
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

  /** Both indices become 0; the samples stay. */
  resetIndex(): void {
    this.#setIndex(READ_INDEX_AT, 0)
    this.#setIndex(WRITE_INDEX_AT, 0)
  }

  /** Removes the file. */
  close(): void {
    this.#file.close()
  }

  #setIndex(at: number, index: number): void {
    if (at === READ_INDEX_AT) this.#readIndex = index
    else this.#writeIndex = index
    const word = new DataView(new ArrayBuffer(8))
    word.setBigInt64(0, BigInt(index), LITTLE)
    writeSync(this.#file.fd, word, 0, 8, at)
  }

  #store(start: number, count: number, bytes: Uint8Array): void {
    const { runs, runBytes } = this.#layout
    for (const span of this.#layout.writeSpans(start, count)) {
      for (let run = 0; run < runs; run++) {
        const from = (run * count + span.from) * runBytes
        const at = SAMPLES_AT + this.#layout.offsetOf(run, span.slot)
        writeAll(this.#file.fd, bytes.subarray(from, from + span.count * runBytes), at)
      }
    }
  }
}

/** The reading end. All it gives are copies. */
export class SharedRingReader implements RingReader {
  readonly #layout: RingLayout
  readonly #path: string
  readonly #fd: number
  readonly #indices = new DataView(new ArrayBuffer(16))
  #isOpen = true

  /** @throws {SharedMemError} when the file is not there or not of the size that the layout needs. */
  constructor(path: string, layout: RingLayout) {
    this.#layout = layout
    this.#path = path
    this.#fd = openShmFile(path, SAMPLES_AT + layout.byteLength)
  }

  get shape(): readonly number[] {
    return this.#layout.shape
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
    const { runs, runBytes } = this.#layout
    const bytes = new Uint8Array(this.#layout.bytesOf(count))
    for (const span of this.#layout.readSpans(start, count)) {
      for (let run = 0; run < runs; run++) {
        const from = (run * count + span.from) * runBytes
        const at = SAMPLES_AT + this.#layout.offsetOf(run, span.slot)
        this.#readAll(bytes.subarray(from, from + span.count * runBytes), at)
      }
    }
    const after = this.#bounds()
    if (start < after.first || stop > after.end) throw new OverrunError(start, stop, true)
    this.#fillBeforeZero(bytes, start, count)
    return this.#layout.wrap(bytes, count)
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

  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    closeSync(this.#fd)
  }

  /** What may be read now. Both words come in one read, each whole. */
  #bounds(): { first: number; end: number } {
    this.#readAll(new Uint8Array(this.#indices.buffer), READ_INDEX_AT)
    const end = Number(this.#indices.getBigInt64(READ_INDEX_AT, LITTLE))
    const written = Number(this.#indices.getBigInt64(WRITE_INDEX_AT, LITTLE))
    return { first: written - this.#layout.size, end }
  }

  #readAll(bytes: Uint8Array, at: number): void {
    for (let done = 0; done < bytes.length;) {
      const got = readSync(this.#fd, bytes, done, bytes.length - done, at + done)
      if (got === 0) throw new SharedMemError(this.#path, `expected ${bytes.length} bytes at ${at}, got ${done}`)
      done += got
    }
  }

  /** The file has no filler before the first sample, and after a new start it has samples of the run before there. */
  #fillBeforeZero(bytes: Uint8Array, start: number, count: number): void {
    const early = Math.min(-start, count)
    if (early <= 0) return
    const { runs, runBytes } = this.#layout
    for (let run = 0; run < runs; run++) {
      const from = run * count * runBytes
      this.#layout.fill(bytes.subarray(from, from + early * runBytes))
    }
  }
}

function writeAll(fd: number, bytes: Uint8Array, at: number): void {
  for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done, bytes.length - done, at + done)
}
