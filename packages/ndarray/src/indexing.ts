import { ShapeError } from './errors.ts'
import { shapeText, sizeOf } from './layout.ts'

/** A position on an axis, negative from the end. @throws {RangeError} */
export function resolveIndex(index: number, length: number, what: string): number {
  const at = index < 0 ? index + length : index
  if (!Number.isInteger(at) || at < 0 || at >= length) {
    throw new RangeError(`${what}: expected a whole number from ${-length} to ${length - 1}, got ${index}`)
  }
  return at
}

/** The number of an axis, negative from the end. @throws {ShapeError} */
export function resolveAxis(axis: number, ndim: number): number {
  const at = axis < 0 ? axis + ndim : axis
  if (!Number.isInteger(at) || at < 0 || at >= ndim) throw new ShapeError('axis', `one of ${ndim} axes`, `${axis}`)
  return at
}

/** What Python's `slice(start, stop, step).indices(length)` selects: the first position and how many. */
export function normalizeSlice(
  length: number,
  { start, stop, step }: { start: number | undefined; stop: number | undefined; step: number }
): { first: number; count: number } {
  for (const [name, value] of Object.entries({ start, stop, step })) {
    if (value !== undefined && !Number.isInteger(value) && Math.abs(value) !== Infinity) {
      throw new RangeError(`${name} of slice: expected a whole number, got ${value}`)
    }
  }
  if (step === 0 || !Number.isInteger(step)) throw new RangeError(`step of slice: expected no 0, got ${step}`)
  const lowest = step > 0 ? 0 : -1
  const highest = step > 0 ? length : length - 1
  const clamp = (value: number): number => Math.min(Math.max(value < 0 ? value + length : value, lowest), highest)
  const first = start === undefined ? (step > 0 ? lowest : highest) : clamp(start)
  const end = stop === undefined ? (step > 0 ? highest : lowest) : clamp(stop)
  return { first, count: Math.max(0, Math.ceil((end - first) / step)) }
}

/** The full shape for as many elements as the array has; one length may be -1. @throws {ShapeError} */
export function resolveReshape(shape: readonly number[], of: { shape: readonly number[]; size: number }): number[] {
  const open = shape.indexOf(-1)
  const rest = sizeOf(shape.filter((_, axis) => axis !== open))
  const lengths = open < 0 ? [...shape] : shape.with(open, rest === 0 ? 0 : of.size / rest)
  const isValid = lengths.every((length) => Number.isInteger(length) && length >= 0)
  if (!isValid || sizeOf(lengths) !== of.size || (open >= 0 && rest === 0)) {
    throw new ShapeError('reshape', `${of.size} elements as in ${shapeText(of.shape)}`, shapeText(shape))
  }
  return lengths
}
