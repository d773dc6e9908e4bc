import { parseDType, type DType } from './DType.ts'
import type { ElementValue, NestedList } from './element.ts'
import { elementCodec, isComplex, isList } from './element.ts'
import { DTypeError, ShapeError } from './errors.ts'
import type { Layout } from './layout.ts'
import { checkShape, shapeText } from './layout.ts'
import { emptyLayout } from './cast.ts'

/** Nested lists, or one value for an array without axes. */
export type Nested = ElementValue | NestedList

/** Nested lists of the items of a layout. */
export function toNested({ dtype, shape, strides, buffer, byteOffset }: Layout): Nested {
  const view = new DataView(buffer)
  const { read } = elementCodec(dtype)
  const readAxis = (axis: number, at: number): Nested => {
    if (axis === shape.length) return read(view, at)
    return Array.from({ length: shape[axis]! }, (_, i) => readAxis(axis + 1, at + i * strides[axis]!))
  }
  return readAxis(0, byteOffset)
}

/**
 * A dense layout with the items of nested lists. Without a dtype: numbers are float64 (int64 or uint64 when bigints are
 * among them and all are whole), booleans bool, `{ re, im }` complex128, texts `<U` of the longest.
 *
 * @throws {ShapeError} when lists of one level differ in length. @throws {DTypeError} when no dtype holds the values.
 */
export function fromNested(nested: unknown, given?: DType): Layout {
  const isBytes = given !== undefined && (given.kind === 'S' || (given.kind === 'V' && !given.fields))
  const isAxis = (value: unknown): value is ArrayLike<unknown> =>
    isList(value) && !(isBytes && value instanceof Uint8Array)
  const shape: number[] = []
  for (let value = nested; isAxis(value); value = value[0]) {
    shape.push(value.length)
    checkShape(shape, 1)
    if (value.length === 0) break
  }
  const leaves: unknown[] = []
  const collect = (value: unknown, axis: number): void => {
    if (!isAxis(value)) {
      if (axis < shape.length) throw raggedError(shape, 'a value', axis)
      leaves.push(value)
    } else if (value.length === shape[axis]) for (let i = 0; i < value.length; i++) collect(value[i], axis + 1)
    else throw raggedError(shape, `a list of ${value.length}`, axis)
  }
  collect(nested, 0)

  const dtype = settleDType(leaves, given)
  const layout = emptyLayout(shape, dtype)
  const view = new DataView(layout.buffer)
  const { write } = elementCodec(dtype)
  for (const [i, leaf] of leaves.entries()) write(view, i * dtype.itemSize, leaf)
  return layout
}

function raggedError(shape: readonly number[], got: string, level: number): ShapeError {
  return new ShapeError('nested lists', `lists of shape ${shapeText(shape)}`, `${got} at level ${level}`)
}

function settleDType(leaves: readonly unknown[], given: DType | undefined): DType {
  if (given && (given.itemSize > 0 || given.fields)) return given
  if (given) return parseDType(given.kind + longest(leaves, given.kind))
  if (leaves.length === 0) return parseDType('float64')
  if (leaves.every((leaf) => typeof leaf === 'boolean')) return parseDType('bool')
  if (leaves.every((leaf) => typeof leaf === 'string')) return parseDType(`U${longest(leaves, 'U')}`)
  if (leaves.every(isReal)) return realDType(leaves)
  if (leaves.every((leaf) => isReal(leaf) || isComplex(leaf))) return parseDType('complex128')
  throw new DTypeError('dtype of nested lists', 'one given, or values of one kind', 'mixed values or records')
}

function isReal(leaf: unknown): leaf is number | bigint | boolean {
  return typeof leaf === 'number' || typeof leaf === 'bigint' || typeof leaf === 'boolean'
}

function realDType(leaves: readonly (number | bigint | boolean)[]): DType {
  const isWhole = leaves.every((leaf) => typeof leaf !== 'number' || Number.isInteger(leaf))
  const big = leaves.filter((leaf) => typeof leaf === 'bigint')
  if (big.length === 0 || !isWhole) return parseDType('float64')
  return parseDType(big.some((leaf) => leaf >= 2n ** 63n) ? 'uint64' : 'int64')
}

function longest(leaves: readonly unknown[], kind: string): number {
  let length = 1
  for (const leaf of leaves) {
    if (typeof leaf === 'string')
      length = Math.max(length, kind === 'U' ? Array.from(leaf).length : new TextEncoder().encode(leaf).length)
    else if (leaf instanceof Uint8Array) length = Math.max(length, leaf.length)
  }
  return length
}
