import { NdArray, type DType, type DTypeLike, type ReadonlyNdArray } from '@nodeacq/ndarray'
import { ChunkError, RingRangeError } from './errors.ts'
import { resolveIndex, resolveSlice, RingLayout, type RingBounds, type RingOptions } from './ringLayout.ts'

/** How a range of a ring is handed over. */
export interface RingReadOptions {
  /** Always a copy, never the ring's own memory. Default false. */
  copy?: boolean
  /** False: two arrays where the range wraps, so that nothing need be copied; the second is often empty. Default true. */
  join?: boolean
}

/** The history of a stream, by absolute sample number. Samples before 0 read as filler. */
export interface RingReader {
  readonly shape: readonly number[]
  readonly dtype: DType
  readonly double: boolean
  /** Order of the axes in memory; null is C order. */
  readonly axisOrder: readonly number[] | null
  /** Newest sample, plus one. */
  readonly index: number
  /** Oldest sample held; negative while less than the whole ring was written. */
  readonly firstIndex: number
  /**
   * Samples `[start, stop)`, shape `(samples, …)`.
   * @throws {RingRangeError} when they are not, or no longer, held.
   */
  getData(start: number, stop: number, options?: RingReadOptions & { join?: true }): NdArray
  getData(start: number, stop: number, options: RingReadOptions & { join: false }): [NdArray, NdArray]
  getData(start: number, stop: number, options?: RingReadOptions): NdArray | [NdArray, NdArray]
  /** Like `ring[start:stop:step]` in Python, but outside is an error: negative positions count from `index`. */
  slice(start?: number, stop?: number, step?: number): NdArray
  /**
   * Calls `use` with samples `[start, stop)` without a copy where they lie in one piece, and returns what it returns.
   * The array is valid until `use` returns; `use` only reads, and is no async function.
   * @throws {RingRangeError} when they are not held. @throws {OverrunError} when they were overwritten while `use` ran:
   *   what it made of them is worth nothing then.
   */
  withView<T>(start: number, stop: number, use: (data: ReadonlyNdArray) => T): T
  /** One sample, without the time axis. Negative numbers count from `index`. */
  at(index: number): NdArray
}

/**
 * Keeps the last `shape[0]` samples of a stream, each under its absolute number. Samples that were skipped read as
 * filler. Reading gives views of the ring's memory: they change when the ring moves on.
 *
 *        writeIndex - size        break          index          writeIndex
 *        |                        |              |              |
 *   .....[........................|..............][.............]       index = writeIndex, except while
 *        [          readable area                ][ being written ]     a chunk is being written
 *                                 |
 *              [...............]  |  [........]                         read without copy
 *                          [......|......]                              single ring: read with a copy, or in two parts
 *
 * With `double`, every sample is stored twice, `size` slots apart, and any range lies in one piece:
 *
 *   slots 0                      size                      2 size
 *         [ 8 9 10 | 3 4 5 6 7 ] [ 8 9 10 | 3 4 5 6 7 ]
 *                    [3 … 10, contiguous]
 *
 * Ported from pyacq/core/stream/ringbuffer.py. Differences: an empty range at the break is empty (pyacq: ValueError in
 * a single ring); a chunk whose shape is wrong is refused before anything is written; text fills with nothing, not '0'.
 */
export class RingBuffer implements RingReader {
  readonly #layout: RingLayout
  readonly #memory: Uint8Array
  readonly #slots: NdArray
  #readIndex = 0
  #writeIndex = 0

  /**
   * @param shape `(size, …)`
   * @throws {RangeError} when the size is no number above 0.
   */
  constructor(shape: readonly number[], dtype: DTypeLike, options: RingOptions = {}) {
    this.#layout = new RingLayout(shape, dtype, options)
    this.#memory = new Uint8Array(this.#layout.byteLength)
    this.#layout.fill(this.#memory)
    this.#slots = this.#layout.wrap(this.#memory, this.#layout.slots)
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
    return this.#readIndex
  }

  get firstIndex(): number {
    return this.#readIndex - this.#layout.size
  }

  /**
   * Stores a chunk, shape `(samples, …)`. A jump of the index fills what was skipped.
   * @param index absolute number of the chunk's last sample, plus one; default: it follows on the one before.
   * @throws {ChunkError} when the chunk is longer than the ring, has another dtype or shape, or goes back in time.
   */
  newChunk(data: ReadonlyNdArray, index?: number): void {
    const end = checkRingChunk(this.#layout, data, { index, writeIndex: this.#writeIndex })
    const start = end - data.length
    const gapStart = Math.max(this.#readIndex, end - this.#layout.size)
    this.#writeIndex = end
    if (start > gapStart) {
      const filler = new Uint8Array(this.#layout.bytesOf(start - gapStart))
      this.#layout.fill(filler)
      this.#store(gapStart, start - gapStart, filler)
    }
    this.#store(start, data.length, this.#layout.orderedBytes(data))
    this.#readIndex = end
  }

  getData(start: number, stop: number, options?: RingReadOptions & { join?: true }): NdArray
  getData(start: number, stop: number, options: RingReadOptions & { join: false }): [NdArray, NdArray]
  getData(start: number, stop: number, options?: RingReadOptions): NdArray | [NdArray, NdArray]
  getData(start: number, stop: number, options: RingReadOptions = {}): NdArray | [NdArray, NdArray] {
    const { copy = false, join = true } = options
    if (start < this.firstIndex || stop > this.index || start > stop) {
      throw new RingRangeError(`range [${start}, ${stop})`, this.firstIndex, this.index)
    }
    const count = stop - start
    const parts = this.#layout.readSpans(start, count).map(({ slot, count }) => this.#slots.slice(slot, slot + count))
    if (copy || (join && parts.length > 1)) {
      const whole = this.#join(parts, count)
      return join ? whole : [whole.slice(0, parts[0]!.length), whole.slice(parts[0]!.length)]
    }
    const [first, second] = parts as [NdArray, NdArray | undefined]
    return join ? first : [first, second ?? this.#slots.slice(0, 0)]
  }

  slice(start?: number, stop?: number, step = 1): NdArray {
    const { from, to } = resolveSlice({ start, stop, step }, this.#bounds())
    const data = this.getData(from, to)
    return step === 1 ? data : data.slice(undefined, undefined, step)
  }

  withView<T>(start: number, stop: number, use: (data: ReadonlyNdArray) => T): T {
    return use(this.getData(start, stop))
  }

  at(index: number): NdArray {
    const sample = resolveIndex(index, this.#bounds())
    return firstSample(this.getData(sample, sample + 1))
  }

  /** The next chunk counts from 0 again. What the ring holds stays where it is. */
  resetIndex(): void {
    this.#readIndex = 0
    this.#writeIndex = 0
  }

  #bounds(): RingBounds {
    return { first: this.#writeIndex - this.#layout.size, end: this.#readIndex }
  }

  #store(start: number, count: number, bytes: Uint8Array): void {
    const { runs, runBytes } = this.#layout
    for (const span of this.#layout.writeSpans(start, count)) {
      for (let run = 0; run < runs; run++) {
        const from = (run * count + span.from) * runBytes
        const piece = bytes.subarray(from, from + span.count * runBytes)
        this.#memory.set(piece, this.#layout.offsetOf(run, span.slot))
      }
    }
  }

  /** One copy in the order of the ring's axes. */
  #join(parts: readonly NdArray[], count: number): NdArray {
    const whole = this.#layout.wrap(new Uint8Array(this.#layout.bytesOf(count)), count)
    let at = 0
    for (const part of parts) {
      part.copyTo(whole.slice(at, at + part.length))
      at += part.length
    }
    return whole
  }
}

/**
 * Checks that a chunk fits a ring and returns its index.
 * @throws {ChunkError}
 */
export function checkRingChunk(
  layout: RingLayout,
  data: ReadonlyNdArray,
  at: { index: number | undefined; writeIndex: number }
): number {
  const count = data.length
  if (count > layout.size) {
    throw new ChunkError('size', `Data chunk size ${count} is too large for ring buffer of size ${layout.size}.`)
  }
  if (!data.dtype.equals(layout.dtype)) {
    throw new ChunkError('dtype', `chunk for a ring: expected dtype ${layout.dtype.name}, got ${data.dtype.name}`)
  }
  const fits =
    data.ndim === layout.shape.length && data.shape.every((n, axis) => axis === 0 || n === layout.shape[axis])
  if (!fits) {
    const expected = ['samples', ...layout.shape.slice(1)].join(', ')
    throw new ChunkError('shape', `chunk for a ring: expected shape (${expected}), got (${data.shape.join(', ')})`)
  }
  const index = at.index ?? at.writeIndex + count
  if (!Number.isSafeInteger(index) || index - at.writeIndex < count) {
    const expected = `chunk for a ring: expected an index of ${at.writeIndex + count} or more`
    throw new ChunkError('index', `${expected} (${at.writeIndex} and ${count} samples), got ${index}`)
  }
  return index
}

/** A chunk of one sample, without its time axis. */
export function firstSample(data: NdArray): NdArray {
  const { dtype, shape, strides, buffer, byteOffset } = data
  const view = new Uint8Array(buffer)
  return NdArray.fromBuffer(view, { dtype, shape: shape.slice(1), strides: strides.slice(1), offset: byteOffset })
}
