import type { Chunk, InputStream } from '@nodeacq/stream'

/** What is done with what comes. Chunks are the reader's own. */
export interface TogetherHandlers {
  readonly onSignal: (chunk: Chunk) => Promise<void>
  readonly onEvents: (chunk: Chunk) => Promise<void>
}

/**
 * Reads a signal and the events in it side by side until both have ended; neither waits for the other. When one side fails,
 * the other is given up.
 */
export async function readTogether(
  { signals, events }: { signals: InputStream; events: InputStream },
  { onSignal, onEvents }: TogetherHandlers,
  signal: AbortSignal
): Promise<void> {
  const failure = new AbortController()
  const either = AbortSignal.any([signal, failure.signal])
  const read = async (input: InputStream, take: (chunk: Chunk) => Promise<void>): Promise<void> => {
    try {
      for await (const chunk of input.chunks(either)) await take(chunk)
    } catch (error) {
      failure.abort()
      throw error
    }
  }
  const results = await Promise.allSettled([read(signals, onSignal), read(events, onEvents)])
  for (const result of results) if (result.status === 'rejected') throw result.reason
}
