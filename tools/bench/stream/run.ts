import { NdArray } from '@nodeacq/ndarray'
import type { OutputStream } from '@nodeacq/stream'
import type * as zmq from 'zeromq'
import { quantile } from '../rounds.ts'
import type { ReadReport } from './consume.ts'
import type { ProcessReaders, Readers } from './readers.ts'
import { pace, saturate, turn, type Paced } from './sending.ts'
import { now, setNumber, stamp } from './stamp.ts'
import { BYTES_PER_SAMPLE, CHANNELS } from './transports.ts'
import { UsageMeter, type Usage } from './UsageMeter.ts'

/** One run as both sides saw it. */
export interface RunResult {
  /** Chunks a second, from the first `send` until the last reader has the last one. */
  readonly rate: number
  readonly sent: number
  readonly sender: Usage
  readonly reports: readonly ReadReport[]
}

/** Sends as fast as it goes for a time, and lets the readers come to the end. */
export async function runAtFullSpeed(
  output: OutputStream,
  readers: Readers,
  options: { samples: number; milliseconds: number; handOver?: boolean; borrow?: boolean }
): Promise<RunResult> {
  const { samples, milliseconds, handOver = false, borrow = false } = options
  const chunk = NdArray.zeros([samples, CHANNELS], 'float32')
  const send = (number: number) => {
    // What is handed over may not be used again, so each is its own, as from a device driver.
    const data = handOver ? NdArray.zeros([samples, CHANNELS], 'float32') : chunk
    setNumber(data, number)
    return output.send(data, undefined, { handOver })
  }
  output.startRun()
  const { reports } = await readers.read({ samples, borrow })
  return timed(() => saturate(milliseconds, send), { end: () => output.endRun(), reports })
}

/** The same from a PUB of bare zeromq, whose queue has no limit. With `copy` each message is copied, as `send` does. */
export async function runBareAtFullSpeed(
  publisher: zmq.Publisher,
  readers: ProcessReaders,
  { samples, milliseconds, copy }: { samples: number; milliseconds: number; copy: boolean }
): Promise<RunResult> {
  const bytes = samples * BYTES_PER_SAMPLE
  const source = Buffer.alloc(bytes)
  const send = async (number: number) => {
    const payload = copy ? Buffer.allocUnsafeSlow(bytes) : Buffer.from(new ArrayBuffer(bytes))
    if (copy) payload.set(source)
    setNumber(payload, number)
    await publisher.send([Buffer.alloc(HEADER), payload])
    await turn()
  }
  const { reports } = await readers.readBare({ samples })
  return timed(() => saturate(milliseconds, send), { end: () => publisher.send('end'), reports })
}

/** Bytes of the header of a plaindata chunk with two axes. */
const HEADER = 56

async function timed(
  send: () => Promise<number>,
  { end, reports }: { end: () => Promise<void>; reports: Promise<readonly ReadReport[]> }
): Promise<RunResult> {
  const usage = new UsageMeter()
  const start = now()
  const sent = await send()
  await end()
  const all = await reports
  const last = Math.max(...all.map(({ endedAt }) => endedAt))
  return { rate: (sent / (last - start)) * 1e6, sent, sender: usage.stop(), reports: all }
}

/** Sends a chunk `rate` times a second. */
export async function runAtRate(
  output: OutputStream,
  readers: Readers,
  { chunk, rate, seconds, borrow }: { chunk: NdArray; rate: number; seconds: number; borrow?: boolean }
): Promise<Omit<RunResult, 'rate'> & Paced> {
  output.startRun()
  const { reports } = await readers.read({ samples: chunk.length, timed: true, borrow: borrow ?? false })
  const usage = new UsageMeter()
  const paced = await pace({ rate, seconds }, (number) => {
    stamp(chunk, number)
    return output.send(chunk)
  })
  await output.endRun()
  const all = await reports
  return { ...paced, sender: usage.stop(), reports: all }
}

/** Samples that did not come, or came otherwise than they were sent, over all readers. */
export function lostOf({ sent, reports }: Pick<RunResult, 'sent' | 'reports'>, samples: number): number {
  return reports.reduce((total, { chunks, wrong }) => total + (sent - chunks + wrong) * samples, 0)
}

/** Quantiles of the latencies of all readers, µs; the maximum under 1. */
export function latencyOf(reports: readonly Pick<ReadReport, 'latencies'>[], p: number): number {
  const all = reports.flatMap(({ latencies }) => latencies)
  return Math.round(quantile(all, p))
}

export function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length
}
