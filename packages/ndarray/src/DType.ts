import { DTypeError } from './errors.ts'
import { parseLiteral, quote, quoteShort } from './literal.ts'
import type { ByteOrder, Kind, ScalarType } from './scalarType.ts'
import { fieldTypeName, HOST_ORDER, readScalarType, scalarName } from './scalarType.ts'

/** One field of a structured dtype: `['x', '<f4']`, or with a sub-array shape `['x', '<f4', [3]]`. */
export type FieldSpec =
  | readonly [name: string, type: string | readonly FieldSpec[]]
  | readonly [name: string, type: string | readonly FieldSpec[], shape: readonly number[]]

/** Whatever names a dtype: a numpy name or list literal, a list of fields, or a DType. */
export type DTypeLike = string | DType | readonly FieldSpec[]

/** A field as it lies in an item. */
export interface Field {
  readonly name: string
  readonly dtype: DType
  /** In bytes, from the start of the item. */
  readonly offset: number
  /** Of the sub-array; `[]` for a plain field. */
  readonly shape: readonly number[]
}

/** One field as pyacq's `params` carry it. */
export type WireField = [name: string, type: WireDType] | [name: string, type: WireDType, shape: number[]]
export type WireDType = string | WireField[]

/** Limits of what is accepted from a peer. */
const MAX_FIELDS = 4096
const MAX_DEPTH = 16
const MAX_AXES = 32
const MAX_ITEM_SIZE = 2 ** 31 - 1

/**
 * The type of an array's items, in numpy's terms; made by `parseDType`. Structures are packed, as numpy's default.
 *
 * ```ts
 * parseDType('f4').name                                  // 'float32'
 * parseDType([['index', 'int64'], ['label', 'S4']]).name // "[('index', '<i8'), ('label', 'S4')]"
 * ```
 */
export class DType {
  /** Exactly numpy's `str(dtype)`; two dtypes are equal when their names are. */
  readonly name: string
  readonly kind: Kind
  /** In bytes. */
  readonly itemSize: number
  /** `'|'` where order means nothing; of a structure `'|'`, its fields have their own. */
  readonly byteOrder: ByteOrder
  /** True when all bytes are in the order of this machine. */
  readonly isNative: boolean
  readonly fields: readonly Field[] | undefined
  /** Of datetime64 and timedelta64: `'ms'`, `'10us'`, or `''` for none. */
  readonly unit: string | undefined

  /** Use `parseDType`. */
  constructor(type: ScalarType | readonly Field[]) {
    if ('kind' in type) {
      this.name = scalarName(type)
      this.kind = type.kind
      this.itemSize = type.itemSize
      this.byteOrder = type.byteOrder
      this.isNative = type.byteOrder === '|' || type.byteOrder === HOST_ORDER
      this.unit = type.unit
    } else {
      const last = type.at(-1)
      this.name = `[${type.map(fieldText).join(', ')}]`
      this.kind = 'V'
      this.itemSize = last ? last.offset + fieldSize(last) : 0
      this.byteOrder = '|'
      this.isNative = type.every((field) => field.dtype.isNative)
      this.fields = type
    }
  }

  equals(other: DTypeLike): boolean {
    return this.name === parseDType(other).name
  }

  /** The same type with all bytes in the order of this machine. */
  toNative(): DType {
    if (this.isNative) return this
    if (!this.fields)
      return new DType({ kind: this.kind, itemSize: this.itemSize, byteOrder: HOST_ORDER, unit: this.unit })
    return new DType(this.fields.map((field) => ({ ...field, dtype: field.dtype.toNative() })))
  }

  /** What pyacq puts into `params`: the name, or for a structure a list of `[name, type]` or `[name, type, shape]`. */
  toWire(): WireDType {
    if (!this.fields) return this.name
    return this.fields.map(({ name, dtype, shape }): WireField => {
      const type = dtype.fields ? dtype.toWire() : fieldTypeName(dtype as ScalarType)
      return shape.length > 0 ? [name, type, [...shape]] : [name, type]
    })
  }

  toString(): string {
    return this.name
  }
}

const known = new Map<string, DType>()
const MAX_KNOWN = 512

/**
 * Reads a dtype. Accepts numpy's names and aliases (`'float32'`, `'f4'`, `'>i4'`, `'int'`, `'S12'`, `'datetime64[ms]'`),
 * the list literal that numpy prints for structures (parsed, never evaluated), and lists of `[name, type]` or
 * `[name, type, shape]`. Padded structures (`{'names': …}`), Python objects and types over 8 bytes are refused.
 *
 * @throws {DTypeError}
 */
export function parseDType(spec: DTypeLike): DType {
  if (spec instanceof DType) return spec
  if (typeof spec !== 'string') return structure(spec, 0)
  const found = known.get(spec)
  if (found) return found
  const dtype = parseText(spec)
  if (known.size >= MAX_KNOWN) known.clear()
  known.set(spec, dtype)
  return dtype
}

function parseText(text: string): DType {
  const trimmed = text.trim()
  if (trimmed.startsWith('[')) return structure(parseLiteral(trimmed), 0)
  if (trimmed.startsWith('{')) throw new DTypeError('dtype', 'a packed structure without padding', quoteShort(text))
  const type = readScalarType(trimmed)
  if (!type) throw new DTypeError('dtype', "a numpy type name such as 'float32' or '>i4'", quoteShort(text))
  return new DType(type)
}

function structure(spec: unknown, depth: number): DType {
  if (!Array.isArray(spec)) throw new DTypeError('dtype', 'a name or a list of fields', describe(spec))
  if (spec.length > MAX_FIELDS) throw new DTypeError('dtype', `at most ${MAX_FIELDS} fields`, `${spec.length}`)
  if (depth > MAX_DEPTH) throw new DTypeError('dtype', `at most ${MAX_DEPTH} levels`, 'more')
  const names = new Set<string>()
  const fields: Field[] = []
  let offset = 0
  for (const [position, item] of spec.entries()) {
    const field = readField(item, { position, offset, depth })
    if (names.has(field.name)) throw new DTypeError('dtype', 'different field names', `${quote(field.name)} twice`)
    names.add(field.name)
    fields.push(field)
    offset += fieldSize(field)
    if (offset > MAX_ITEM_SIZE) throw new DTypeError('dtype', `at most ${MAX_ITEM_SIZE} bytes per item`, 'more')
  }
  return new DType(fields)
}

function readField(item: unknown, at: { position: number; offset: number; depth: number }): Field {
  const expected = 'a field as [name, type] or [name, type, shape]'
  if (!Array.isArray(item) || item.length < 2 || item.length > 3)
    throw new DTypeError('dtype', expected, describe(item))
  const [name, type, shape] = item as readonly unknown[]
  if (typeof name !== 'string') throw new DTypeError('dtype', 'a text as field name', describe(name))
  const dtype =
    type instanceof DType ? type : typeof type === 'string' ? parseDType(type) : structure(type, at.depth + 1)
  return { name: name || `f${at.position}`, dtype, offset: at.offset, shape: readSubShape(shape, name) }
}

function readSubShape(shape: unknown, name: string): readonly number[] {
  if (shape === undefined || shape === null) return []
  const axes: readonly unknown[] = Array.isArray(shape) ? shape : [shape]
  const isShape = axes.length <= MAX_AXES && axes.every((n) => Number.isSafeInteger(n) && (n as number) >= 0)
  if (!isShape) throw new DTypeError(`field ${quoteShort(name)}`, 'a sub-array shape', describe(shape))
  return axes as number[]
}

function fieldSize({ dtype, shape }: Field): number {
  return shape.reduce((size, length) => size * length, dtype.itemSize)
}

function fieldText({ name, dtype, shape }: Field): string {
  const type = dtype.fields ? dtype.name : quote(fieldTypeName(dtype as ScalarType))
  if (shape.length === 0) return `(${quote(name)}, ${type})`
  return `(${quote(name)}, ${type}, (${shape.join(', ')}${shape.length === 1 ? ',' : ''}))`
}

function describe(value: unknown): string {
  if (typeof value === 'string') return quoteShort(value)
  if (Array.isArray(value)) return `a list of ${value.length}`
  return value === null ? 'null' : typeof value
}
