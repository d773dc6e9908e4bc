import type { DType, Field } from './DType.ts'
import { DTypeError, ShapeError } from './errors.ts'
import { decodeFloat16, encodeFloat16 } from './float16.ts'
import { shapeText, sizeOf } from './layout.ts'

/** A complex number as `get()` gives it. */
export interface Complex {
  readonly re: number
  readonly im: number
}

/** One item of an array. Numbers of 64 bits are bigints beyond 2^53; sub-arrays are nested lists. */
export type ElementValue = number | bigint | boolean | string | Uint8Array | Complex | ElementRecord
export interface ElementRecord {
  readonly [field: string]: ElementValue | NestedList
}
export type NestedList = readonly (ElementValue | NestedList)[]

type Read = (view: DataView, offset: number) => ElementValue
type Write = (view: DataView, offset: number, value: unknown) => void
interface Codec {
  readonly read: Read
  readonly write: Write
}

const codecs = new WeakMap<DType, Codec>()

/** Reader and writer of one item of a dtype at a byte offset. */
export function elementCodec(dtype: DType): Codec {
  let codec = codecs.get(dtype)
  if (!codec) {
    codec = makeCodec(dtype)
    codecs.set(dtype, codec)
  }
  return codec
}

function makeCodec(dtype: DType): Codec {
  const little = dtype.byteOrder !== '>'
  if (dtype.fields) return recordCodec(dtype.fields)
  switch (dtype.kind) {
    case 'f':
      return floatCodec(dtype.itemSize, little)
    case 'c':
      return complexCodec(floatCodec(dtype.itemSize / 2, little), dtype.itemSize / 2)
    case 'b':
      return {
        read: (view, at) => view.getUint8(at) !== 0,
        write: (view, at, value) => view.setUint8(at, toNumber(value) !== 0 ? 1 : 0)
      }
    case 'i':
    case 'u':
      return dtype.itemSize === 8 ? int64Codec(dtype.kind, little) : integerCodec(dtype.kind + dtype.itemSize, little)
    case 'M':
    case 'm':
      return int64Codec('i', little)
    case 'S':
      return bytesCodec(dtype.itemSize, decodeText)
    case 'V':
      return bytesCodec(dtype.itemSize, (bytes) => bytes)
    case 'U':
      return unicodeCodec(dtype.itemSize / 4, little)
  }
}

function floatCodec(size: number, little: boolean): { read: (view: DataView, at: number) => number; write: Write } {
  if (size === 8) {
    return {
      read: (view, at) => view.getFloat64(at, little),
      write: (view, at, value) => view.setFloat64(at, toNumber(value), little)
    }
  }
  if (size === 4) {
    return {
      read: (view, at) => view.getFloat32(at, little),
      write: (view, at, value) => view.setFloat32(at, toNumber(value), little)
    }
  }
  return {
    read: (view, at) => decodeFloat16(view.getUint16(at, little)),
    write: (view, at, value) => view.setUint16(at, encodeFloat16(toNumber(value)), little)
  }
}

function complexCodec(part: ReturnType<typeof floatCodec>, size: number): Codec {
  return {
    read: (view, at) => ({ re: part.read(view, at), im: part.read(view, at + size) }),
    write: (view, at, value) => {
      const { re, im } = isComplex(value) ? value : { re: value, im: 0 }
      part.write(view, at, re)
      part.write(view, at + size, im)
    }
  }
}

function integerCodec(type: string, little: boolean): Codec {
  switch (type) {
    case 'i1':
      return { read: (view, at) => view.getInt8(at), write: (view, at, value) => view.setInt8(at, toNumber(value)) }
    case 'u1':
      return { read: (view, at) => view.getUint8(at), write: (view, at, value) => view.setUint8(at, toNumber(value)) }
    case 'i2':
      return {
        read: (view, at) => view.getInt16(at, little),
        write: (view, at, value) => view.setInt16(at, toNumber(value), little)
      }
    case 'u2':
      return {
        read: (view, at) => view.getUint16(at, little),
        write: (view, at, value) => view.setUint16(at, toNumber(value), little)
      }
    case 'i4':
      return {
        read: (view, at) => view.getInt32(at, little),
        write: (view, at, value) => view.setInt32(at, toNumber(value), little)
      }
    default:
      return {
        read: (view, at) => view.getUint32(at, little),
        write: (view, at, value) => view.setUint32(at, toNumber(value), little)
      }
  }
}

const LARGEST = 2n ** 53n

function int64Codec(kind: 'i' | 'u', little: boolean): Codec {
  const shorten = (value: bigint): number | bigint => (value <= LARGEST && value >= -LARGEST ? Number(value) : value)
  if (kind === 'i') {
    return {
      read: (view, at) => shorten(view.getBigInt64(at, little)),
      write: (view, at, value) => view.setBigInt64(at, toBigInt(value), little)
    }
  }
  return {
    read: (view, at) => shorten(view.getBigUint64(at, little)),
    write: (view, at, value) => view.setBigUint64(at, toBigInt(value), little)
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const encoder = new TextEncoder()

/** The text of a fixed string: UTF-8 without the NULs at the end, or the bytes themselves when they are no UTF-8. */
function decodeText(bytes: Uint8Array): string | Uint8Array {
  let end = bytes.length
  while (end > 0 && bytes[end - 1] === 0) end--
  const content = bytes.subarray(0, end)
  try {
    return utf8.decode(content)
  } catch {
    return content
  }
}

function bytesCodec(size: number, decode: (bytes: Uint8Array) => string | Uint8Array): Codec {
  return {
    // slice(): decoders refuse shared memory, and the caller gets bytes of its own.
    read: (view, at) => decode(new Uint8Array(view.buffer, view.byteOffset + at, size).slice()),
    write: (view, at, value) => {
      const target = new Uint8Array(view.buffer, view.byteOffset + at, size)
      if (typeof value === 'string') {
        // Through bytes of its own: encodeInto() cuts at a whole character and refuses shared memory.
        const whole = new Uint8Array(size)
        encoder.encodeInto(value, whole)
        target.set(whole)
      } else if (value instanceof Uint8Array) {
        target.fill(0)
        target.set(value.subarray(0, size))
      } else throw new TypeError(`expected a text or a Uint8Array, got ${describe(value)}`)
    }
  }
}

function unicodeCodec(length: number, little: boolean): Codec {
  return {
    read: (view, at) => {
      let end = length
      while (end > 0 && view.getUint32(at + 4 * (end - 1), little) === 0) end--
      let text = ''
      for (let i = 0; i < end; i++) {
        const code = view.getUint32(at + 4 * i, little)
        text += code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd'
      }
      return text
    },
    write: (view, at, value) => {
      if (typeof value !== 'string') throw new TypeError(`expected a text, got ${describe(value)}`)
      let i = 0
      for (const character of value) {
        if (i === length) break
        view.setUint32(at + 4 * i++, character.codePointAt(0)!, little)
      }
      while (i < length) view.setUint32(at + 4 * i++, 0)
    }
  }
}

function recordCodec(fields: readonly Field[]): Codec {
  return {
    // fromEntries defines own properties: a field named __proto__ is only a field.
    read: (view, at) => Object.fromEntries(fields.map((field) => [field.name, readField(field, view, at)])),
    write: (view, at, value) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) {
        throw new TypeError(`expected a record with ${fieldNames(fields)}, got ${describe(value)}`)
      }
      for (const name of Object.keys(value)) {
        if (!fields.some((field) => field.name === name)) {
          throw new TypeError(`expected a record with ${fieldNames(fields)}, got field ${name}`)
        }
      }
      for (const field of fields) {
        if (!Object.hasOwn(value, field.name))
          throw new TypeError(`expected a record with field ${field.name}, got none`)
        writeField(field, { view, at }, (value as Record<string, unknown>)[field.name])
      }
    }
  }
}

function readField({ dtype, offset, shape }: Field, view: DataView, at: number): ElementValue | NestedList {
  const { read } = elementCodec(dtype)
  const readAxis = (axis: number, start: number): ElementValue | NestedList => {
    if (axis === shape.length) return read(view, start)
    const step = sizeOf(shape.slice(axis + 1)) * dtype.itemSize
    return Array.from({ length: shape[axis]! }, (_, i) => readAxis(axis + 1, start + i * step))
  }
  return readAxis(0, at + offset)
}

function writeField({ name, dtype, offset, shape }: Field, to: { view: DataView; at: number }, value: unknown): void {
  const { write } = elementCodec(dtype)
  const writeAxis = (axis: number, start: number, item: unknown): void => {
    if (axis === shape.length) return write(to.view, start, item)
    const length = shape[axis]!
    const list = isList(item) ? item : undefined
    if (list?.length !== length) throw new ShapeError(`field ${name}`, `lists of ${shapeText(shape)}`, describe(item))
    const step = sizeOf(shape.slice(axis + 1)) * dtype.itemSize
    for (let i = 0; i < length; i++) writeAxis(axis + 1, start + i * step, list[i])
  }
  writeAxis(0, to.at + offset, value)
}

/** True for what counts as an axis in nested input: a list or a typed array. */
export function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))
}

export function isComplex(value: unknown): value is Complex {
  if (typeof value !== 'object' || value === null || !('re' in value) || !('im' in value)) return false
  return typeof value.re === 'number' && typeof value.im === 'number'
}

function toNumber(value: unknown): number {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint' || typeof value === 'boolean') return Number(value)
  throw new TypeError(`expected a number, got ${describe(value)}`)
}

/** What numpy on x86 makes of NaN and infinities; as datetime64 it is NaT. */
const NOT_A_NUMBER = -(2n ** 63n)

/** Truncates towards zero; the 64-bit store that follows wraps around. */
export function toBigInt(value: unknown): bigint {
  if (typeof value === 'bigint') return value
  const number = toNumber(value)
  return Number.isFinite(number) ? BigInt(Math.trunc(number)) : NOT_A_NUMBER
}

function fieldNames(fields: readonly Field[]): string {
  return `fields ${fields.map((field) => field.name).join(', ')}`
}

function describe(value: unknown): string {
  if (value === null) return 'null'
  if (isList(value)) return `a list of ${value.length}`
  return typeof value === 'string' ? `the text ${JSON.stringify(value.slice(0, 40))}` : typeof value
}

/** The field of that name. @throws {DTypeError} */
export function fieldOf(dtype: DType, name: string): Field {
  const field = dtype.fields?.find((candidate) => candidate.name === name)
  if (!field)
    throw new DTypeError(
      `field ${JSON.stringify(name)}`,
      dtype.fields ? fieldNames(dtype.fields) : 'a structure',
      dtype.name
    )
  return field
}
