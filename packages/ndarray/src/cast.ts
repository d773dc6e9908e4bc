import type { DType } from './DType.ts'
import { elementCodec, fieldOf, toBigInt } from './element.ts'
import { DTypeError } from './errors.ts'
import { encodeFloat16 } from './float16.ts'
import type { Layout } from './layout.ts'
import { byteSpan, cOrderStrides, isCOrder, sameShape, shapeText, sizeOf } from './layout.ts'
import { stridedCopy, swapForeignBytes } from './stridedCopy.ts'
import type { TypedArray } from './typed.ts'
import { componentsOf, Float16, isTypedView, typedOver } from './typed.ts'

/**
 * Copies the items of one layout to another of the same shape, converting the type as numpy's `casting='unsafe'`:
 * numbers are truncated towards zero and wrap around, NaN becomes 0 (the smallest number, NaT, for 64 bits), complex
 * numbers lose their imaginary part, texts are cut, structures go field by field in order. The two may overlap.
 *
 * @throws {DTypeError} between numbers, texts and structures, and between units of time.
 */
export function castCopy(source: Layout, target: Layout): void {
  const from = overlap(source, target) ? denseCopy(source) : source
  if (from.dtype.name === target.dtype.name) return stridedCopy(from, target)
  if (from.dtype.fields || target.dtype.fields) return castFields(from, target)
  if (from.dtype.toNative().name === target.dtype.toNative().name) return castOrder(from, target)
  const family = castFamily(from.dtype)
  if (family === undefined || family !== castFamily(target.dtype)) throw castError(from.dtype, target.dtype)
  if (family === 'text') return castText(from, target)
  castNumbers(from, target)
}

/** A fresh dense C-order copy in new memory. */
export function denseCopy(source: Layout): Layout {
  const { dtype, shape, buffer, byteOffset } = source
  if (isCOrder(source) && buffer instanceof ArrayBuffer) {
    // Twice as fast as copying into zeroed memory.
    const copy = buffer.slice(byteOffset, byteOffset + sizeOf(shape) * dtype.itemSize)
    return { dtype, shape, strides: cOrderStrides(shape, dtype.itemSize), buffer: copy, byteOffset: 0 }
  }
  const copy = emptyLayout(shape, dtype)
  stridedCopy(source, copy)
  return copy
}

/** Zeroed memory for a dense C-order array. */
export function emptyLayout(shape: readonly number[], dtype: DType): Layout {
  const buffer = new ArrayBuffer(sizeOf(shape) * dtype.itemSize)
  return { dtype, shape, strides: cOrderStrides(shape, dtype.itemSize), buffer, byteOffset: 0 }
}

/** The layout of one field in the items of a layout; axes of a sub-array come last. */
export function fieldLayout(source: Layout, name: string): Layout {
  const { dtype, offset, shape } = fieldOf(source.dtype, name)
  return {
    dtype,
    shape: [...source.shape, ...shape],
    strides: [...source.strides, ...cOrderStrides(shape, dtype.itemSize)],
    buffer: source.buffer,
    byteOffset: source.byteOffset + offset
  }
}

function overlap(source: Layout, target: Layout): boolean {
  if (source.buffer !== target.buffer) return false
  const read = byteSpan(source)
  const write = byteSpan(target)
  return (
    source.byteOffset + read.low < target.byteOffset + write.high &&
    target.byteOffset + write.low < source.byteOffset + read.high
  )
}

function castFamily({ kind }: DType): 'number' | 'text' | undefined {
  if (kind === 'S' || kind === 'U') return 'text'
  return kind === 'V' ? undefined : 'number'
}

function castError(from: DType, to: DType): DTypeError {
  return new DTypeError(`cast of ${from.name}`, 'a type of the same family', to.name)
}

function castFields(source: Layout, target: Layout): void {
  const from = source.dtype.fields
  const to = target.dtype.fields
  if (from?.length !== to?.length || !from || !to) throw castError(source.dtype, target.dtype)
  for (const [position, field] of from.entries()) {
    const other = to[position]!
    if (!sameShape(field.shape, other.shape)) {
      throw new DTypeError(`cast of field ${field.name}`, shapeText(field.shape), shapeText(other.shape))
    }
    castCopy(fieldLayout(source, field.name), fieldLayout(target, other.name))
  }
}

/** Same type, other byte order. */
function castOrder(source: Layout, target: Layout): void {
  const copy = denseCopy(source)
  const bytes = new Uint8Array(copy.buffer)
  swapForeignBytes(source.dtype, bytes)
  swapForeignBytes(target.dtype, bytes)
  stridedCopy({ ...copy, dtype: target.dtype }, target)
}

function castText(source: Layout, target: Layout): void {
  const from = denseCopy(source)
  const to = emptyLayout(target.shape, target.dtype)
  const { read } = elementCodec(from.dtype)
  const { write } = elementCodec(to.dtype)
  const reader = new DataView(from.buffer)
  const writer = new DataView(to.buffer)
  for (let i = 0; i < sizeOf(from.shape); i++) {
    const value = read(reader, i * from.dtype.itemSize)
    if (typeof value !== 'string' && to.dtype.kind === 'U') {
      throw new DTypeError(`cast of ${from.dtype.name} to ${to.dtype.name}`, 'UTF-8', 'other bytes')
    }
    write(writer, i * to.dtype.itemSize, value)
  }
  stridedCopy(to, target)
}

function castNumbers(source: Layout, target: Layout): void {
  if (isTime(source.dtype) && isTime(target.dtype)) throw castError(source.dtype, target.dtype)
  const count = sizeOf(source.shape)
  const values = nativeValues(source)
  const { dtype } = target
  if (dtype.isNative && isCOrder(target) && isTypedView(dtype, target.byteOffset)) {
    convert({ values, dtype: source.dtype }, { values: typedOver(dtype, { ...target, count })!, dtype })
    return
  }
  const copy = emptyLayout(target.shape, dtype)
  if (dtype.kind === 'f' && dtype.itemSize === 2 && !Float16) {
    // In float64 first: rounding to float32 on the way could round twice.
    const doubles = new Float64Array(count)
    convert({ values, dtype: source.dtype }, { values: doubles, dtype })
    new Uint16Array(copy.buffer).set(doubles.map(encodeFloat16))
  } else convert({ values, dtype: source.dtype }, { values: typedOver(dtype, { ...copy, count })!, dtype })
  swapForeignBytes(dtype, new Uint8Array(copy.buffer))
  stridedCopy(copy, target)
}

function isTime({ kind }: DType): boolean {
  return kind === 'M' || kind === 'm'
}

/** The values of a numeric layout in order: a view when it is dense and native, else a copy. */
export function nativeValues(source: Layout): TypedArray {
  const count = sizeOf(source.shape)
  if (source.dtype.isNative && isCOrder(source)) return typedOver(source.dtype, { ...source, count })!
  const copy = denseCopy(source)
  swapForeignBytes(source.dtype, new Uint8Array(copy.buffer))
  return typedOver(source.dtype, { ...copy, count })!
}

interface Values {
  readonly values: TypedArray
  readonly dtype: DType
}

function convert(source: Values, target: Values): void {
  const readStep = componentsOf(source.dtype)
  const writeStep = componentsOf(target.dtype)
  const { values: from } = source
  const { values: to } = target
  if (target.dtype.kind === 'b') {
    for (let i = 0; i < to.length; i++) to[i] = isNonZero(from, i * readStep, readStep) ? 1 : 0
  } else if (source.dtype.kind === 'b') {
    const one = isBig(to) ? 1n : 1
    const zero = isBig(to) ? 0n : 0
    for (let i = 0; i < from.length; i++) to[i * writeStep] = from[i] ? one : zero
  } else if (isBig(from)) convertBig(from, to, writeStep)
  else if (isBig(to)) for (let i = 0; i < to.length; i++) to[i] = toBigInt(from[i * readStep])
  else if (readStep === writeStep) to.set(from)
  else for (let r = 0, w = 0; r < from.length; r += readStep, w += writeStep) to[w] = from[r]!
}

type BigArray = BigInt64Array | BigUint64Array

function convertBig(from: BigArray, to: TypedArray, writeStep: number): void {
  if (isBig(to)) to.set(from)
  else if (to instanceof Float32Array || to instanceof Float64Array || to.constructor === Float16) {
    for (let i = 0; i < from.length; i++) to[i * writeStep] = Number(from[i])
  } else for (let i = 0; i < from.length; i++) to[i] = Number(BigInt.asIntN(32, from[i]!))
}

function isBig(values: TypedArray): values is BigArray {
  return values instanceof BigInt64Array || values instanceof BigUint64Array
}

function isNonZero(values: TypedArray, at: number, step: number): boolean {
  // Not truthiness: NaN counts as true.
  const re = values[at]
  const im = step === 2 ? values[at + 1] : 0
  return (re !== 0 && re !== 0n) || im !== 0
}
