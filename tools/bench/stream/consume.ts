import type { InputStream } from '@nodeacq/stream'
import { sentAt, now } from './stamp.ts'
import { UsageMeter, type Usage } from './UsageMeter.ts'

/** How a run is read. */
export interface ReadOrder {
  /** Samples in each chunk. */
  readonly samples: number
  /** Whether the latency of each chunk is wanted. */
  readonly timed?: boolean
  /** The data of a chunk need not outlive the next step. */
  readonly borrow?: boolean
}

/** What a reader saw of a run. */
export interface ReadReport extends Usage {
  readonly chunks: number
  /** By the account of the input; what `latest` passed over is not in it. */
  readonly lostSamples: number
  readonly skippedSamples: number
  /** Chunks whose content was not what was sent. */
  readonly wrong: number
  /** From the stamp to the loop that reads, µs. */
  readonly latencies: readonly number[]
  /** When the last of it was read, µs. */
  readonly endedAt: number
}

/** Reads and checks every chunk of the next run, to its end. Calls `onReady` when nothing can be missed any more. */
export async function consume(input: InputStream, order: ReadOrder, onReady: () => void): Promise<ReadReport> {
  const { samples, timed = false, borrow = false } = order
  input.startRun()
  const latencies: number[] = []
  let chunks = 0
  let wrong = 0
  const reading = input.chunks({ borrow })
  const usage = new UsageMeter()
  onReady()
  for await (const { data, index } of reading) {
    const at = sentAt(data, index / samples - 1)
    if (Number.isNaN(at) || data.length !== samples) wrong++
    else if (timed) latencies.push(now() - at)
    chunks++
  }
  const endedAt = now()
  const { lostSamples, skippedSamples } = input.status()
  return { ...usage.stop(), chunks, lostSamples, skippedSamples, wrong, latencies, endedAt }
}
