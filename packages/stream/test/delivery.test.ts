import { expect, test } from 'vitest'
import { InputStream, OutputStream } from '@nodeacq/stream'
import type { Chunk, ConnectOptions, LedgerSnapshot } from '@nodeacq/stream'
import { collect, ramp, rampStart, sendRamp, streamPair } from './streams.ts'

const CONNECTS = process.env['NODEACQ_SOAK'] === '1' ? 300 : 30
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Reads with a pause after each chunk, so that the output runs away. */
async function readSlowly(input: InputStream, pause: () => Promise<unknown>): Promise<Chunk[]> {
  const chunks: Chunk[] = []
  for await (const chunk of input.chunks()) {
    chunks.push(chunk)
    await pause()
  }
  return chunks
}

/** Every sample that was sent is in a chunk or in a gap, and the gaps of the chunks are those of the ledger. */
function expectAccounted(chunks: readonly Chunk[], account: LedgerSnapshot, sent: number): void {
  expect(account.received + account.lost + account.skipped).toBe(sent)
  expect(chunks.reduce((sum, { data }) => sum + data.length, 0)).toBe(account.received)
  let next = 0
  for (const { index, data, gaps } of chunks) {
    for (const { from, to } of gaps) {
      expect(from).toBe(next)
      next = to
    }
    expect(index - data.length).toBe(next)
    expect(rampStart(data)).toBe(next)
    next = index
  }
  expect(account.next).toBe(sent)
}

for (const protocol of ['tcp', 'ipc', 'inproc'] as const) {
  test(`${protocol}: no connection misses the first sample that is sent after it`, async () => {
    const found: number[] = []
    for (let i = 0; i < CONNECTS; i++) {
      await using pair = await streamPair({ protocol })
      for (let chunk = 0; chunk < 5; chunk++) await pair.output.send(ramp(chunk * 8, 8))
      const { data } = await pair.input.recv()
      found.push(rampStart(data!))
    }
    expect(found).toEqual(new Array<number>(CONNECTS).fill(0))
  })

  test(`${protocol}: bestEffort drops what is not taken in time, and says exactly what`, async () => {
    await using pair = await streamPair({ protocol, highWaterMark: 5 }, { spec: { highWaterMark: 5 } })
    // Large chunks, so that the buffers of the operating system do not hold them all.
    const size = protocol === 'inproc' ? 10 : 100_000
    const count = protocol === 'inproc' ? 3000 : 300
    const reading = readSlowly(pair.input, protocol === 'inproc' ? turn : () => new Promise((r) => setTimeout(r, 2)))
    const chunk = (i: number): ReturnType<typeof ramp> => ramp(i * size, size)
    for (let i = 0; i < count; i++) await pair.output.send(chunk(i), undefined, { handOver: true })
    await pair.output.endRun()
    const chunks = await reading
    const account = pair.input.ledger.snapshot()
    expectAccounted(chunks, { ...account }, count * size)
    expect(account.lost).toBeGreaterThan(0)
    expect(account.skipped).toBe(0)
    expect(account.gaps.every(({ cause, declared }) => cause === 'dropped' && !declared)).toBe(true)
  })

  test(`${protocol}: complete with little retention loses only what fell out of it, and says exactly what`, async () => {
    await using pair = await streamPair({ protocol, retention: { bytes: 20_000 } }, { delivery: 'complete' })
    const reading = readSlowly(pair.input, turn)
    for (let i = 0; i < 6000; i++) await pair.output.send(ramp(i * 20, 20))
    await pair.output.endRun()
    const chunks = await reading
    const account = pair.input.ledger.snapshot()
    expectAccounted(chunks, account, 120_000)
    expect(account.lost).toBeGreaterThan(0)
    expect(account.gaps.every(({ cause }) => cause === 'retention')).toBe(true)
  })

  test(`${protocol}: complete begins at sample 0 of the run, also when it comes late`, async () => {
    await using pair = await streamPair({ protocol })
    pair.output.startRun()
    await sendRamp(pair.output, 50, 10)
    await using late = new InputStream()
    await late.connect(pair.output, { delivery: 'complete' })
    await sendRamp(pair.output, 50, 10, 500)
    await pair.output.endRun()
    expectAccounted(await collect(late.chunks()), late.ledger.snapshot(), 1000)
    expect(late.ledger.snapshot()).toMatchObject({ joinedAt: 0, lost: 0 })
  })

  test(`${protocol}: a waiting output loses nothing to anyone at full speed, and waits for no one who wants the latest`, async () => {
    await using output = new OutputStream({ protocol, shape: [-1, 2], flow: 'wait', retention: { bytes: 10_000 } })
    await output.configure()
    await using first = new InputStream()
    await using second = new InputStream()
    await using viewer = new InputStream()
    await first.connect(output)
    await second.connect(output, { delivery: 'complete' })
    await viewer.connect(output, { delivery: 'latest' }) // reads only at the end
    expect(first.info.flow).toBe('wait')
    const fast = collect(first.chunks())
    const slow = readSlowly(second, turn)
    for (let i = 0; i < 5000; i++) await output.send(ramp(i * 8, 8))
    await output.endRun()
    for (const [input, chunks] of [
      [first, await fast],
      [second, await slow]
    ] as const) {
      const account = input.ledger.snapshot()
      expectAccounted(chunks, account, 40_000)
      expect(account).toMatchObject({ lost: 0, skipped: 0, gapCount: 0 })
    }
    const newest = await collect(viewer.chunks())
    const account = viewer.ledger.snapshot()
    expect(account.lost).toBe(0)
    expectAccounted(newest, account, 40_000)
  })

  test(`${protocol}: an output that waits does not wait when nobody listens`, async () => {
    await using output = new OutputStream({ protocol, shape: [-1, 2], flow: 'wait' })
    await output.configure()
    await sendRamp(output, 3000, 8)
    expect(output.index).toBe(24_000)
  })

  test(`${protocol}: a reader that stops no longer holds up a waiting output`, async () => {
    await using pair = await streamPair({ protocol, flow: 'wait' })
    const sending = sendRamp(pair.output, 4000, 8)
    for await (const { index } of pair.input.chunks()) if (index >= 80) break
    await sending
    expect(pair.output.index).toBe(32_000)
  })

  test(`${protocol}: a slow consumer in a small shared ring is told of every overrun`, async () => {
    await using pair = await streamPair(
      { protocol, transferMode: 'sharedmem', bufferSize: 64 },
      { delivery: 'complete' }
    )
    const reading = readSlowly(pair.input, turn)
    for (let i = 0; i < 3000; i++) await pair.output.send(ramp(i * 8, 8))
    await pair.output.endRun()
    const chunks = await reading
    const account = pair.input.ledger.snapshot()
    expectAccounted(chunks, account, 24_000)
    expect(account.lost).toBeGreaterThan(0)
  })

  test(`${protocol}: a waiting output does not overwrite a small shared ring before it was read`, async () => {
    await using pair = await streamPair({ protocol, transferMode: 'sharedmem', bufferSize: 64, flow: 'wait' })
    const reading = readSlowly(pair.input, turn)
    for (let i = 0; i < 1000; i++) await pair.output.send(ramp(i * 8, 8))
    await pair.output.endRun()
    const chunks = await reading
    expectAccounted(chunks, pair.input.ledger.snapshot(), 8000)
    expect(pair.input.ledger.snapshot()).toMatchObject({ lost: 0, gapCount: 0 })
  })

  test(`${protocol}: a reader that goes from one run to the next is waited for in between`, async () => {
    await using pair = await streamPair({ protocol, transferMode: 'sharedmem', bufferSize: 100, flow: 'wait' })
    await pair.output.endRun()
    pair.output.startRun()
    const sending = sendRamp(pair.output, 6, 40).then(() => pair.output.endRun())
    expect(await collect(pair.input.chunks())).toEqual([])
    await turn()
    expectAccounted(await collect(pair.input.chunks()), pair.input.ledger.snapshot(), 240)
    await sending
    expect(pair.input.ledger.snapshot()).toMatchObject({ run: 1, lost: 0, gapCount: 0 })
  })

  test(`${protocol}: a start without an end goes on into the new run`, async () => {
    await using pair = await streamPair({ protocol }, { delivery: 'complete' })
    const reading = collect(pair.input.chunks())
    await sendRamp(pair.output, 3, 10)
    pair.output.startRun()
    await sendRamp(pair.output, 2, 10)
    await pair.output.endRun()
    expect((await reading).map(({ run, index }) => [run, index])).toEqual([
      [0, 10],
      [0, 20],
      [0, 30],
      [1, 10],
      [1, 20]
    ])
  })

  test(`${protocol}: a run without data ends as well`, async () => {
    await using pair = await streamPair({ protocol })
    for (let run = 1; run < 4; run++) {
      pair.output.startRun()
      await pair.output.endRun()
      expect(await collect(pair.input.chunks())).toEqual([])
    }
  })

  test(`${protocol}: many chunks leave nothing behind in the output`, async () => {
    await using pair = await streamPair({ protocol, retention: { bytes: 100_000 } }, { delivery: 'complete' })
    const reading = collect(pair.input.chunks())
    await sendRamp(pair.output, 5000, 16)
    await pair.output.endRun()
    await reading
    expect(pair.output.status().retained.bytes).toBeLessThan(110_000)
  })
}

test('timers go on while a node sends and another reads without a pause', async () => {
  for (const protocol of ['tcp', 'inproc'] as const) {
    await using pair = await streamPair({ protocol, flow: 'wait' })
    let ticks = 0
    const timer = setInterval(() => ticks++, 1)
    const reading = collect(pair.input.chunks())
    const start = performance.now()
    let from = 0
    while (performance.now() - start < 100) {
      await pair.output.send(ramp(from, 4))
      from += 4
    }
    await pair.output.endRun()
    await reading
    clearInterval(timer)
    expect(ticks).toBeGreaterThan(5)
  }
})

test('what a consumer gets does not depend on how the others read', async () => {
  await using output = new OutputStream({ shape: [-1, 2] })
  await output.configure()
  const wanted: ConnectOptions[] = [{ delivery: 'complete' }, { delivery: 'bestEffort' }, { delivery: 'latest' }]
  await using idle = new InputStream()
  await idle.connect(output, { delivery: 'complete' }) // never read
  const inputs = await Promise.all(
    wanted.map(async (options) => {
      const input = new InputStream({ highWaterMark: 0 })
      await input.connect(output, options)
      return input
    })
  )
  expect(output.consumerCount).toBe(4)
  const reading = inputs.map((input) => collect(input.chunks()))
  await sendRamp(output, 900, 10)
  await output.endRun()
  for (const [i, input] of inputs.entries()) {
    expectAccounted(await reading[i]!, input.ledger.snapshot(), 9000)
    expect(input.ledger.snapshot().lost).toBe(0)
    await input.close()
  }
})

test.each(['tcp', 'inproc'] as const)(
  '%s: who connects between two runs and asks for the next gets nothing of the last',
  async (protocol) => {
    await using output = new OutputStream({ shape: [-1, 2] })
    await output.configure({ protocol })
    for (let k = 0; k < 40; k++) {
      output.startRun()
      await output.send(ramp(0, 10))
      await output.endRun()
      await using input = new InputStream({ delivery: 'complete' })
      await input.connect(output)
      input.startRun()
      const chunks = collect(input.chunks())
      output.startRun()
      await output.send(ramp(0, 5))
      await output.endRun()
      expect((await chunks).map(({ index }) => index)).toEqual([5])
    }
  }
)

test('latency is measured between processes of one machine', async () => {
  for (const protocol of ['tcp', 'inproc'] as const) {
    await using pair = await streamPair({ protocol })
    for (let i = 0; i < 4; i++) {
      await pair.output.send(ramp(i * 10, 10))
      await pair.input.recv()
      await new Promise((resolve) => setTimeout(resolve, 60))
    }
    const { latencyMs } = pair.input.status()
    expect(latencyMs).not.toBeNull()
    expect(latencyMs!.p50).toBeGreaterThanOrEqual(0)
    expect(latencyMs!.p99).toBeGreaterThanOrEqual(latencyMs!.p50)
  }
})

test('an input that gets no data although its source goes on is stalled', async () => {
  await using pair = await streamPair({}, { delivery: 'complete' })
  await sendRamp(pair.output, 1500, 8)
  expect(pair.input.status().stalled).toBe(false)
  const start = performance.now()
  while (!pair.input.status().stalled) {
    if (performance.now() - start > 10_000) throw new Error('not stalled')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  expect(pair.output.status().consumers[0]).toMatchObject({ node: 'filter', input: 'signals', service: 'complete' })
})
