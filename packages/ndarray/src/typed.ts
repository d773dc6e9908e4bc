import type { DType } from './DType.ts'
import { decodeFloat16 } from './float16.ts'

/** A typed array that can hold samples; float16 comes as the platform's Float16Array, seen as a Float32Array. */
export type TypedArray =
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint8ClampedArray
  | Uint16Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array

export interface TypedArrayConstructor {
  readonly BYTES_PER_ELEMENT: number
  new (length: number): TypedArray
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): TypedArray
}

/**
 * The platform's Float16Array, or undefined (Node before 24). It behaves as a Float32Array, and is typed as one, so
 * that users need no newer `lib` in their tsconfig.
 */
export const Float16 = Reflect.get(globalThis, 'Float16Array') as unknown as TypedArrayConstructor | undefined

const CONSTRUCTORS: Readonly<Record<string, TypedArrayConstructor>> = {
  f4: Float32Array,
  f8: Float64Array,
  i1: Int8Array,
  i2: Int16Array,
  i4: Int32Array,
  i8: BigInt64Array,
  u1: Uint8Array,
  u2: Uint16Array,
  u4: Uint32Array,
  u8: BigUint64Array,
  b1: Uint8Array,
  c8: Float32Array,
  c16: Float64Array,
  M8: BigInt64Array,
  m8: BigInt64Array
}

const NAMES: ReadonlyMap<unknown, string> = new Map<unknown, string>([
  [Int8Array, 'int8'],
  [Int16Array, 'int16'],
  [Int32Array, 'int32'],
  [Uint8Array, 'uint8'],
  [Uint8ClampedArray, 'uint8'],
  [Uint16Array, 'uint16'],
  [Uint32Array, 'uint32'],
  [Float32Array, 'float32'],
  [Float64Array, 'float64'],
  [BigInt64Array, 'int64'],
  [BigUint64Array, 'uint64'],
  ...(Float16 ? [[Float16, 'float16'] as const] : [])
])

/** Values of the typed array per item: 2 for complex types (real, imaginary), else 1. */
export function componentsOf(dtype: DType): 1 | 2 {
  return dtype.kind === 'c' ? 2 : 1
}

/**
 * The typed array over `count` dense native items at `byteOffset`: a view, or a copy where the bytes are misaligned or
 * the platform lacks Float16Array (then a Float32Array). Undefined for strings, raw bytes and structures.
 */
export function typedOver(
  dtype: DType,
  { buffer, byteOffset, count }: { buffer: ArrayBufferLike; byteOffset: number; count: number }
): TypedArray | undefined {
  const length = count * componentsOf(dtype)
  if (dtype.kind === 'f' && dtype.itemSize === 2) return float16Over(buffer, byteOffset, length)
  const Constructor = CONSTRUCTORS[dtype.kind + dtype.itemSize]
  return Constructor && view(Constructor, { buffer, byteOffset, length })
}

function view(
  Constructor: TypedArrayConstructor,
  { buffer, byteOffset, length }: { buffer: ArrayBufferLike; byteOffset: number; length: number }
): TypedArray {
  const size = Constructor.BYTES_PER_ELEMENT
  if (byteOffset % size === 0) return new Constructor(buffer, byteOffset, length)
  return new Constructor(buffer.slice(byteOffset, byteOffset + length * size), 0, length)
}

function float16Over(buffer: ArrayBufferLike, byteOffset: number, length: number): TypedArray {
  if (Float16) return view(Float16, { buffer, byteOffset, length })
  const bits = view(Uint16Array, { buffer, byteOffset, length })
  return Float32Array.from(bits as Uint16Array, decodeFloat16)
}

/** True when `typedOver` gives a view: writing to it writes the items. */
export function isTypedView(dtype: DType, byteOffset: number): boolean {
  if (dtype.kind === 'f' && dtype.itemSize === 2 && !Float16) return false
  return byteOffset % (dtype.itemSize / componentsOf(dtype)) === 0
}

/** The dtype name of a typed array's class (subclasses such as Node's Buffer included), or undefined. */
export function typedName(values: unknown): string | undefined {
  if (!ArrayBuffer.isView(values)) return undefined
  for (let prototype: unknown = Object.getPrototypeOf(values); prototype;) {
    const name = NAMES.get((prototype as object).constructor)
    if (name) return name
    prototype = Object.getPrototypeOf(prototype)
  }
  return undefined
}
