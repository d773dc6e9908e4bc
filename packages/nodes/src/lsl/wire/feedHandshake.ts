/**
 * The beginning of a feed, protocol 1.10, over TCP to the data port of an outlet.
 *
 *   request    LSL:streamfeed/110 <uid> CRLF  <Header>: <value> CRLF …  CRLF
 *   answer     LSL/110 200 OK CRLF  UID, Byte-Order, Suppress-Subnormals, Data-Protocol-Version  CRLF  two test samples
 *              LSL/110 404 Not found  |  LSL/110 505 Version not supported           without CRLF, then the connection ends
 *
 * Header names are the same in either case, `;` begins a comment. Source: liblsl 1.17, `tcp_server.cpp`, `data_receiver.cpp`.
 */
import { LslFormatError } from '../LslError.ts'
import { formatGeneral } from '../numbers.ts'

/** What an inlet asks a feed for; defaults are what an outlet takes where nothing is said. */
export interface FeedRequest {
  /** Of the whole protocol, times 100. */
  readonly version: number
  /** Empty: whichever. */
  readonly uid: string
  /** 1234: little, 4321: big. */
  readonly byteOrder: number
  /** How many times 10 ms it takes the inlet to turn bytes round; 0: the outlet should. */
  readonly endianPerformance: number
  readonly hasIeeeFloats: boolean
  readonly supportsSubnormals: boolean
  /** Bytes of a value; undefined: as the outlet has them. */
  readonly valueSize: number | undefined
  /** Of the samples, times 100; what outlets go by. */
  readonly protocolVersion: number
  /** Samples that the inlet can keep; 0 or less: it wants none. */
  readonly maxBufferLength: number
  /** Samples that should come together; 0: any number. */
  readonly maxChunkLength: number
  readonly hostname: string
  readonly sourceId: string
  readonly sessionId: string
}

export interface FeedAnswer {
  /** 200: accepted; 404: another uid; 505: another version of the protocol. */
  readonly status: number
  readonly reason: string
  readonly uid: string
  /** Of everything that follows. */
  readonly byteOrder: number
  /** The inlet is asked to make subnormal numbers zero. */
  readonly suppressSubnormals: boolean
  /** Of what follows, times 100. */
  readonly protocolVersion: number
}

export const FEED_METHOD = 'LSL:streamfeed'
export const LITTLE_ENDIAN = 1234
export const BIG_ENDIAN = 4321
/** Bytes of a request, and of an answer, that are waited for. */
export const MAX_HANDSHAKE = 16_384

/** As liblsl writes it. */
export function encodeFeedRequest(request: FeedRequest): Buffer {
  const headers: [string, string | number][] = [
    ['Native-Byte-Order', request.byteOrder],
    ['Endian-Performance', formatGeneral(request.endianPerformance, 6)],
    ['Has-IEEE754-Floats', Number(request.hasIeeeFloats)],
    ['Supports-Subnormals', Number(request.supportsSubnormals)],
    ['Value-Size', request.valueSize ?? 0],
    ['Data-Protocol-Version', request.protocolVersion],
    ['Max-Buffer-Length', request.maxBufferLength],
    ['Max-Chunk-Length', request.maxChunkLength],
    ['Hostname', request.hostname],
    ['Source-Id', request.sourceId],
    ['Session-Id', request.sessionId]
  ]
  const lines = headers.map(([name, value]) => `${name}: ${String(value).replace(/[\r\n]/g, ' ')}`)
  return Buffer.from(`${FEED_METHOD}/${request.version} ${request.uid}\r\n${lines.join('\r\n')}\r\n\r\n`)
}

/** Reads a request from its first line to the empty one. @throws {LslFormatError} */
export function parseFeedRequest(text: string): FeedRequest {
  const [first = '', ...rest] = text.split('\n')
  const [method = '', uid = ''] = first.trim().split(/\s+/)
  const version = Number(/^LSL:streamfeed\/(\d{1,6})$/.exec(method)?.[1] ?? NaN)
  if (Number.isNaN(version)) {
    throw new LslFormatError(`LSL feed: expected ${FEED_METHOD}/110, got ${JSON.stringify(first.trim().slice(0, 60))}`)
  }
  const headers = headersOf(rest)
  const number = (name: string, fallback: number): number => numberOf(name, headers.get(name), fallback)
  const integer = (name: string, fallback: number): number => Math.trunc(number(name, fallback))
  return {
    version,
    uid,
    byteOrder: integer('native-byte-order', LITTLE_ENDIAN),
    endianPerformance: number('endian-performance', 0),
    hasIeeeFloats: (headers.get('has-ieee754-floats') ?? '1') === '1',
    supportsSubnormals: (headers.get('supports-subnormals') ?? '1') === '1',
    valueSize: headers.has('value-size') ? integer('value-size', 0) : undefined,
    protocolVersion: integer('protocol-version', 110),
    maxBufferLength: integer('max-buffer-length', 0),
    maxChunkLength: integer('max-chunk-length', 0),
    hostname: headers.get('hostname') ?? '',
    sourceId: headers.get('source-id') ?? '',
    sessionId: headers.get('session-id') ?? ''
  }
}

/** The answer as it leaves; of a refusal only the first line. */
export function encodeFeedAnswer(answer: FeedAnswer): Buffer {
  const status = `LSL/110 ${answer.status} ${answer.reason}`
  if (answer.status !== 200) return Buffer.from(status)
  const headers = [
    `UID: ${answer.uid}`,
    `Byte-Order: ${answer.byteOrder}`,
    `Suppress-Subnormals: ${Number(answer.suppressSubnormals)}`,
    `Data-Protocol-Version: ${answer.protocolVersion}`
  ]
  return Buffer.from(`${status}\r\n${headers.join('\r\n')}\r\n\r\n`)
}

/** Reads an answer from its first line to the empty one, or to the end of the connection. @throws {LslFormatError} */
export function parseFeedAnswer(text: string): FeedAnswer {
  const [first = '', ...rest] = text.split('\n')
  const [, version = '', status = '', reason = ''] = /^LSL\/(\d{1,6}) (\d{3}) (.*)$/.exec(first.trim()) ?? []
  if (version === '' || Number(version) >= 200) {
    throw new LslFormatError(`LSL feed: expected LSL/110 200 OK, got ${JSON.stringify(first.trim().slice(0, 60))}`)
  }
  const headers = headersOf(rest)
  const integer = (name: string, fallback: number): number => Math.trunc(numberOf(name, headers.get(name), fallback))
  return {
    status: Number(status),
    reason,
    uid: headers.get('uid') ?? '',
    byteOrder: integer('byte-order', LITTLE_ENDIAN),
    suppressSubnormals: headers.get('suppress-subnormals') === '1',
    protocolVersion: integer('data-protocol-version', 110)
  }
}

function headersOf(lines: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>()
  for (const line of lines) {
    const bare = line.trim().replace(/;.*$/, '').trim()
    const colon = bare.indexOf(':')
    if (colon > 0) headers.set(bare.slice(0, colon).trim().toLowerCase(), bare.slice(colon + 1).trim())
  }
  return headers
}

function numberOf(name: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback
  const value = Number(text || NaN)
  if (Number.isFinite(value)) return value
  throw new LslFormatError(`LSL feed: ${name}: expected a number, got '${text.slice(0, 40)}'`)
}
