import { TiaFormatError } from './TiaError.ts'
import { parseXml } from '../../xml.ts'

/**
 * Messages of TiA's control connection, and of its state connection, in both directions; UTF-8 text:
 *
 *   TiA 1.0\n
 *   <command>[:<parameter>]\n
 *   [Content-Length:<bytes>\n]
 *   \n
 *   [content]
 *
 * Spaces around what is between `\n` and `:` do not count, nor does a CR before the LF. From libtia's documentation of
 * the control connection.
 */
const VERSION_LINE = 'TiA 1.0'
const LENGTH_FIELD = 'Content-Length'
/** Bytes of a line; libtia has the same limit. */
const MAX_LINE = 1000
/** Lines before the content. */
const MAX_LINES = 8

/** Bytes of content that a message may have unless told otherwise: room for the names of ten thousand channels. */
const MAX_CONTENT = 1 << 20

export interface TiaMessage {
  readonly command: string
  /** Empty where there is none. */
  readonly parameter: string
  readonly content: string
}

/** A message as bytes, to be sent in one piece: pytia reads an answer once only. */
export function encodeMessage({ command, parameter = '', content = '' }: Partial<TiaMessage>): Uint8Array {
  const line = parameter === '' ? command : `${command}:${parameter}`
  const length = content === '' ? '' : `${LENGTH_FIELD}:${Buffer.byteLength(content)}\n`
  return Buffer.from(`${VERSION_LINE}\n${line}\n${length}\n${content}`)
}

/** Whether an answer says that the command was refused. */
export function isErrorMessage({ command }: TiaMessage): boolean {
  return /^(Validation)?Error\b/.test(command)
}

/** Why: the text of an error, whichever way the server tells it; empty where it tells none. */
export function reasonOf({ command, parameter, content }: TiaMessage): string {
  if (content !== '') return describedBy(content) ?? content.trim()
  const line = parameter === '' ? command : `${command}:${parameter}`
  return /^Error -- (.*)$/.exec(line)?.[1] ?? ''
}

/** The description in `<tiaError description="…"/>`. */
function describedBy(content: string): string | undefined {
  if (!content.includes('<tiaError')) return undefined
  try {
    return parseXml(content, { error: TiaFormatError }).attributes['description']
  } catch {
    return undefined
  }
}

/** Cuts a stream of bytes into messages. After an error the stream is of no use. */
export class MessageReader {
  readonly #maxContent: number
  readonly #line = Buffer.alloc(MAX_LINE)
  #lineLength = 0
  /** Lines of the message that has begun. */
  #lines: string[] = []
  #content: Buffer | undefined
  #contentLength = 0

  constructor({ maxContent = MAX_CONTENT }: { maxContent?: number } = {}) {
    this.#maxContent = maxContent
  }

  /** The messages that are complete with these bytes. @throws {TiaFormatError} */
  *push(bytes: Uint8Array): Generator<TiaMessage, void> {
    let at = 0
    while (at < bytes.length) {
      if (this.#content !== undefined) {
        const taken = Math.min(this.#content.length - this.#contentLength, bytes.length - at)
        this.#content.set(bytes.subarray(at, at + taken), this.#contentLength)
        this.#contentLength += taken
        at += taken
      } else {
        const end = bytes.indexOf(0x0a, at)
        const line = this.#takeLine(bytes.subarray(at, end === -1 ? bytes.length : end), end !== -1)
        at = end === -1 ? bytes.length : end + 1
        if (line !== undefined) this.#accept(line)
      }
      if (this.#content !== undefined && this.#contentLength === this.#content.length) yield this.#finish()
    }
  }

  /** The line that ends with these bytes, without the space around it; undefined while it goes on. */
  #takeLine(bytes: Uint8Array, isEnd: boolean): string | undefined {
    if (this.#lineLength + bytes.length > MAX_LINE)
      throw new TiaFormatError(`TiA message: a line is longer than ${MAX_LINE} bytes`)
    this.#line.set(bytes, this.#lineLength)
    this.#lineLength += bytes.length
    if (!isEnd) return undefined
    const line = this.#line.toString('utf8', 0, this.#lineLength).trim()
    this.#lineLength = 0
    return line
  }

  #accept(line: string): void {
    const place = this.#lines.length
    // Content may be followed by more line ends than were counted.
    if (place === 0 && line === '') return
    if (place === 0 && line !== VERSION_LINE)
      throw new TiaFormatError(`TiA message: expected '${VERSION_LINE}', got ${JSON.stringify(line.slice(0, 40))}`)
    if (place === 1 && line === '') throw new TiaFormatError('TiA message: expected a command, got an empty line')
    if (place > 1 && line === '') {
      this.#content = Buffer.alloc(this.#toldLength())
      return
    }
    if (place === MAX_LINES) throw new TiaFormatError(`TiA message: more than ${MAX_LINES} lines before the content`)
    this.#lines.push(line)
  }

  #toldLength(): number {
    const field = this.#lines
      .slice(2)
      .map(splitLine)
      .find(([name]) => name === LENGTH_FIELD)
    if (field === undefined) return 0
    const length = /^\d{1,10}$/.test(field[1]) ? Number(field[1]) : NaN
    if (!(length <= this.#maxContent))
      throw new TiaFormatError(`TiA message: expected a length of 0–${this.#maxContent} bytes, got '${field[1]}'`)
    return length
  }

  #finish(): TiaMessage {
    const [command, parameter] = splitLine(this.#lines[1]!)
    const content = this.#content!.toString('utf8')
    this.#lines = []
    this.#content = undefined
    this.#contentLength = 0
    return { command, parameter, content }
  }
}

function splitLine(line: string): [name: string, value: string] {
  const colon = line.indexOf(':')
  return colon === -1 ? [line, ''] : [line.slice(0, colon).trim(), line.slice(colon + 1).trim()]
}
