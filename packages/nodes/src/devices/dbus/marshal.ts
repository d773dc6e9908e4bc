import { parseSignature, type DBusType } from './signature.ts'

/**
 * Values as D-Bus writes them: each aligned to its own size, counted from the beginning of the message.
 *
 *   y b n q i u x t d   numbers (b: a boolean, x t: bigint)
 *   s o g               texts
 *   a                   an array; `ay` is a Uint8Array, `a{…}` a Map
 *   ( )                 an array of the fields
 *   v                   written from a `Variant`, read as its value
 *
 * Layout: D-Bus Specification, "Marshaling (Wire Format)".
 */
export interface Variant {
  readonly signature: string
  readonly value: unknown
}

/** Bytes that an array or a message may have. */
export const MAX_BYTES = 1 << 20

/** Writes values, little-endian. */
export class DBusWriter {
  readonly #bytes: number[] = []

  get length(): number {
    return this.#bytes.length
  }

  get bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes)
  }

  write(signature: string, values: readonly unknown[]): this {
    for (const [k, type] of parseSignature(signature).entries()) this.#write(type, values[k])
    return this
  }

  pad(alignment: number): this {
    while (this.#bytes.length % alignment !== 0) this.#bytes.push(0)
    return this
  }

  #write(type: DBusType, value: unknown): void {
    this.pad(type.alignment)
    if ('item' in type) this.#writeArray(type.item, value)
    else if ('fields' in type) {
      for (const [k, field] of type.fields.entries()) this.#write(field, (value as readonly unknown[])[k])
    } else this.#writeBasic(type.code, value)
  }

  #writeBasic(code: string, value: unknown): void {
    switch (code) {
      case 's':
      case 'o': {
        const text = Buffer.from(value as string)
        this.#writeNumber('u', text.length)
        this.#bytes.push(...text, 0)
        return
      }
      case 'g': {
        const text = Buffer.from(value as string)
        this.#bytes.push(text.length, ...text, 0)
        return
      }
      case 'v': {
        const { signature, value: inner } = value as Variant
        this.#writeBasic('g', signature)
        this.write(signature, [inner])
        return
      }
      default:
        this.#writeNumber(code, value as number | bigint | boolean)
    }
  }

  #writeNumber(code: string, value: number | bigint | boolean): void {
    const view = new DataView(new ArrayBuffer(8))
    const { size, set } = NUMBERS[code]!
    set(view, value)
    for (let k = 0; k < size; k++) this.#bytes.push(view.getUint8(k))
  }

  /** The length does not count the padding before the first item. */
  #writeArray(item: DBusType, value: unknown): void {
    const at = this.#bytes.length
    this.#writeNumber('u', 0)
    this.pad(item.alignment)
    const from = this.#bytes.length
    for (const each of value as Iterable<unknown>) this.#write(item, each)
    const { buffer } = Uint32Array.of(0)
    new DataView(buffer).setUint32(0, this.#bytes.length - from, true)
    this.#bytes.splice(at, 4, ...new Uint8Array(buffer))
  }
}

const NUMBERS: Readonly<
  Record<string, { readonly size: number; readonly set: (view: DataView, value: number | bigint | boolean) => void }>
> = {
  y: { size: 1, set: (view, value) => view.setUint8(0, Number(value)) },
  b: { size: 4, set: (view, value) => view.setUint32(0, Number(value), true) },
  n: { size: 2, set: (view, value) => view.setInt16(0, Number(value), true) },
  q: { size: 2, set: (view, value) => view.setUint16(0, Number(value), true) },
  i: { size: 4, set: (view, value) => view.setInt32(0, Number(value), true) },
  u: { size: 4, set: (view, value) => view.setUint32(0, Number(value), true) },
  x: { size: 8, set: (view, value) => view.setBigInt64(0, BigInt(value), true) },
  t: { size: 8, set: (view, value) => view.setBigUint64(0, BigInt(value), true) },
  d: { size: 8, set: (view, value) => view.setFloat64(0, Number(value), true) }
}

/** Reads values. Positions count from the beginning of the bytes. */
export class DBusReader {
  readonly #view: DataView
  readonly #isLittle: boolean
  #at: number

  /** @param from where to begin; @param isLittle byte order */
  constructor(bytes: Uint8Array, from: number, isLittle: boolean) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#at = from
    this.#isLittle = isLittle
  }

  get at(): number {
    return this.#at
  }

  /** @throws {RangeError} when the bytes do not fit the signature. */
  read(signature: string, depth = 0): unknown[] {
    if (depth > 64) throw new RangeError('D-Bus message: variants within variants, more than 64')
    return parseSignature(signature).map((type) => this.#read(type, depth))
  }

  align(alignment: number): void {
    this.#at = Math.ceil(this.#at / alignment) * alignment
  }

  #read(type: DBusType, depth: number): unknown {
    this.align(type.alignment)
    if ('item' in type) return this.#readArray(type.item, depth)
    if ('fields' in type) return type.fields.map((field) => this.#read(field, depth))
    return this.#readBasic(type.code, depth)
  }

  #readBasic(code: string, depth: number): unknown {
    const view = this.#view
    const isLittle = this.#isLittle
    switch (code) {
      case 'y':
        return view.getUint8(this.#take(1))
      case 'b':
        return view.getUint32(this.#take(4), isLittle) !== 0
      case 'n':
        return view.getInt16(this.#take(2), isLittle)
      case 'q':
        return view.getUint16(this.#take(2), isLittle)
      case 'i':
        return view.getInt32(this.#take(4), isLittle)
      case 'u':
        return view.getUint32(this.#take(4), isLittle)
      case 'x':
        return view.getBigInt64(this.#take(8), isLittle)
      case 't':
        return view.getBigUint64(this.#take(8), isLittle)
      case 'd':
        return view.getFloat64(this.#take(8), isLittle)
      case 'g':
        return this.#readText(view.getUint8(this.#take(1)))
      case 'v':
        return this.read(this.#readText(view.getUint8(this.#take(1))), depth + 1)[0]
      default:
        return this.#readText(view.getUint32(this.#take(4), isLittle))
    }
  }

  #readArray(item: DBusType, depth: number): unknown {
    const length = this.#view.getUint32(this.#take(4), this.#isLittle)
    if (length > MAX_BYTES) throw new RangeError(`D-Bus message: an array of ${length} bytes`)
    this.align(item.alignment)
    const end = this.#at + length
    if (item.code === 'y') {
      const from = this.#take(length)
      return new Uint8Array(this.#view.buffer, this.#view.byteOffset + from, length).slice()
    }
    const items: unknown[] = []
    while (this.#at < end) items.push(this.#read(item, depth))
    return item.code === '{' ? new Map(items as [unknown, unknown][]) : items
  }

  #readText(length: number): string {
    const from = this.#take(length)
    // A zero follows that the length does not count.
    this.#take(1)
    return Buffer.from(this.#view.buffer, this.#view.byteOffset + from, length).toString('utf8')
  }

  #take(size: number): number {
    const at = this.#at
    if (at + size > this.#view.byteLength) throw new RangeError(`D-Bus message: expected ${size} bytes at ${at}`)
    this.#at += size
    return at
  }
}
