import { DTypeError } from './errors.ts'

/** What a Python literal of strings, whole numbers, tuples and lists becomes; tuples become lists. */
export type Literal = string | number | readonly Literal[]

const MAX_LENGTH = 65_536
const MAX_DEPTH = 16
const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v'
}
const HEX_DIGITS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 }

/**
 * Parses the subset of Python literals that `str(dtype)` prints: strings in single or double quotes, whole numbers,
 * tuples and lists. Nothing is evaluated; at most 65,536 characters and 16 levels.
 *
 * @throws {DTypeError} for anything else.
 */
export function parseLiteral(text: string): Literal {
  if (text.length > MAX_LENGTH) throw new DTypeError('dtype text', `at most ${MAX_LENGTH} characters`, `${text.length}`)
  let at = 0

  const fail = (expected: string): never => {
    const got = at < text.length ? `${JSON.stringify(text.slice(at, at + 16))} at ${at}` : 'the end'
    throw new DTypeError(`dtype ${quoteShort(text)}`, expected, got)
  }
  const skipBlanks = (): void => {
    while (at < text.length && ' \t\r\n'.includes(text[at]!)) at++
  }

  function readSequence(close: string, depth: number): Literal[] {
    const items: Literal[] = []
    at++
    for (;;) {
      skipBlanks()
      if (text[at] === close) break
      items.push(readValue(depth + 1))
      skipBlanks()
      if (text[at] === ',') at++
      else if (text[at] !== close) fail(`',' or '${close}'`)
    }
    at++
    return items
  }

  function readEscape(): string {
    const letter = text[at++] ?? ''
    const digits = HEX_DIGITS[letter]
    if (digits === undefined) {
      const plain = Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : undefined
      return plain ?? fail('a known escape')
    }
    const hex = text.slice(at, at + digits)
    const code = hex.length === digits && /^[0-9a-fA-F]+$/.test(hex) ? Number.parseInt(hex, 16) : Infinity
    if (code > 0x10ffff) fail(`${digits} hexadecimal digits of a code point`)
    at += digits
    return String.fromCodePoint(code)
  }

  function readString(quote: string): string {
    let value = ''
    for (at++; text[at] !== quote;) {
      if (at >= text.length) fail(`a closing ${quote}`)
      const character = text[at++]!
      value += character === '\\' ? readEscape() : character
    }
    at++
    return value
  }

  function readNumber(): number {
    const digits = /^\d{1,15}/.exec(text.slice(at, at + 15))?.[0]
    if (digits === undefined) return fail('a string, a whole number, a tuple or a list')
    at += digits.length
    return Number(digits)
  }

  function readValue(depth: number): Literal {
    if (depth > MAX_DEPTH) fail(`at most ${MAX_DEPTH} levels`)
    skipBlanks()
    const character = text[at]
    if (character === '[') return readSequence(']', depth)
    if (character === '(') return readSequence(')', depth)
    if (character === "'" || character === '"') return readString(character)
    return readNumber()
  }

  const value = readValue(0)
  skipBlanks()
  if (at < text.length) fail('the end')
  return value
}

/** Python's `repr` of a text: single quotes unless it holds only single ones, unprintable characters escaped. */
export function quote(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'"
  let quoted = mark
  for (const character of text) quoted += quoteCharacter(character, mark)
  return quoted + mark
}

function quoteCharacter(character: string, mark: string): string {
  if (character === mark || character === '\\') return `\\${character}`
  if (character === '\n') return '\\n'
  if (character === '\r') return '\\r'
  if (character === '\t') return '\\t'
  if (character === ' ' || !/[\p{C}\p{Z}]/u.test(character)) return character
  const code = character.codePointAt(0)!
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`
  if (code < 0x10000) return `\\u${code.toString(16).padStart(4, '0')}`
  return `\\U${code.toString(16).padStart(8, '0')}`
}

/** The text for an error message: quoted, cut at 80 characters. */
export function quoteShort(text: string): string {
  return quote(text.length > 80 ? `${text.slice(0, 80)}…` : text)
}
