import { connect, type Socket } from 'node:net'
import { isFloatFormat, valueBytes } from '../formats.ts'
import { LslFormatError, LslLostError } from '../LslError.ts'
import { ArchiveReader } from '../wire/archive.ts'
import {
  BIG_ENDIAN,
  encodeFeedRequest,
  LITTLE_ENDIAN,
  MAX_HANDSHAKE,
  parseFeedAnswer,
  type FeedAnswer
} from '../wire/feedHandshake.ts'
import type { SampleBatch, SampleReader } from '../wire/SampleBatch.ts'
import { createSampleReader } from '../wire/samples.ts'
import type { LslStreamInfo } from '../wire/streamInfo.ts'
import { CheckedReader } from './CheckedReader.ts'

export interface FeedOptions {
  /** Samples that the outlet may keep for us. */
  readonly bufferLength: number
  /** Asks for samples of protocol 1.00. Default false. */
  readonly isLegacy?: boolean
  readonly signal: AbortSignal
}

/** ms for the connection, and for the answer. */
const PATIENCE = 5000

/**
 * The samples of a stream, from one connection. What takes them too slowly lets the outlet wait, which drops what it cannot keep.
 * @throws {LslLostError} when the connection ends, or the stream is another. @throws {LslFormatError}
 */
export async function* readFeed(info: LslStreamInfo, options: FeedOptions): AsyncGenerator<SampleBatch> {
  const { name, v4Address: host, v4DataPort: port } = info
  const { signal } = options
  const socket = connect({ host, port, noDelay: true })
  const stop = (): void => void socket.destroy()
  signal.addEventListener('abort', stop, { once: true })
  const timer = setTimeout(() => socket.destroy(new Error(`no answer for ${PATIENCE / 1000} s`)), PATIENCE)
  try {
    if (signal.aborted) return
    socket.setKeepAlive(true, PATIENCE)
    socket.write(requestOf(info, options))
    let head: Buffer = Buffer.alloc(0)
    let reader: CheckedReader | undefined
    for await (const bytes of socket as AsyncIterable<Buffer>) {
      let rest = bytes
      if (reader === undefined) {
        head = Buffer.concat([head, bytes])
        const end = head.indexOf('\r\n\r\n')
        if (end < 0 && head.length > MAX_HANDSHAKE)
          throw new LslFormatError(`expected an answer, got ${head.length} bytes`)
        if (end < 0) continue
        reader = new CheckedReader(readerOf(info, parseFeedAnswer(head.toString('latin1', 0, end))), info)
        rest = head.subarray(end + 4)
        clearTimeout(timer)
      }
      const batch = rest.length === 0 ? undefined : reader.push(rest)
      if (batch !== undefined) yield batch
    }
    // A refusal has no line end.
    if (reader === undefined && head.length > 0) readerOf(info, parseFeedAnswer(head.toString('latin1')))
    throw new Error('the connection has ended')
  } catch (cause) {
    if (signal.aborted) return
    const reason = `LSL stream '${name}' at ${host}:${port}: ${(cause as Error).message}`
    throw cause instanceof LslFormatError ? new LslFormatError(reason, { cause }) : new LslLostError(reason, { cause })
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
    destroyQuietly(socket)
  }
}

function destroyQuietly(socket: Socket): void {
  socket.on('error', () => {})
  socket.destroy()
}

function requestOf(info: LslStreamInfo, { bufferLength, isLegacy = false }: FeedOptions): Buffer {
  const { channelFormat, uid, hostname, sourceId, sessionId } = info
  const request = encodeFeedRequest({
    version: 110,
    uid,
    byteOrder: LITTLE_ENDIAN,
    // 0: what has the other byte order turns it round, if it can.
    endianPerformance: 0,
    hasIeeeFloats: true,
    supportsSubnormals: isFloatFormat(channelFormat),
    valueSize: channelFormat === 'string' ? undefined : valueBytes(channelFormat),
    protocolVersion: isLegacy ? 100 : 110,
    maxBufferLength: Math.max(1, Math.round(bufferLength)),
    maxChunkLength: 0,
    ...{ hostname, sourceId, sessionId }
  })
  // Outlets go by this name, which liblsl's inlets do not use.
  return isLegacy ? Buffer.from(request.toString().replace('Data-Protocol-Version', 'Protocol-Version')) : request
}

/** @throws {LslLostError} {LslFormatError} */
function readerOf(info: LslStreamInfo, answer: FeedAnswer): SampleReader {
  const { status, reason, uid, byteOrder, suppressSubnormals, protocolVersion } = answer
  if (status !== 200) throw new LslLostError(`it answered ${status} ${reason}`)
  if (uid.toLowerCase() !== info.uid.toLowerCase()) throw new LslLostError(`it is another stream now, ${uid}`)
  const { channelFormat: format, channelCount, nominalRate } = info
  const layout = { format, channelCount, nominalRate }
  if (protocolVersion < 110) return new ArchiveReader(layout)
  return createSampleReader(layout, { isBigEndian: byteOrder === BIG_ENDIAN, suppressSubnormals })
}
