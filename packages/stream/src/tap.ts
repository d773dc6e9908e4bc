import { InputStream } from './InputStream.ts'
import type { ConnectOptions } from './InputStream.ts'
import type { Chunk } from './input/Chunk.ts'
import type { StreamSource } from './input/source.ts'

/**
 * Calls `callback` with every chunk of an output, over all of its runs, until the returned input is closed; what
 * pyacq's ThreadPollOutput is for. Resolves when nothing that is sent from now on can be missed.
 */
export async function tap(
  source: StreamSource,
  callback: (chunk: Chunk) => void,
  options: ConnectOptions = {}
): Promise<InputStream> {
  const input = new InputStream()
  await input.connect(source, options)
  input.onData(callback)
  return input
}
