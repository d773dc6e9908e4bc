import { InputStream } from './InputStream.ts'
import type { ConnectOptions } from './InputStream.ts'
import type { Chunk } from './input/Chunk.ts'
import type { StreamSource } from './input/source.ts'

/** How `subscribe` connects and when it stops. */
export interface SubscribeOptions extends ConnectOptions {
  /** Ends the reading. */
  signal?: AbortSignal
}

/** The chunks of a stream, and when they begin. */
export interface Subscription extends AsyncGenerator<Chunk, void, undefined> {
  /** Resolves when nothing that is sent from now on can be missed. */
  readonly connected: Promise<void>
}

/**
 * Reads a stream without more ado. Connects at once, so that a graph may be started before the loop begins, and closes
 * when the loop ends: when the run ends, the signal aborts, or the loop is left.
 *
 * ```ts
 * const filtered = subscribe(filter.output)
 * await filtered.connected
 * await manager.startAll()
 * for await (const { index, data } of filtered) console.log(index, data.shape)
 * ```
 */
export function subscribe(source: StreamSource, { signal, ...options }: SubscribeOptions = {}): Subscription {
  const input = new InputStream()
  const connected = input.connect(source, options)
  // A failure belongs to whoever awaits `connected` or reads; it is no unhandled rejection before that.
  connected.catch(() => undefined)
  const generator = read(input, { connected, signal })
  const close = generator.return.bind(generator)
  return Object.assign(generator, {
    connected,
    // A generator that was never started does not run its last lines.
    return: async () => {
      await input.close()
      return close()
    }
  })
}

async function* read(
  input: InputStream,
  { connected, signal }: { connected: Promise<void>; signal: AbortSignal | undefined }
): AsyncGenerator<Chunk, void, undefined> {
  try {
    await connected
    yield* input.chunks(signal)
  } finally {
    await input.close()
  }
}
