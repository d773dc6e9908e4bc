import { connect } from 'node:net'
import { LslFormatError, LslLostError } from '../LslError.ts'
import { MAX_HEADER, parseStreamInfo, type LslStreamInfo } from '../wire/streamInfo.ts'

/**
 * Asks a stream for its whole header, with `desc`. @param timeout s; default 5
 * @throws {LslLostError} when it does not answer. @throws {LslFormatError}
 */
export async function fetchFullInfo(info: LslStreamInfo, timeout = 5): Promise<LslStreamInfo> {
  const { name, v4Address: host, v4DataPort: port } = info
  const socket = connect({ host, port })
  const timer = setTimeout(() => socket.destroy(new Error(`no answer for ${timeout} s`)), timeout * 1000)
  try {
    socket.write('LSL:fullinfo\r\n')
    const pieces: Buffer[] = []
    let length = 0
    for await (const bytes of socket as AsyncIterable<Buffer>) {
      pieces.push(bytes)
      length += bytes.length
      if (length > MAX_HEADER)
        throw new LslFormatError(`LSL stream '${name}': a header of more than ${MAX_HEADER} bytes`)
    }
    const full = parseStreamInfo(Buffer.concat(pieces).toString('utf8'))
    return { ...full, v4Address: host }
  } catch (cause) {
    if (cause instanceof LslFormatError) throw cause
    throw new LslLostError(`LSL stream '${name}': ${host}:${port}: ${(cause as Error).message}`, { cause })
  } finally {
    clearTimeout(timer)
    socket.destroy()
  }
}
