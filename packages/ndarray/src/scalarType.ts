/** One letter per family, as numpy's `dtype.kind`. */
export type Kind = 'f' | 'i' | 'u' | 'b' | 'c' | 'S' | 'U' | 'M' | 'm' | 'V'
export type ByteOrder = '<' | '>' | '|'

/** What the name of a type without fields says. */
export interface ScalarType {
  readonly kind: Kind
  /** In bytes. */
  readonly itemSize: number
  readonly byteOrder: ByteOrder
  /** Of datetime64 and timedelta64: `'ms'`, `'10us'`, or `''` for none. */
  readonly unit: string | undefined
}

/** The byte order of this machine. */
export const HOST_ORDER: '<' | '>' = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? '<' : '>'

const MAX_ITEM_SIZE = 2 ** 31 - 1

const SIZES: Readonly<Record<string, readonly number[]>> = {
  f: [2, 4, 8],
  i: [1, 2, 4, 8],
  u: [1, 2, 4, 8],
  b: [1],
  c: [8, 16],
  M: [8],
  m: [8]
}

/** Every other spelling that numpy accepts on 64-bit Linux, by the short one. */
const ALIASES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    f2: 'float16 half e',
    f4: 'float32 single f',
    f8: 'float64 float float_ double d',
    i1: 'int8 byte b',
    i2: 'int16 short h',
    i4: 'int32 intc i',
    i8: 'int64 int int_ intp long longlong l q p',
    u1: 'uint8 ubyte B',
    u2: 'uint16 ushort H',
    u4: 'uint32 uintc I',
    u8: 'uint64 uint uintp ulong ulonglong L Q P',
    b1: 'bool bool_ bool8 ?',
    c8: 'complex64 csingle F',
    c16: 'complex128 complex complex_ cdouble D',
    S0: 'S bytes bytes_ a',
    U0: 'U str str_ unicode unicode_',
    V0: 'V void',
    M8: 'datetime64 M',
    m8: 'timedelta64 m'
  }).flatMap(([short, names]) => names.split(' ').map((name) => [name, short] as const))
)

const LONG_NAMES: Readonly<Partial<Record<Kind, string>>> = {
  f: 'float',
  i: 'int',
  u: 'uint',
  c: 'complex',
  M: 'datetime',
  m: 'timedelta'
}

/** Reads one numpy type name or alias (`'float32'`, `'>i4'`, `'=f4'`, `'S12'`, `'M8[ms]'`); undefined when it is none. */
export function readScalarType(text: string): ScalarType | undefined {
  const match = /^([<>=|]?)([^[\]]+)(?:\[(\d{0,9})(Y|M|W|D|h|m|s|ms|us|μs|ns|ps|fs|as|generic)\])?$/.exec(text)
  if (!match) return undefined
  const [, prefix = '', spelled = '', count = '', unit] = match
  const short = ALIASES.get(spelled) ?? spelled
  const parts = /^([fiubcSUVaMm])(\d{1,10})$/.exec(short)
  if (!parts) return undefined
  const kind = (parts[1] === 'a' ? 'S' : parts[1]) as Kind
  const length = Number(parts[2])
  const itemSize = kind === 'U' ? length * 4 : length
  if (itemSize > MAX_ITEM_SIZE || SIZES[kind]?.includes(length) === false) return undefined
  if (unit !== undefined && kind !== 'M' && kind !== 'm') return undefined
  return { kind, itemSize, byteOrder: orderOf(prefix, kind, itemSize), unit: unitOf(kind, count, unit) }
}

function orderOf(prefix: string, kind: Kind, itemSize: number): ByteOrder {
  if (kind === 'S' || kind === 'V' || itemSize === 1) return '|'
  return prefix === '<' || prefix === '>' ? prefix : HOST_ORDER
}

function unitOf(kind: Kind, count: string, unit = 'generic'): string | undefined {
  if (kind !== 'M' && kind !== 'm') return undefined
  if (unit === 'generic') return ''
  const multiple = Number(count || '1')
  return (multiple === 1 ? '' : String(multiple)) + (unit === 'μs' ? 'us' : unit)
}

/** numpy's `str(dtype)` of a type without fields: `'float32'`, `'>i4'`, `'|S12'`, `'<U5'`, `'datetime64[ms]'`. */
export function scalarName(type: ScalarType): string {
  const { kind, itemSize, byteOrder } = type
  if (kind === 'b') return 'bool'
  const long = LONG_NAMES[kind]
  if (long === undefined || (byteOrder !== '|' && byteOrder !== HOST_ORDER)) return byteOrder + sizedName(type)
  return long + itemSize * 8 + bracketed(type.unit)
}

/** The spelling inside a structure: `'<f4'`, `'?'`, `'S4'`, `'<M8[ms]'`. */
export function fieldTypeName(type: ScalarType): string {
  if (type.kind === 'b') return '?'
  const order = type.byteOrder === '|' ? '' : type.byteOrder
  return order + (type.itemSize === 0 ? type.kind : sizedName(type))
}

function sizedName({ kind, itemSize, unit }: ScalarType): string {
  return kind + String(kind === 'U' ? itemSize / 4 : itemSize) + bracketed(unit)
}

function bracketed(unit: string | undefined): string {
  return unit ? `[${unit}]` : ''
}
