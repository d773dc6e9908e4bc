import { NdArray, isNdArray, parseDType } from '@nodeacq/ndarray'
import type { DType, TypedArray } from '@nodeacq/ndarray'
import { ChunkError } from '../errors.ts'
import type { StreamInfo } from '../params.ts'

/** Checks chunks against a stream's dtype and shape; equal chunks in a row are checked once. */
export class ChunkCheck {
  readonly #subject: string
  readonly #dtype: DType
  readonly #shape: readonly number[]
  #seenDType: DType | undefined
  #seenShape: readonly number[] = []

  constructor(info: StreamInfo, subject: string) {
    this.#subject = subject
    this.#dtype = parseDType(info.dtype)
    this.#shape = info.shape
  }

  /**
   * The chunk as an array of the stream's shape. Typed arrays are cut into samples.
   * @throws {ChunkError}
   */
  accept(data: NdArray | TypedArray): NdArray {
    const array = this.toArray(data)
    if (array.dtype !== this.#seenDType) {
      if (!array.dtype.equals(this.#dtype)) {
        throw new ChunkError('dtype', `${this.#subject}: chunk dtype ${array.dtype.name} is not ${this.#dtype.name}`)
      }
      this.#seenDType = array.dtype
    }
    if (!this.#isSeen(array.shape)) this.#checkShape(array.shape)
    return array
  }

  /** Typed arrays become arrays with as many samples as they hold. @throws {ChunkError} */
  toArray(data: NdArray | TypedArray): NdArray {
    return isNdArray(data) ? data : this.#fromTyped(data)
  }

  #isSeen(shape: readonly number[]): boolean {
    const seen = this.#seenShape
    if (shape.length !== seen.length) return false
    for (let axis = 0; axis < seen.length; axis++) if (shape[axis] !== seen[axis]) return false
    return true
  }

  #checkShape(shape: readonly number[]): void {
    const fits = shape.length === this.#shape.length && this.#shape.every((n, axis) => n === -1 || n === shape[axis])
    if (!fits) {
      const message = `${this.#subject}: chunk shape ${tuple(shape)} does not fit ${tuple(this.#shape)}`
      throw new ChunkError('shape', message)
    }
    this.#seenShape = shape
  }

  #fromTyped(data: TypedArray): NdArray {
    if (!ArrayBuffer.isView(data) || data instanceof DataView) {
      const got = data === null ? 'null' : typeof data
      throw new ChunkError('dtype', `${this.#subject}: expected an NdArray or a typed array, got ${got}`)
    }
    const sample = this.#shape.slice(1).reduce((product, length) => product * length, 1)
    const samples = data.length / sample
    if (!Number.isInteger(samples) || sample < 1) {
      const message = `${this.#subject}: ${data.length} values do not fit ${tuple(this.#shape)}`
      throw new ChunkError('shape', message)
    }
    return NdArray.fromTyped(data, [samples, ...this.#shape.slice(1)])
  }
}

function tuple(shape: readonly number[]): string {
  return `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`
}
