import { NdArray } from '@nodeacq/ndarray'
import { OutputStream } from '@nodeacq/stream'
import type { BenchChild } from './child.ts'
import { inTurns } from './rounds.ts'
import { row, type Row } from './rows.ts'

const CHANNELS = 16
const BYTES_PER_SAMPLE = CHANNELS * 4
/** Samples in the ring: 64 MiB, more than any cache. */
const RING = 1_048_576

/** Chunks through a shared ring from process to process, beside copying them into shared memory and doing no more. */
export async function sharedMemThroughput(
  receiver: BenchChild,
  { samples, chunks }: { samples: number; chunks: number }
): Promise<Row[]> {
  // With `wait`, the ring is never overrun, so that what is counted has been read.
  await using output = new OutputStream({
    dtype: 'float32',
    shape: [-1, CHANNELS],
    transferMode: 'sharedmem',
    bufferSize: RING,
    protocol: 'ipc',
    flow: 'wait',
    highWaterMark: 0
  })
  await output.configure()
  receiver.tell({ open: 'nodeacq', params: output.params })
  await receiver.next()

  const chunk = NdArray.zeros([samples, CHANNELS], 'float32')
  let lost = 0
  const ours = (count: 'nodeacq' | 'views') => async () => {
    output.startRun()
    receiver.tell({ count, chunks })
    await receiver.next()
    const start = performance.now()
    for (let i = 0; i < chunks; i++) await output.send(chunk)
    await output.endRun()
    lost += (await receiver.next<{ lost: number }>()).lost
    return (chunks / (performance.now() - start)) * 1000
  }
  const memory = new Uint8Array(new SharedArrayBuffer(RING * BYTES_PER_SAMPLE))
  const memcpy = () => {
    const bytes = chunk.bytes()
    const start = performance.now()
    for (let i = 0; i < chunks; i++) memory.set(bytes, (i * bytes.length) % memory.length)
    return Promise.resolve((chunks / (performance.now() - start)) * 1000)
  }
  const rates = await inTurns({ owned: ours('nodeacq'), viewed: ours('views'), memcpy })
  const name = `sharedmem, ${samples} × ${CHANNELS} float32`
  const mega = (rate: number) => (rate * samples * BYTES_PER_SAMPLE) / 1e6
  const beside = { suite: 'stream', peer: 'memcpy', better: 'more' } as const
  return [
    ...(['owned', 'viewed'] as const).flatMap((kind) => [
      row({
        ...beside,
        case: `${name}, ${kind}`,
        metric: 'chunks',
        unit: '1/s',
        value: rates[kind],
        peerValue: rates.memcpy
      }),
      row({
        ...beside,
        case: `${name}, ${kind}`,
        metric: 'bytes',
        unit: 'MB/s',
        value: mega(rates[kind]),
        peerValue: mega(rates.memcpy)
      })
    ]),
    row({ suite: 'stream', case: name, metric: 'lost samples', unit: '', value: lost, better: 'less' })
  ]
}
