import { SerializeError } from '../errors.ts'
import { MAX_DEPTH, MAX_ITEMS } from './Serializer.ts'
import type { Tree } from './Serializer.ts'

const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y
const SPACE = /[ \t\n\r]*/y
const WORDS: ReadonlyMap<string, Tree> = new Map<string, Tree>([
  ['true', true],
  ['false', false],
  ['null', null],
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity]
])
const WORD = /-?[A-Za-z]+/y
/** An integer of fewer digits is a safe one. */
const SAFE_DIGITS = 15

/**
 * Reads JSON with Python's additions (`NaN`, `Infinity`, `-Infinity`) and without loss: integers beyond 2^53 come as
 * `bigint`. `JSON.parse` refuses the first and rounds the second.
 * @throws {SerializeError}
 */
export function parsePythonJson(text: string): Tree {
  const reader = new Reader(text)
  const value = reader.value(0)
  reader.end()
  return value
}

class Reader {
  readonly #text: string
  #position = 0
  #items = 0

  constructor(text: string) {
    this.#text = text
  }

  value(depth: number): Tree {
    if (depth > MAX_DEPTH) throw this.#malformed(`nesting of at most ${MAX_DEPTH} levels`)
    if (++this.#items > MAX_ITEMS) throw this.#malformed(`at most ${MAX_ITEMS} values`)
    this.#skipSpace()
    switch (this.#text[this.#position]) {
      case '{':
        return this.#map(depth)
      case '[':
        return this.#list(depth)
      case '"':
        return this.#string()
      default:
        return this.#number() ?? this.#word()
    }
  }

  end(): void {
    this.#skipSpace()
    if (this.#position < this.#text.length) throw this.#malformed('the end')
  }

  #map(depth: number): Tree {
    const map: { [key: string]: Tree } = {}
    this.#position++
    if (this.#take('}')) return map
    for (;;) {
      this.#skipSpace()
      if (this.#text[this.#position] !== '"') throw this.#malformed('a key')
      const key = this.#string()
      if (key === '__proto__') throw this.#malformed('a key other than __proto__')
      if (!this.#take(':')) throw this.#malformed("':'")
      map[key] = this.value(depth + 1)
      if (this.#take('}')) return map
      if (!this.#take(',')) throw this.#malformed("',' or '}'")
    }
  }

  #list(depth: number): Tree {
    const list: Tree[] = []
    this.#position++
    if (this.#take(']')) return list
    for (;;) {
      list.push(this.value(depth + 1))
      if (this.#take(']')) return list
      if (!this.#take(',')) throw this.#malformed("',' or ']'")
    }
  }

  #string(): string {
    const from = this.#position
    let to = this.#text.indexOf('"', from + 1)
    while (to !== -1 && this.#isEscaped(to)) to = this.#text.indexOf('"', to + 1)
    if (to === -1) throw this.#malformed('the end of a text')
    this.#position = to + 1
    const inner = this.#text.slice(from + 1, to)
    // oxlint-disable-next-line eslint/no-control-regex -- JSON forbids exactly these
    if (!/[\\\u0000-\u001f]/.test(inner)) return inner
    try {
      return JSON.parse(`"${inner}"`) as string
    } catch (cause) {
      throw this.#malformed('a text', cause)
    }
  }

  /** Whether an odd number of backslashes stands before a quote. */
  #isEscaped(quote: number): boolean {
    let first = quote
    while (this.#text[first - 1] === '\\') first--
    return (quote - first) % 2 === 1
  }

  #number(): number | bigint | undefined {
    NUMBER.lastIndex = this.#position
    const match = NUMBER.exec(this.#text)
    if (!match) return undefined
    const [digits, fraction, exponent] = match
    this.#position += digits.length
    if (fraction !== undefined || exponent !== undefined) return Number(digits)
    if (digits.length <= SAFE_DIGITS) return digits === '-0' ? 0 : Number(digits)
    if (digits.length > 1000) throw this.#malformed('an integer of at most 1000 digits')
    return BigInt(digits)
  }

  #word(): Tree {
    WORD.lastIndex = this.#position
    const word = WORD.exec(this.#text)?.[0] ?? ''
    const value = WORDS.get(word)
    if (value === undefined) throw this.#malformed('a value')
    this.#position += word.length
    return value
  }

  #take(character: string): boolean {
    this.#skipSpace()
    if (this.#text[this.#position] !== character) return false
    this.#position++
    return true
  }

  #skipSpace(): void {
    const code = this.#text.charCodeAt(this.#position)
    if (code > 0x20) return
    SPACE.lastIndex = this.#position
    SPACE.exec(this.#text)
    this.#position = SPACE.lastIndex
  }

  #malformed(expected: string, cause?: unknown): SerializeError {
    const at = this.#position
    const got = at < this.#text.length ? JSON.stringify(this.#text.slice(at, at + 20)) : 'the end'
    return new SerializeError(`a JSON message: expected ${expected} at character ${at}, got ${got}`, { cause })
  }
}
