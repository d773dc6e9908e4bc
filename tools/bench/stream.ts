import { NdArray } from '@nodeacq/ndarray'
import { OutputStream, InputStream } from '@nodeacq/stream'
import * as zmq from 'zeromq'
import { BenchChild } from './child.ts'
import { inTurns, quantile } from './rounds.ts'
import { row, type Row } from './rows.ts'
import { sharedMemThroughput } from './sharedMem.ts'
import type { Suite } from './suite.ts'

const CHANNELS = 16
const BYTES_PER_SAMPLE = CHANNELS * 4
/** Samples per chunk, and how many chunks make a round of about half a second. */
const SIZES = [
  { samples: 64, chunks: 40_000 },
  { samples: 1024, chunks: 8000 },
  { samples: 16_384, chunks: 800 }
] as const

const receiverModule = new URL('./streamReceiver.ts', import.meta.url)
const ofQuick = (count: number, quick: boolean) => (quick ? Math.ceil(count / 10) : count)

export const streamSuite: Suite = {
  name: 'stream',
  parts: [
    {
      name: 'plaindata',
      title: 'plaindata between two processes',
      about: 'Chunks of 4 KB, 64 KB and 1 MB as fast as they go, handed over and copied, beside bare zeromq.js.',
      seconds: { full: 150, quick: 15 },
      run: async ({ quick, step }) => {
        await using receiver = new BenchChild(receiverModule)
        const rows: Row[] = []
        for (const protocol of ['tcp', 'ipc'] as const) {
          for (const { samples, chunks } of SIZES) {
            step(`${protocol}, ${samples} samples`)
            rows.push(...(await throughput(receiver, protocol, samples, ofQuick(chunks, quick))))
          }
        }
        return { rows }
      }
    },
    {
      name: 'sharedmem',
      title: 'sharedmem between two processes',
      about: 'Chunks through a ring of 64 MiB, read as a copy and where they lie, beside memcpy into shared memory.',
      seconds: { full: 60, quick: 6 },
      run: async ({ quick, step }) => {
        await using receiver = new BenchChild(receiverModule)
        const rows: Row[] = []
        for (const { samples, chunks } of SIZES) {
          step(`${samples} samples`)
          rows.push(...(await sharedMemThroughput(receiver, { samples, chunks: ofQuick(chunks, quick) })))
        }
        return { rows }
      }
    },
    {
      name: 'inproc',
      title: 'By reference within one process',
      about: 'Chunks of 4 KB handed over by reference.',
      seconds: { full: 5, quick: 1 },
      run: async ({ quick }) => ({ rows: await inprocThroughput(quick ? 30_000 : 300_000) })
    },
    {
      name: 'latency',
      title: 'Latency at 1 kHz',
      about: 'Chunks of 7.5 KB a thousand times a second.',
      seconds: { full: 40, quick: 5 },
      run: async ({ quick, step }) => {
        await using receiver = new BenchChild(receiverModule)
        const rows: Row[] = []
        const ring = { transferMode: 'sharedmem', bufferSize: 60_000, protocol: 'ipc' } as const
        for (const way of [{ protocol: 'tcp' }, { protocol: 'ipc' }, ring] as const) {
          step(way.protocol)
          rows.push(...(await latency(receiver, way, quick ? 500 : 5000)))
        }
        return { rows }
      }
    },
    {
      name: 'memory',
      title: 'Memory of the sender',
      about: 'A million chunks of 1 KB at the pace of their consumer.',
      seconds: { full: 30, quick: 3 },
      run: async ({ quick }) => {
        await using receiver = new BenchChild(receiverModule)
        return { rows: await memory(receiver, quick ? 50_000 : 1_000_000) }
      }
    }
  ]
}

async function throughput(
  receiver: BenchChild,
  protocol: 'tcp' | 'ipc',
  samples: number,
  count: number
): Promise<Row[]> {
  const tail = [-1, CHANNELS]
  // `complete` loses nothing at full speed, but is another path; a PUB with `flow: 'wait'` would be it too. So the
  // output's queue is made as unlimited as the peer's, and what is lost is counted.
  await using output = new OutputStream({ dtype: 'float32', shape: tail, protocol, highWaterMark: 0 })
  await output.configure()
  receiver.tell({ open: 'nodeacq', params: output.params })
  await receiver.next()
  const bare = new zmq.Publisher({ linger: 0, sendHighWaterMark: 0 })
  await bare.bind(protocol === 'tcp' ? 'tcp://127.0.0.1:*' : `ipc:///tmp/nodeacq-bench-${process.pid}-${samples}`)
  receiver.tell({ open: 'bare', address: bare.lastEndpoint })
  await receiver.next()
  await settle(bare)

  let lost = 0
  const ours = (handOver: boolean) => async () => {
    output.startRun()
    receiver.tell({ count: 'nodeacq', chunks: count })
    await receiver.next()
    const start = performance.now()
    const chunk = NdArray.zeros([samples, CHANNELS], 'float32')
    for (let i = 0; i < count; i++) {
      // A handed-over chunk may not be used again, so each is its own, as from a device driver.
      await output.send(handOver ? NdArray.zeros([samples, CHANNELS], 'float32') : chunk, undefined, { handOver })
    }
    await output.endRun()
    const answer = await receiver.next<{ lost: number }>()
    lost += answer.lost
    return (count / (performance.now() - start)) * 1000
  }
  const peer = (copy: boolean) => async () => {
    receiver.tell({ count: 'bare', chunks: count })
    await receiver.next()
    const start = performance.now()
    const source = Buffer.alloc(samples * BYTES_PER_SAMPLE)
    for (let i = 0; i < count; i++) {
      const payload = Buffer.allocUnsafeSlow(source.length)
      if (copy) payload.set(source)
      else payload.fill(0) // what making a fresh chunk costs our side too
      await bare.send([Buffer.alloc(56), payload])
      if ((i & 63) === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    await receiver.next()
    return (count / (performance.now() - start)) * 1000
  }
  const rates = await inTurns({
    handOver: ours(true),
    copy: ours(false),
    bare: peer(false),
    bareCopy: peer(true)
  })
  bare.close()
  const name = `plaindata ${protocol}, ${samples} × ${CHANNELS} float32`
  const mega = (rate: number) => (rate * samples * BYTES_PER_SAMPLE) / 1e6
  return [
    row({
      suite: 'stream',
      case: `${name}, handOver`,
      metric: 'chunks',
      unit: '1/s',
      value: rates.handOver,
      peer: 'bare zeromq.js',
      peerValue: rates.bare,
      better: 'more'
    }),
    row({
      suite: 'stream',
      case: `${name}, copied`,
      metric: 'chunks',
      unit: '1/s',
      value: rates.copy,
      peer: 'bare and one copy',
      peerValue: rates.bareCopy,
      better: 'more'
    }),
    row({
      suite: 'stream',
      case: `${name}, copied`,
      metric: 'bytes',
      unit: 'MB/s',
      value: mega(rates.copy),
      peer: 'bare and one copy',
      peerValue: mega(rates.bareCopy),
      better: 'more'
    }),
    row({ suite: 'stream', case: name, metric: 'lost samples', unit: '', value: lost, better: 'less' })
  ]
}

/** A PUB does not say when its subscriber is there. */
async function settle(bare: zmq.Publisher): Promise<void> {
  for (let i = 0; i < 20; i++) {
    await bare.send(['settle', ''])
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

async function inprocThroughput(count: number): Promise<Row[]> {
  await using output = new OutputStream({ dtype: 'float32', shape: [-1, CHANNELS], protocol: 'inproc' })
  await output.configure()
  await using input = new InputStream()
  await input.connect(output, { delivery: 'complete' })
  const chunk = NdArray.zeros([64, CHANNELS], 'float32')
  const rate = await inTurns({
    byReference: async () => {
      output.startRun()
      input.startRun()
      const start = performance.now()
      let received = 0
      const reading = (async () => {
        for await (const { data } of input.chunks()) {
          received += data.length
          if (received === count * 64) break
        }
      })()
      for (let i = 0; i < count; i++) await output.send(chunk, undefined, { handOver: true })
      await output.endRun()
      await reading
      return (count / (performance.now() - start)) * 1000
    }
  })
  const { lostSamples } = input.status()
  return [
    row({
      suite: 'stream',
      case: 'inproc by reference, 64 × 16 float32',
      metric: 'chunks',
      unit: '1/s',
      value: rate.byReference,
      better: 'more'
    }),
    row({
      suite: 'stream',
      case: 'inproc by reference, 64 × 16 float32',
      metric: 'lost samples',
      unit: '',
      value: lostSamples,
      better: 'less'
    })
  ]
}

async function latency(
  receiver: BenchChild,
  way: { protocol: 'tcp' | 'ipc'; transferMode?: string; bufferSize?: number },
  count: number
): Promise<Row[]> {
  const { protocol, transferMode = 'plaindata' } = way
  await using output = new OutputStream({ dtype: 'float64', shape: [-1, CHANNELS], ...way })
  await output.configure()
  receiver.tell({ open: 'nodeacq', params: output.params })
  await receiver.next()
  const bare = new zmq.Publisher({ linger: 0, sendHighWaterMark: 0 })
  await bare.bind(
    protocol === 'tcp' ? 'tcp://127.0.0.1:*' : `ipc:///tmp/nodeacq-bench-${process.pid}-latency-${transferMode}`
  )
  receiver.tell({ open: 'bare', address: bare.lastEndpoint })
  await receiver.next()
  await settle(bare)

  output.startRun()
  receiver.tell({ time: 'nodeacq', chunks: count })
  await receiver.next()
  const chunk = NdArray.zeros([60, CHANNELS], 'float64')
  const values = chunk.typed() as Float64Array
  await paced(count, async () => {
    values[0] = now()
    await output.send(chunk)
  })
  const ours = await receiver.next<{ latencies: number[] }>()
  receiver.tell({ time: 'bare', chunks: count })
  await receiver.next()
  await paced(count, async () => {
    const payload = new Float64Array(60 * CHANNELS)
    payload[0] = now()
    await bare.send([Buffer.alloc(56), payload])
  })
  const theirs = await receiver.next<{ latencies: number[] }>()
  bare.close()
  const name = `${transferMode} ${protocol}, 7.5 KB at 1 kHz`
  return [0.5, 0.99, 0.999].map((p) =>
    row({
      suite: 'stream',
      case: name,
      metric: `latency p${p * 100}`,
      unit: 'µs',
      value: Math.round(quantile(ours.latencies, p)),
      peer: 'bare zeromq.js',
      peerValue: Math.round(quantile(theirs.latencies, p)),
      better: 'less'
    })
  )
}

/** One call a millisecond by the clock; late ones are made up for. */
async function paced(count: number, send: () => Promise<void>): Promise<void> {
  const start = performance.now()
  for (let sent = 0; sent < count;) {
    if (performance.now() - start < sent) await new Promise((resolve) => setTimeout(resolve, 1))
    else {
      await send()
      sent++
    }
  }
}

/** µs on the clock that all processes of a machine share. */
function now(): number {
  return Number(process.hrtime.bigint() / 1000n)
}

/** With consumers that set the pace, so that no queue grows and what is left is what we keep. */
async function memory(receiver: BenchChild, chunks: number): Promise<Row[]> {
  await using output = new OutputStream({ dtype: 'float32', shape: [-1, CHANNELS], flow: 'wait' })
  await output.configure()
  receiver.tell({ open: 'nodeacq', params: output.params })
  await receiver.next()
  const chunk = NdArray.zeros([16, CHANNELS], 'float32')
  output.startRun()
  receiver.tell({ count: 'nodeacq', chunks })
  await receiver.next()
  let before = 0
  for (let i = 0; i < chunks; i++) {
    if (i === Math.floor(chunks / 2)) before = process.memoryUsage.rss()
    await output.send(chunk)
  }
  await output.endRun()
  const grown = (process.memoryUsage.rss() - before) / 2 ** 20
  const { lost } = await receiver.next<{ lost: number }>()
  const name = `plaindata tcp, ${chunks.toLocaleString('en-US')} chunks of 1 KB`
  return [
    row({
      suite: 'stream',
      case: name,
      metric: 'sender memory grown in the second half',
      unit: 'MiB',
      value: Math.round(grown),
      better: 'less'
    }),
    row({ suite: 'stream', case: name, metric: 'lost samples', unit: '', value: lost, better: 'less' })
  ]
}
