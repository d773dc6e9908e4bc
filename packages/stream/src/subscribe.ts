import { InputStream } from './InputStream.ts'
import type { ConnectOptions } from './InputStream.ts'
import type { Chunk } from './input/Chunk.ts'
import type { StreamSource } from './input/source.ts'

/** How `subscribe` connects and when it stops. */
export interface SubscribeOptions extends ConnectOptions {
  /** Ends the reading. */
  signal?: AbortSignal
}

/**
 * Reads a stream without more ado: connects when the loop begins, closes when it ends, which is when the run ends, the
 * signal aborts, or the loop is left.
 *
 * ```ts
 * for await (const { index, data } of subscribe(filter.output)) console.log(index, data.shape)
 * ```
 */
export async function* subscribe(
  source: StreamSource,
  { signal, ...options }: SubscribeOptions = {}
): AsyncGenerator<Chunk, void, undefined> {
  await using input = new InputStream()
  await input.connect(source, options)
  yield* input.chunks(signal)
}
