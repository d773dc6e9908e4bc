import type { TypedArray } from '@nodeacq/ndarray'

export function isBigInts(values: TypedArray): values is BigInt64Array | BigUint64Array {
  return values instanceof BigInt64Array || values instanceof BigUint64Array
}

export function isIntegers(values: TypedArray): boolean {
  // Not `instanceof`: a Float16Array is no Float32Array.
  return INTEGERS.has(values.constructor)
}

const INTEGERS: ReadonlySet<unknown> = new Set([
  Int8Array,
  Int16Array,
  Int32Array,
  Uint8Array,
  Uint8ClampedArray,
  Uint16Array,
  Uint32Array,
  BigInt64Array,
  BigUint64Array
])

/** Smallest and largest float64 that an integer array can hold; undefined for floats. */
export function limitsOf(values: TypedArray): readonly [number, number] | undefined {
  if (!isIntegers(values)) return undefined
  const bits = 8 * values.BYTES_PER_ELEMENT
  const isSigned = values instanceof Int8Array || values instanceof Int16Array || values instanceof Int32Array
  if (values instanceof BigInt64Array) return [-(2 ** 63), 2 ** 63 - 1024]
  if (values instanceof BigUint64Array) return [0, 2 ** 64 - 2048]
  return isSigned ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1]
}

/** A float64 as an integer array holds it: truncated towards zero, within limits, NaN as 0. */
export function toInteger(value: number, low: number, high: number): number {
  if (value !== value) return 0
  return Math.trunc(value < low ? low : value > high ? high : value)
}
