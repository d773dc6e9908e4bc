import type { DType } from './DType.ts'
import { ShapeError } from './errors.ts'

/** Where the items of an array lie. */
export interface Layout {
  readonly dtype: DType
  readonly shape: readonly number[]
  /** In bytes per step along each axis; may be negative or 0. */
  readonly strides: readonly number[]
  readonly buffer: ArrayBufferLike
  /** Of element (0, …, 0). */
  readonly byteOffset: number
}

const MAX_AXES = 32

/** Product of the lengths; 1 for `[]`. */
export function sizeOf(shape: readonly number[]): number {
  let size = 1
  for (const length of shape) size *= length
  return size
}

/** Strides in bytes of a dense C-order array: the last axis varies fastest. */
export function cOrderStrides(shape: readonly number[], itemSize: number): number[] {
  const strides = new Array<number>(shape.length)
  let step = itemSize
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step
    step *= shape[axis]!
  }
  return strides
}

/** Strides in elements instead of bytes; undefined when one is no whole number of items. */
export function elementStrides({ strides, dtype }: Pick<Layout, 'strides' | 'dtype'>): number[] | undefined {
  const inElements = strides.map((stride) => stride / dtype.itemSize)
  return inElements.every(Number.isInteger) ? inElements : undefined
}

/** True for a dense C-order layout. Axes of length 1 may have any stride; an empty layout is dense. */
export function isCOrder({ shape, strides, dtype }: Pick<Layout, 'shape' | 'strides' | 'dtype'>): boolean {
  let step = dtype.itemSize
  let isDense = true
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const length = shape[axis]!
    if (length === 0) return true
    if (length === 1) continue
    if (strides[axis] !== step) isDense = false
    step *= length
  }
  return isDense
}

/**
 * The bytes that the elements occupy, relative to element (0, …, 0): from `low` (0 or negative) up to, not including,
 * `high`. Both are 0 for an empty layout.
 */
export function byteSpan({ shape, strides, dtype }: Pick<Layout, 'shape' | 'strides' | 'dtype'>): {
  low: number
  high: number
} {
  let low = 0
  let high = dtype.itemSize
  for (const [axis, length] of shape.entries()) {
    if (length === 0) return { low: 0, high: 0 }
    const reach = (length - 1) * strides[axis]!
    if (reach < 0) low += reach
    else high += reach
  }
  return { low, high }
}

/**
 * Checks a shape that came from outside: whole numbers from 0, at most 32 axes, and a size in bytes that a number holds
 * exactly, so that no later product can wrap.
 *
 * @throws {ShapeError}
 */
export function checkShape(shape: readonly number[], itemSize: number): void {
  const isList = Array.isArray(shape) && shape.length <= MAX_AXES
  if (!isList || !shape.every((length) => Number.isSafeInteger(length) && length >= 0)) {
    throw new ShapeError('shape', `at most ${MAX_AXES} whole numbers from 0`, shapeText(shape))
  }
  // Zeros are left out: [2^60, 2^60, 0] is refused although it is empty, as numpy does.
  const bytes = sizeOf(shape.filter((length) => length > 0)) * itemSize
  if (!Number.isSafeInteger(bytes)) throw new ShapeError('shape', 'less than 2^53 bytes', shapeText(shape))
}

/** numpy's spelling of a shape: `(256, 8)`. */
export function shapeText(shape: unknown): string {
  if (!Array.isArray(shape)) return typeof shape
  return shape.length > MAX_AXES ? `${shape.length} axes` : `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((length, axis) => length === b[axis])
}
