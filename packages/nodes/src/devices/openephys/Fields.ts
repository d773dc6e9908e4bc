import { MessageError } from './MessageError.ts'

/** A header is some hundred bytes; a payload holds one block. */
const MAX_HEADER = 1 << 16
export const MAX_PAYLOAD = 1 << 26

/** The members of a JSON object, each checked when it is read. */
export class Fields {
  readonly #of: Readonly<Record<string, unknown>>
  readonly #path: string

  private constructor(of: unknown, path: string) {
    if (typeof of !== 'object' || of === null || Array.isArray(of)) throw new MessageError(path, 'an object', typeof of)
    this.#of = of as Readonly<Record<string, unknown>>
    this.#path = path
  }

  /** @throws {MessageError} */
  static parse(bytes: Uint8Array): Fields {
    if (bytes.length > MAX_HEADER) throw new MessageError('header', `at most ${MAX_HEADER} bytes`, bytes.length)
    let json: unknown
    try {
      json = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8'))
    } catch {
      throw new MessageError('header', 'JSON', `${bytes.length} other bytes`)
    }
    return new Fields(json, 'header')
  }

  get members(): Readonly<Record<string, unknown>> {
    return this.#of
  }

  object(name: string): Fields {
    return new Fields(this.#of[name], `${this.#path}.${name}`)
  }

  /** A whole number from 0. */
  count(name: string, whenMissing?: number): number {
    const value = this.#of[name] ?? whenMissing
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
      throw new MessageError(`${this.#path}.${name}`, 'a whole number from 0', value)
    }
    return value
  }

  number(name: string, whenMissing?: number): number {
    const value = this.#of[name] ?? whenMissing
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      throw new MessageError(`${this.#path}.${name}`, 'a number', value)
    }
    return value
  }

  /** Hz */
  rate(name: string): number {
    const value = this.number(name)
    if (value <= 0) throw new MessageError(`${this.#path}.${name}`, 'a rate above 0', value)
    return value
  }

  text(name: string, whenMissing?: string): string {
    const value = this.#of[name] ?? whenMissing
    if (typeof value !== 'string') throw new MessageError(`${this.#path}.${name}`, 'a text', value)
    return value
  }

  numbers(name: string): number[] {
    const value = this.#of[name] ?? []
    if (!Array.isArray(value) || !value.every((item) => typeof item === 'number')) {
      throw new MessageError(`${this.#path}.${name}`, 'a list of numbers', value)
    }
    return value as number[]
  }
}
