import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { isFloatFormat, valueBytes } from '../formats.ts'
import { LslFormatError } from '../LslError.ts'
import type { StreamQuery } from '../query/StreamQuery.ts'
import {
  encodeFeedAnswer,
  FEED_METHOD,
  LITTLE_ENDIAN,
  MAX_HANDSHAKE,
  parseFeedRequest,
  type FeedRequest
} from '../wire/feedHandshake.ts'
import { encodeFullInfo, encodeShortInfo, type LslStreamInfo } from '../wire/streamInfo.ts'
import { samplesHead, type FeedProtocol } from './encodeSamples.ts'
import { FeedQueue, type FeedChunk } from './FeedQueue.ts'

/** What a session has to know of the stream that it serves. */
export interface FeedSource {
  readonly info: LslStreamInfo
  readonly query: StreamQuery
  /** Samples that may wait for a client, whatever it asks for. */
  readonly maxBuffered: number
  /** A client wants samples from now on; called before it is told so. */
  readonly accepted: (session: FeedSession) => void
  readonly dropped: (samples: number) => void
  readonly refused: (reason: string) => void
}

/** ms in which a client has to say what it wants. */
const PATIENCE = 10_000

/**
 * One connection to the data port of an outlet: answers what is asked, and sends samples to whoever asked for the feed.
 *
 *   LSL:streamfeed/110 <uid> CRLF headers CRLF CRLF   samples        LSL:fullinfo CRLF            the header, then the end
 *   LSL:streamfeed CRLF <buffer> <chunk> CRLF         1.00           LSL:shortinfo CRLF query CRLF  the same if it matches
 */
export class FeedSession {
  readonly #socket: Socket
  /** What is read and written: the socket, or what stands before it. */
  readonly #line: Duplex
  readonly #source: FeedSource
  #text = ''
  #queue: FeedQueue | undefined
  #protocol: FeedProtocol = 110

  constructor(socket: Socket, line: Duplex, source: FeedSource) {
    this.#socket = socket
    this.#line = line
    this.#source = source
    socket.setNoDelay(true)
    socket.setKeepAlive(true, PATIENCE)
    socket.setTimeout(PATIENCE, () => {
      if (this.#queue === undefined) socket.destroy()
    })
    // A client that goes ends its connection, in whatever way.
    for (const each of new Set([socket, line])) each.on('error', () => socket.destroy())
    line.on('data', (bytes: Buffer) => this.#hear(bytes))
  }

  get protocol(): FeedProtocol {
    return this.#protocol
  }

  /** Address and port of the client. */
  get peer(): string {
    return `${this.#socket.remoteAddress}:${this.#socket.remotePort}`
  }

  send(chunk: FeedChunk): void {
    this.#queue?.add(chunk)
  }

  #hear(bytes: Buffer): void {
    if (this.#queue !== undefined || this.#line.writableEnded) return
    this.#text += bytes.toString('latin1')
    if (this.#text.length > MAX_HANDSHAKE) return this.#refuse(`a request longer than ${MAX_HANDSHAKE} bytes`)
    try {
      this.#answer()
    } catch (error) {
      if (!(error instanceof LslFormatError)) throw error
      this.#refuse(error.message)
    }
  }

  #answer(): void {
    const end = this.#text.indexOf('\r\n')
    if (end < 0) return
    const method = this.#text.slice(0, end).trim()
    const rest = this.#text.slice(end + 2)
    const { info, query } = this.#source
    if (method === 'LSL:fullinfo') this.#line.end(encodeFullInfo(info))
    else if (method === 'LSL:shortinfo') {
      const line = rest.indexOf('\r\n')
      if (line < 0) return
      this.#line.end(isMatch(query, Buffer.from(rest.slice(0, line), 'latin1').toString()) ? encodeShortInfo(info) : '')
    } else if (method === FEED_METHOD) this.#answerLegacy(rest)
    else if (method.startsWith(`${FEED_METHOD}/`)) {
      const last = rest.indexOf('\r\n\r\n')
      if (last >= 0) this.#answerFeed(parseFeedRequest(this.#text.slice(0, end + 2 + last)), rest.slice(0, last))
    } else this.#refuse(`request ${JSON.stringify(method.slice(0, 40))}`)
  }

  #answerFeed(request: FeedRequest, headers: string): void {
    const { info } = this.#source
    const refusal = { uid: '', byteOrder: LITTLE_ENDIAN, suppressSubnormals: false, protocolVersion: 110 }
    if (Math.floor(request.version / 100) > 1) {
      this.#line.end(encodeFeedAnswer({ ...refusal, status: 505, reason: 'Version not supported' }))
    } else if (request.uid !== '' && request.uid !== info.uid) {
      this.#line.end(encodeFeedAnswer({ ...refusal, status: 404, reason: 'Not found' }))
    } else if (request.version < 110) this.#answerLegacy(`${headers}\r\n`)
    else {
      const size = valueBytes(info.channelFormat)
      const isAlike = request.valueSize === undefined || size === 0 || request.valueSize === size
      const isBinary = isAlike && request.hasIeeeFloats && request.protocolVersion >= 110
      const answer = encodeFeedAnswer({
        status: 200,
        reason: 'OK',
        uid: info.uid,
        byteOrder: LITTLE_ENDIAN,
        suppressSubnormals: isFloatFormat(info.channelFormat) && !request.supportsSubnormals,
        protocolVersion: isBinary ? 110 : 100
      })
      this.#begin(isBinary ? 110 : 100, request.maxBufferLength, answer)
    }
  }

  #answerLegacy(rest: string): void {
    const line = rest.indexOf('\r\n')
    if (line < 0) return
    const length = Number(rest.slice(0, line).trim().split(/\s+/)[0])
    if (!Number.isFinite(length)) return this.#refuse(`a buffer of '${rest.slice(0, Math.min(line, 40))}' samples`)
    this.#begin(100, length, Buffer.alloc(0))
  }

  #begin(protocol: FeedProtocol, bufferLength: number, answer: Buffer): void {
    this.#protocol = protocol
    const head = Buffer.concat([answer, samplesHead(this.#source.info, protocol)])
    if (bufferLength <= 0) {
      this.#line.end(head)
      return
    }
    const { maxBuffered, accepted, dropped } = this.#source
    this.#socket.setTimeout(0)
    this.#line.write(head)
    this.#queue = new FeedQueue(this.#line, Math.min(bufferLength, maxBuffered), dropped)
    accepted(this)
  }

  #refuse(reason: string): void {
    this.#source.refused(reason)
    this.#line.end()
  }
}

function isMatch(query: StreamQuery, text: string): boolean {
  try {
    return query.matches(text)
  } catch {
    return false
  }
}
