import { castCopy, denseCopy, emptyLayout, fieldLayout, nativeValues } from './cast.ts'
import type { DType, DTypeLike } from './DType.ts'
import { parseDType } from './DType.ts'
import type { ElementValue } from './element.ts'
import { elementCodec } from './element.ts'
import { DTypeError, ShapeError } from './errors.ts'
import { equalLayouts } from './equalLayouts.ts'
import type { Layout } from './layout.ts'
import { byteSpan, checkShape, cOrderStrides, isCOrder, sameShape, shapeText, sizeOf } from './layout.ts'
import type { Nested } from './nested.ts'
import { fromNested, toNested } from './nested.ts'
import type { TypedArray, TypedArrayConstructor } from './typed.ts'
import { typedName, typedOver } from './typed.ts'
import { normalizeSlice, resolveAxis, resolveIndex, resolveReshape } from './indexing.ts'

/** What `NdArray.fromBuffer` is told about the bytes. */
export interface BufferLayout {
  dtype: DTypeLike
  shape: readonly number[]
  /** In bytes per axis; default dense C order. */
  strides?: readonly number[]
  /** Of element (0, …, 0) from the start of the bytes; default 0. */
  offset?: number
}

/**
 * An array over memory that others may share: the geometry never changes, the items may.
 *
 * ```
 *   buffer  ....[ a00 a01 a02 | a10 a11 a12 | … ]....        shape (samples, channels) = (2, 3)
 *               ^byteOffset                                  strides in bytes, here (12, 4) for float32
 * ```
 * `slice`, `transpose`, `reshape`, `flip`, `column` and `field` give views of the same memory.
 * Axis 0 is time wherever streams are concerned.
 */
export class NdArray implements Layout {
  readonly dtype: DType
  readonly shape: readonly number[]
  /** In bytes per step along each axis; may be negative. Of axes of length 1 it means nothing. */
  readonly strides: readonly number[]
  readonly buffer: ArrayBufferLike
  /** Of element (0, …, 0) in `buffer`. */
  readonly byteOffset: number
  /** Product of the shape; 1 for an array without axes. */
  readonly size: number
  /** Dense in C order; true for empty arrays. */
  readonly isContiguous: boolean
  #items: DataView | undefined

  /** Trusts the layout: use `fromBuffer` for one that is not known to fit. Public so that schemas can name the class. */
  constructor(layout: Layout) {
    this.dtype = layout.dtype
    this.shape = layout.shape
    this.strides = layout.strides
    this.buffer = layout.buffer
    this.byteOffset = layout.byteOffset
    this.size = sizeOf(layout.shape)
    this.isContiguous = isCOrder(layout)
  }

  /** Zeroed memory in C order. @throws {ShapeError} @throws {DTypeError} */
  static zeros(shape: readonly number[], dtype: DTypeLike): NdArray {
    const type = storableType(dtype)
    checkShape(shape, type.itemSize)
    return new NdArray(emptyLayout([...shape], type))
  }

  /**
   * A view of bytes that came from outside; nothing is copied. Every element must lie inside the bytes, and there must
   * be room for all of them side by side (so broadcast layouts, which a later copy could blow up, are refused).
   *
   * @throws {ShapeError} when shape, strides and offset do not fit the bytes. @throws {DTypeError}
   */
  static fromBuffer(
    bytes: ArrayBufferView | ArrayBufferLike,
    { dtype, shape, strides, offset = 0 }: BufferLayout
  ): NdArray {
    const type = storableType(dtype)
    checkShape(shape, type.itemSize)
    const steps = strides ?? cOrderStrides(shape, type.itemSize)
    if (steps.length !== shape.length || !steps.every(Number.isSafeInteger)) {
      throw new ShapeError('strides', `whole numbers for shape ${shapeText(shape)}`, shapeText(steps))
    }
    if (!Number.isSafeInteger(offset) || offset < 0)
      throw new ShapeError('offset', 'a whole number from 0', `${offset}`)
    const isEmpty = shape.includes(0)
    const { low, high } = byteSpan({ shape, strides: steps, dtype: type })
    const needed = Math.max(high - low, sizeOf(shape) * type.itemSize)
    if (!isEmpty && (offset + low < 0 || offset + high > bytes.byteLength || needed > bytes.byteLength)) {
      const what = `array of shape ${shapeText(shape)}, strides ${shapeText(steps)}, offset ${offset}, ${type.name}`
      throw new ShapeError(what, `${needed} bytes from ${offset + low} on`, `${bytes.byteLength} bytes`)
    }
    const [buffer, start] = ArrayBuffer.isView(bytes) ? [bytes.buffer, bytes.byteOffset] : [bytes, 0]
    return new NdArray({
      dtype: type,
      shape: [...shape],
      strides: [...steps],
      buffer,
      byteOffset: start + (isEmpty ? 0 : offset)
    })
  }

  /** A view of a typed array, by default with one axis; the dtype follows from its class. @throws {ShapeError} */
  static fromTyped(values: TypedArray, shape: readonly number[] = [values.length]): NdArray {
    const name = typedName(values)
    if (!name) throw new TypeError('NdArray.fromTyped: expected a typed array')
    if (sizeOf(shape) !== values.length) {
      throw new ShapeError('shape of typed array', `${values.length} elements`, shapeText(shape))
    }
    return NdArray.fromBuffer(values, { dtype: name, shape })
  }

  /**
   * A new array with the items of nested lists, typed arrays, or another NdArray. Without a dtype: numbers are float64
   * (int64 or uint64 when bigints are among them and all are whole), booleans bool, texts `<U`, `{ re, im }` complex128.
   * Structures take records, `{ index: 3, label: 'go' }`. dtype `'S'` and `'U'` take the length of the longest text.
   *
   * @throws {ShapeError} for ragged lists. @throws {DTypeError} @throws {TypeError} for values the dtype cannot hold.
   */
  static from(nested: unknown, dtype?: DTypeLike): NdArray {
    const type = dtype === undefined ? undefined : parseDType(dtype)
    const isBytes = type !== undefined && !isNumeric(type)
    const values = typedName(nested) && !isBytes ? NdArray.fromTyped(nested as TypedArray) : nested
    if (!(values instanceof NdArray)) return new NdArray(fromNested(values, type))
    return type ? values.astype(type) : values.copy()
  }

  get ndim(): number {
    return this.shape.length
  }

  /** `shape[0]`: samples of a chunk; 0 for an array without axes. */
  get length(): number {
    return this.shape[0] ?? 0
  }

  /** Bytes of the items alone: size × itemSize. */
  get byteLength(): number {
    return this.size * this.dtype.itemSize
  }

  /** View of items `start`, `start + step`, … before `stop` on axis 0, as Python's `a[start:stop:step]`. */
  slice(start?: number, stop?: number, step = 1): NdArray {
    const length = this.#axisLength(0)
    const range = normalizeSlice(length, { start, stop, step })
    const stride = this.strides[0]!
    return this.#view({
      shape: [range.count, ...this.shape.slice(1)],
      strides: [stride * step, ...this.strides.slice(1)],
      byteOffset: this.byteOffset + (range.count > 0 ? range.first * stride : 0)
    })
  }

  /** View with the axes in another order, by default reversed. @throws {ShapeError} */
  transpose(axes: readonly number[] = this.shape.map((_, axis) => this.ndim - 1 - axis)): NdArray {
    const order = axes.map((axis) => resolveAxis(axis, this.ndim))
    if (order.length !== this.ndim || new Set(order).size !== this.ndim) {
      throw new ShapeError('axes of transpose', `each of ${this.ndim} once`, shapeText(axes))
    }
    return this.#view({ shape: order.map((a) => this.shape[a]!), strides: order.map((a) => this.strides[a]!) })
  }

  /** View of a contiguous array in another shape; one length may be -1. @throws {ShapeError} */
  reshape(shape: readonly number[]): NdArray {
    const lengths = resolveReshape(shape, this)
    if (!this.isContiguous) throw new ShapeError('reshape', 'a contiguous array', `strides ${shapeText(this.strides)}`)
    return this.#view({ shape: lengths, strides: cOrderStrides(lengths, this.dtype.itemSize) })
  }

  /** View with one axis reversed; negative axes count from the end. @throws {ShapeError} */
  flip(axis: number): NdArray {
    const at = resolveAxis(axis, this.ndim)
    const length = this.shape[at]!
    const stride = this.strides[at]!
    return this.#view({
      strides: this.strides.with(at, -stride),
      byteOffset: this.byteOffset + (length > 0 ? (length - 1) * stride : 0)
    })
  }

  /** View of one channel (index on axis 1, negative from the end). @throws {ShapeError} @throws {RangeError} */
  column(channel: number): NdArray {
    const at = resolveIndex(channel, this.#axisLength(1), 'channel')
    return this.#view({
      shape: this.shape.toSpliced(1, 1),
      strides: this.strides.toSpliced(1, 1),
      byteOffset: this.byteOffset + at * this.strides[1]!
    })
  }

  /** A copy with the given channels (indexes on axis 1) in that order. @throws {ShapeError} @throws {RangeError} */
  take(columns: readonly number[]): NdArray {
    this.#axisLength(1)
    const result = new NdArray(emptyLayout(this.shape.with(1, columns.length), this.dtype))
    for (const [position, channel] of columns.entries()) castCopy(this.column(channel), result.column(position))
    return result
  }

  /** View of one field of a structured array; axes of a sub-array come last. @throws {DTypeError} */
  field(name: string): NdArray {
    return new NdArray(fieldLayout(this, name))
  }

  /**
   * One item; negative indexes count from the end. Integers of 64 bits (and times) are numbers up to ±2^53, bigints
   * beyond. Fixed bytes (`S`) are texts when they are UTF-8, else a Uint8Array; complex numbers are `{ re, im }`;
   * structures are records.
   *
   * @throws {ShapeError} @throws {RangeError}
   */
  get(...index: number[]): ElementValue {
    return elementCodec(this.dtype).read(this.#dataView(), this.#locate(index))
  }

  /** Writes one item, truncating and wrapping numbers as numpy's unsafe casting, cutting texts. @throws {TypeError} */
  set(value: unknown, ...index: number[]): void {
    elementCodec(this.dtype).write(this.#dataView(), this.#locate(index), value)
  }

  /** Writes one value into every item. @throws {TypeError} */
  fill(value: unknown): void {
    const item = oneItem(value, this.dtype)
    castCopy({ ...item, shape: this.shape, strides: this.shape.map(() => 0) }, this)
  }

  /** This array when it is dense in C order, else a copy. */
  toContiguous(): NdArray {
    return this.isContiguous ? this : this.copy()
  }

  /** A fresh C-order copy in memory of its own. */
  copy(): NdArray {
    return new NdArray(denseCopy(this))
  }

  /**
   * Copies every item into an array of the same shape, converting as numpy's `casting='unsafe'`: numbers truncate towards
   * zero and wrap around. The two may share memory. @throws {ShapeError} @throws {DTypeError}
   */
  copyTo(target: NdArray): void {
    if (!sameShape(this.shape, target.shape)) {
      throw new ShapeError('copyTo', `a target of shape ${shapeText(this.shape)}`, shapeText(target.shape))
    }
    castCopy(this, target)
  }

  /** A fresh C-order copy of another dtype; conversion as `copyTo`. @throws {DTypeError} */
  astype(dtype: DTypeLike): NdArray {
    const result = NdArray.zeros(this.shape, dtype)
    castCopy(this, result)
    return result
  }

  /** The items as dense C-order bytes: a view when the array is contiguous, else a copy. */
  bytes(): Uint8Array {
    const { buffer, byteOffset } = this.toContiguous()
    return new Uint8Array(buffer, byteOffset, this.byteLength)
  }

  /**
   * The items of a contiguous array in this machine's byte order: a view (a copy when the bytes are misaligned). Complex
   * items take two values (re, im), booleans and times their bytes and ticks. float16 comes as the platform's
   * Float16Array, seen as a Float32Array, or as a Float32Array copy without one.
   *
   * @throws {ShapeError} when not contiguous. @throws {DTypeError} for other byte orders, texts and structures.
   */
  typed(): TypedArray {
    if (!this.isContiguous) throw new ShapeError('typed()', 'a contiguous array', `strides ${shapeText(this.strides)}`)
    const { buffer, byteOffset, size: count } = this
    const values = this.dtype.isNative ? typedOver(this.dtype, { buffer, byteOffset, count }) : undefined
    if (!values) throw new DTypeError('typed()', 'native numbers', this.dtype.name)
    return values
  }

  /** Same shape, dtype and values; NaN equals NaN, -0 equals 0. */
  equals(other: Layout): boolean {
    return this.dtype.name === other.dtype.name && sameShape(this.shape, other.shape) && equalLayouts(this, other)
  }

  /** Nested lists of `get()` values; the value itself for an array without axes. */
  toNested(): Nested {
    return toNested(this)
  }

  /**
   * Calls back with each item of axis 0 as one typed array of its values, which is the same object each time: it is
   * valid, and may be written to without effect, until the callback returns. @throws {ShapeError} @throws {DTypeError}
   */
  rows(callback: (row: TypedArray, index: number) => void): void {
    const rows = this.#axisLength(0)
    if (rows === 0) return
    if (!isNumeric(this.dtype)) throw new DTypeError('rows()', 'numbers', this.dtype.name)
    const values = nativeValues(this)
    const width = values.length / rows
    const row = new (values.constructor as TypedArrayConstructor)(width)
    for (let index = 0, at = 0; index < rows; index++) {
      for (let i = 0; i < width; i++) row[i] = values[at++]!
      callback(row, index)
    }
  }

  toString(): string {
    return `NdArray ${this.dtype.name} ${shapeText(this.shape)}`
  }

  #view(change: Partial<Pick<Layout, 'shape' | 'strides' | 'byteOffset'>>): NdArray {
    const { dtype, shape, strides, buffer, byteOffset } = this
    return new NdArray({ dtype, shape, strides, buffer, byteOffset, ...change })
  }

  #dataView(): DataView {
    return (this.#items ??= new DataView(this.buffer))
  }

  #axisLength(axis: 0 | 1): number {
    const length = this.shape[axis]
    if (length === undefined)
      throw new ShapeError('array', `at least ${axis + 1} axes`, `shape ${shapeText(this.shape)}`)
    return length
  }

  #locate(index: readonly number[]): number {
    if (index.length !== this.ndim) throw new ShapeError('index', `${this.ndim} numbers`, `${index.length}`)
    let at = this.byteOffset
    for (let axis = 0; axis < index.length; axis++) {
      at += resolveIndex(index[axis]!, this.shape[axis]!, 'index') * this.strides[axis]!
    }
    return at
  }
}

/** True for an NdArray. */
export function isNdArray(value: unknown): value is NdArray {
  return value instanceof NdArray
}

function storableType(dtype: DTypeLike): DType {
  const type = parseDType(dtype)
  if (type.itemSize === 0) throw new DTypeError('dtype of an array', 'items of at least one byte', type.name)
  return type
}

function oneItem(value: unknown, dtype: DType): Layout {
  const item = emptyLayout([], dtype)
  elementCodec(dtype).write(new DataView(item.buffer), 0, value)
  return item
}

function isNumeric({ kind }: DType): boolean {
  return kind !== 'S' && kind !== 'U' && kind !== 'V'
}
