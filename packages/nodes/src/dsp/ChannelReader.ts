import type { DType, ReadonlyNdArray } from '@nodeacq/ndarray'

type NumberArray =
  Int8Array | Int16Array | Int32Array | Uint8Array | Uint16Array | Uint32Array | Float32Array | Float64Array

type NumberArrayClass = new (buffer: ArrayBufferLike, byteOffset: number, length: number) => NumberArray

const VIEWS: Readonly<Record<string, NumberArrayClass>> = {
  f4: Float32Array,
  f8: Float64Array,
  i1: Int8Array,
  i2: Int16Array,
  i4: Int32Array,
  u1: Uint8Array,
  u2: Uint16Array,
  u4: Uint32Array,
  b1: Uint8Array
}

/**
 * Takes single channels out of chunks `(samples, channels)`, as float64. What `read` and `readBit` give is valid until the
 * next call; nothing is allocated as long as chunks do not grow and lie in the same memory (a shared ring does).
 */
export class ChannelReader {
  #samples = new Float64Array(0)
  #dtype: DType | undefined
  #Class: NumberArrayClass | undefined
  #view: NumberArray | undefined
  #bytes: Uint8Array | undefined

  /** The samples of one channel; only the first `data.length` numbers belong to them. 64-bit integers are rounded. */
  read(data: ReadonlyNdArray, channel: number): Float64Array {
    const samples = this.#room(data.length)
    const { dtype, byteOffset, strides } = data
    const { itemSize } = dtype
    if (dtype !== this.#dtype) {
      this.#dtype = dtype
      this.#Class = dtype.isNative ? VIEWS[dtype.kind + itemSize] : undefined
    }
    const Class = this.#Class
    const start = byteOffset + channel * strides[1]!
    const step = strides[0]!
    const isAligned = start % itemSize === 0 && step % itemSize === 0
    if (Class === undefined || !isAligned) return this.#readOther(data, channel)
    if (this.#view?.buffer !== data.buffer || this.#view.constructor !== Class) {
      this.#view = new Class(data.buffer, 0, Math.floor(data.buffer.byteLength / itemSize))
    }
    const source = this.#view
    const stride = step / itemSize
    for (let k = 0, at = start / itemSize; k < data.length; k++, at += stride) samples[k] = source[at]!
    return samples
  }

  /** One bit of a column of integers: 0, or the value of the bit (`2 ** bit`). */
  readBit(data: ReadonlyNdArray, column: number, bit: number): Float64Array {
    const samples = this.#room(data.length)
    const { dtype, byteOffset, strides } = data
    const byte = bit >> 3
    const isBigEndian = !dtype.isNative && dtype.itemSize > 1
    const start = byteOffset + column * strides[1]! + (isBigEndian ? dtype.itemSize - 1 - byte : byte)
    if (this.#bytes?.buffer !== data.buffer) this.#bytes = new Uint8Array(data.buffer)
    const bytes = this.#bytes
    const mask = 1 << (bit & 7)
    const value = 2 ** bit
    for (let k = 0, at = start; k < data.length; k++, at += strides[0]!)
      samples[k] = (bytes[at]! & mask) === 0 ? 0 : value
    return samples
  }

  /** Of another byte order, unaligned, float16 or 64-bit integers: copies the column once more. */
  #readOther(data: ReadonlyNdArray, channel: number): Float64Array {
    this.#samples.set(data.column(channel).astype('float64').typed() as Float64Array)
    return this.#samples
  }

  #room(count: number): Float64Array {
    if (this.#samples.length < count) this.#samples = new Float64Array(count)
    return this.#samples
  }
}
