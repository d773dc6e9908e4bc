import { NdArray, parseDType, type DType, type DTypeLike, type ReadonlyNdArray } from '@nodeacq/ndarray'
import { RingRangeError } from './errors.ts'

/** How a ring lies in memory. */
export interface RingOptions {
  /** Store everything twice, so that any `shape[0]` samples lie in one piece. Default true. */
  double?: boolean
  /** Order of the axes in memory, slowest first. Default null: C order, time slowest. */
  axisOrder?: readonly number[] | null
  /** What stands for samples that never came. Default null: NaN for floats and complex numbers, 0 for others. */
  fill?: number | null
}

/** Samples `[from, from + count)` of a chunk, and the slot of the first of them. */
export interface RingSpan {
  slot: number
  from: number
  count: number
}

/**
 * Where the samples of a ring lie, in an array or in a shared file. Sample `i` is in slot `i mod size`; with `double`
 * also in slot `i mod size + size`. Time may be any axis of the memory:
 *
 *   axisOrder null, (T, C):   t0c0 t0c1 t1c0 t1c1 …          one run of bytes per piece of time
 *   axisOrder [1, 0]:         c0t0 c0t1 … c1t0 c1t1 …        one run per channel
 */
export class RingLayout {
  /** Samples held. */
  readonly size: number
  /** Shape of what the ring shows: `(size, …)` */
  readonly shape: readonly number[]
  readonly dtype: DType
  readonly double: boolean
  readonly axisOrder: readonly number[] | null
  /** Slots in memory: `size`, or twice that. */
  readonly slots: number
  readonly byteLength: number
  /** Runs of memory that one piece of time is made of. */
  readonly runs: number
  /** Bytes of one sample in one run. */
  readonly runBytes: number
  readonly #filler: Uint8Array

  constructor(shape: readonly number[], dtype: DTypeLike, options: RingOptions = {}) {
    const { double = true, axisOrder = null, fill = null } = options
    this.size = shape[0] ?? 0
    if (!Number.isSafeInteger(this.size) || this.size < 1) {
      throw new RangeError(`size of a ring: expected a number of samples above 0, got ${this.size}`)
    }
    if (shape.some((length) => length < 1)) {
      throw new RangeError(`shape of a ring: expected lengths above 0, got (${shape.join(', ')})`)
    }
    this.shape = [...shape]
    this.dtype = parseDType(dtype)
    this.double = double
    const isPlain = axisOrder === null || axisOrder.every((axis, place) => axis === place)
    this.axisOrder = isPlain ? null : [...axisOrder]
    this.slots = this.size * (double ? 2 : 1)
    const order = this.axisOrder ?? shape.map((_, axis) => axis)
    const lengths = order.map((axis) => shape[axis]!)
    const time = order.indexOf(0)
    this.runs = product(lengths.slice(0, time))
    this.runBytes = product(lengths.slice(time + 1)) * this.dtype.itemSize
    this.byteLength = this.runs * this.runBytes * this.slots
    this.#filler = fillerItem(this.dtype, fill)
  }

  /** Places to write `count` samples to, the first of them sample `start`; with `double`, each sample twice. */
  writeSpans(start: number, count: number): RingSpan[] {
    const slot = this.slotOf(start)
    const spans: RingSpan[] = []
    if (this.double) spans.push({ slot, from: 0, count })
    const last = this.double ? slot + this.size : slot
    const before = Math.min(count, this.slots - last)
    spans.push({ slot: last, from: 0, count: before })
    if (before < count) spans.push({ slot: 0, from: before, count: count - before })
    return spans
  }

  /** Places to read samples `[start, start + count)` from: one, or two where a single ring wraps. */
  readSpans(start: number, count: number): RingSpan[] {
    const slot = this.slotOf(start)
    const before = Math.min(count, this.slots - slot)
    if (before === count) return [{ slot, from: 0, count }]
    return [
      { slot, from: 0, count: before },
      { slot: 0, from: before, count: count - before }
    ]
  }

  slotOf(sample: number): number {
    return ((sample % this.size) + this.size) % this.size
  }

  /** Byte where run `run` of slot `slot` begins. */
  offsetOf(run: number, slot: number): number {
    return (run * this.slots + slot) * this.runBytes
  }

  /** Bytes of a chunk in the order of the ring's axes; a view of the chunk where it lies so already. */
  orderedBytes(data: ReadonlyNdArray): Uint8Array {
    if (data.size === 0) return new Uint8Array(0)
    return this.axisOrder ? data.transpose(this.axisOrder).bytes() : data.bytes()
  }

  /** Strides of an array of `length` samples whose memory is in the order of the ring's axes. */
  stridesFor(length: number): number[] {
    const shape = [length, ...this.shape.slice(1)]
    const order = this.axisOrder ?? shape.map((_, axis) => axis)
    const strides = shape.map(() => 0)
    let step = this.dtype.itemSize
    for (const axis of order.toReversed()) {
      strides[axis] = step
      step *= shape[axis]!
    }
    return strides
  }

  /** An array over `bytes` that are in the order of the ring's axes. */
  wrap(bytes: Uint8Array, count: number): NdArray {
    return NdArray.fromBuffer(bytes, {
      dtype: this.dtype,
      shape: [count, ...this.shape.slice(1)],
      strides: this.stridesFor(count)
    })
  }

  /** Bytes that `count` samples take, not counting `double`. */
  bytesOf(count: number): number {
    return this.runs * this.runBytes * count
  }

  /** Writes the filler over `bytes`, a whole number of items. */
  fill(bytes: Uint8Array): void {
    const item = this.#filler
    if (item.every((byte) => byte === 0)) {
      bytes.fill(0)
      return
    }
    bytes.set(item.subarray(0, bytes.length))
    for (let done = item.length; done < bytes.length; done *= 2) {
      bytes.copyWithin(done, 0, Math.min(done, bytes.length - done))
    }
  }
}

/** The positions of a ring, as numpy-like indexing sees them: nothing is cut to fit, what is outside is an error. */
export interface RingBounds {
  /** Oldest sample that may be read. */
  first: number
  /** Newest sample, plus one; negative positions count from here. */
  end: number
}

/** @throws {RingRangeError} */
export function resolveIndex(index: number, { first, end }: RingBounds): number {
  const at = index < 0 ? index + end : index
  if (at < first || at >= end) throw new RingRangeError(`sample ${index}`, first, end)
  return at
}

/**
 * The samples that `[start:stop:step]` walks over, as the range `[from, to)`, to be read forward and then stepped.
 * @throws {RingRangeError}
 */
export function resolveSlice(
  slice: { start: number | undefined; stop: number | undefined; step: number },
  { first, end }: RingBounds
): { from: number; to: number } {
  const { start, stop, step } = slice
  if (!Number.isSafeInteger(step) || step === 0) {
    throw new RangeError(`step of a slice: expected a whole number other than 0, got ${step}`)
  }
  const absolute = (position: number): number => (position < 0 ? position + end : position)
  // Backwards, the first position is the last one read, and the second one is left out.
  const [low, high] = step > 0 ? [start, stop] : [stop, start]
  const shift = step > 0 ? 0 : 1
  const from = low === undefined ? first : absolute(low) + shift
  const to = high === undefined ? end : absolute(high) + shift
  for (const bound of [from, to]) {
    if (bound < first || bound > end) {
      throw new RingRangeError(`slice [${start ?? ''}:${stop ?? ''}:${step}]`, first, end)
    }
  }
  return { from, to: Math.max(from, to) }
}

function fillerItem(dtype: DType, fill: number | null): Uint8Array {
  const item = new Uint8Array(dtype.itemSize)
  const isFloating = dtype.kind === 'f' || dtype.kind === 'c'
  const value = fill ?? (isFloating ? Number.NaN : 0)
  const isNumber = isFloating || dtype.kind === 'i' || dtype.kind === 'u' || dtype.kind === 'b'
  if (isNumber) item.set(NdArray.from([value], dtype).bytes())
  return item
}

function product(lengths: readonly number[]): number {
  return lengths.reduce((total, length) => total * length, 1)
}
