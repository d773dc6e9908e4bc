/**
 * Discovery: one datagram each way, to port 16571 of a group or host, and back to the port that the question names.
 *
 *   question   LSL:shortinfo CRLF  <query> CRLF  <return port> <query id> CRLF
 *   answer     <query id> CRLF  <header, short>
 *
 * Source: liblsl 1.17, `udp_server.cpp`, `resolve_attempt_udp.cpp`. Outlets also take LF, blanks around, and more behind.
 */
import { LslFormatError } from '../LslError.ts'
import { MAX_HEADER, parseStreamInfo, type LslStreamInfo } from './streamInfo.ts'

/** Asks which streams match. */
export interface LslQuestion {
  /** XPath 1.0, with the header's `<info>` as context; empty: all streams. */
  readonly query: string
  /** Where the answer goes, at the address the question came from. */
  readonly returnPort: number
  /** Comes back with the answer; no white space. */
  readonly id: string
}

const METHOD = 'LSL:shortinfo'

export function encodeQuestion({ query, returnPort, id }: LslQuestion): Buffer {
  return Buffer.from(`${METHOD}\r\n${query}\r\n${returnPort} ${id}\r\n`)
}

/** @throws {LslFormatError} */
export function parseQuestion(datagram: Buffer): LslQuestion {
  const [method = '', query = '', route = ''] = datagram.toString('utf8').split(/\r?\n/)
  if (method.trim() !== METHOD) {
    throw new LslFormatError(`LSL question: expected '${METHOD}', got ${JSON.stringify(method.slice(0, 40))}`)
  }
  const [port = '', id = ''] = route.trim().split(/\s+/)
  const returnPort = Number(port)
  if (!/^\d{1,5}$/.test(port) || returnPort === 0 || returnPort > 65_535) {
    throw new LslFormatError(`LSL question: expected a return port, got '${port.slice(0, 40)}'`)
  }
  return { query: query.trim(), returnPort, id }
}

/** @param header of `encodeShortInfo` */
export function encodeAnswer(id: string, header: string): Buffer {
  return Buffer.from(`${id}\r\n${header}`)
}

/** @throws {LslFormatError} */
export function parseAnswer(datagram: Buffer): { readonly id: string; readonly info: LslStreamInfo } {
  const end = datagram.indexOf(0x0a)
  if (end < 0 || datagram.length > MAX_HEADER) throw new LslFormatError('LSL answer: expected an id and a header')
  return {
    id: datagram.toString('utf8', 0, end).trim(),
    info: parseStreamInfo(datagram.toString('utf8', end + 1))
  }
}
