import { expect, test } from 'vitest'
import { InputStream, OutputStream } from '@nodeacq/stream'
import { Script } from './accounts.ts'
import { collect, ramp, rampStart, sendRamp, until } from './streams.ts'
import { Peer } from './startPeer.ts'

for (const protocol of ['tcp', 'ipc'] as const) {
  for (const transferMode of ['plaindata', 'sharedmem']) {
    test(`another process gets everything over ${protocol}, ${transferMode}, complete`, async () => {
      await using peer = new Peer()
      await using output = new OutputStream({ shape: [-1, 2], protocol, transferMode, bufferSize: 50_000 })
      await output.configure()
      peer.tell({ do: 'read', params: output.params, connect: { delivery: 'complete' } })
      await peer.hear('connected')
      await sendRamp(output, 300, 16)
      await output.endRun()
      const { chunks, bad, account } = await peer.hear('ended')
      expect({ chunks, bad }).toEqual({ chunks: 300, bad: 0 })
      expect(account).toMatchObject({ received: 4800, lost: 0, gapCount: 0 })
    })
  }
}

test('closing right after the end of a run still delivers all of it', async () => {
  await using peer = new Peer()
  peer.tell({ do: 'send', options: {}, chunks: 500, samples: 1000 })
  const { params } = await peer.hear('configured')
  await using live = new InputStream({ highWaterMark: 0 })
  await using complete = new InputStream()
  await live.connect(params)
  await complete.connect(params, { delivery: 'complete' })
  peer.tell({ do: 'go' })
  const [all, once] = await Promise.all([collect(complete.chunks()), collect(live.chunks())])
  expect(all.map(({ data }) => rampStart(data))).toEqual(Array.from({ length: 500 }, (_, i) => i * 1000))
  expect(once.length).toBe(500)
})

test('a consumer that is killed lets a waiting output go on', async () => {
  await using reader = new Peer()
  await using idle = new Peer()
  await using output = new OutputStream({ shape: [-1, 2], flow: 'wait', lease: 300 })
  await output.configure()
  idle.tell({ do: 'connect', params: output.params, connect: {} })
  await idle.hear('connected')
  reader.tell({ do: 'read', params: output.params, connect: {} })
  await reader.hear('connected')
  let sent = 0
  const sending = (async () => {
    for (; sent < 3000; sent++) await output.send(ramp(sent * 4, 4))
    await output.endRun()
  })()
  // The one that never reads stops the output when its window is full.
  let before = -1
  await until(() => {
    const stands = sent > 500 && sent === before
    before = sent
    return stands
  }, 'the output to wait')
  expect(sent).toBeLessThan(3000)
  idle.process.kill('SIGKILL')
  await sending
  const { chunks, bad, account } = await reader.hear('ended')
  expect({ chunks, bad, lost: account.lost }).toEqual({ chunks: 3000, bad: 0, lost: 0 })
})

test('a consumer that is frozen for longer than its lease goes on where it was', async () => {
  await using peer = new Peer()
  await using output = new OutputStream({ shape: [-1, 2], lease: 300 })
  await output.configure()
  peer.tell({ do: 'read', params: output.params, connect: { delivery: 'complete' } })
  await peer.hear('connected')
  await output.send(ramp(0, 10))
  await peer.hear('took')
  peer.process.kill('SIGSTOP')
  let index = 10
  await until(() => {
    void output.send(ramp(index, 10))
    index += 10
    return output.consumerCount === 0
  }, 'the output to give the consumer up')
  peer.process.kill('SIGCONT')
  await until(() => output.consumerCount === 1, 'the consumer to come back')
  await output.send(ramp(index, 10))
  await output.endRun()
  const { bad, account } = await peer.hear('ended')
  expect(bad).toBe(0)
  expect(account).toMatchObject({ received: index + 10, lost: 0 })
})

for (const transferMode of ['plaindata', 'sharedmem'] as const) {
  test(`consumers that a debugger stops change nothing for a recorder, and lose by themselves, ${transferMode}`, async () => {
    const ring = { transferMode, bufferSize: 200_000 }
    const limits = { highWaterMark: 10, retention: { bytes: 8e6 } }
    await using output = new OutputStream({ shape: [-1, 2], ...ring, ...limits })
    await output.configure()
    await using recorder = new Peer()
    const disk = { delivery: 'complete', name: 'disk' } as const
    recorder.tell({ do: 'read', params: output.params, connect: disk, ackEvery: 5 })
    await using stack = new AsyncDisposableStack()
    const deliveries = ['bestEffort', 'complete', 'latest'] as const
    const stopped = deliveries.map((delivery) => {
      const peer = stack.use(new Peer())
      peer.tell({ do: 'read', params: output.params, connect: { delivery }, highWaterMark: 10 })
      return { peer, delivery }
    })
    for (const peer of [recorder, ...stopped.map(({ peer }) => peer)]) await peer.hear('connected')
    const script = new Script(output)
    // 160 kB each, more in all than an input may have on its way (64 MB) and the output keeps, as fast as the recorder writes them down.
    const sendAndRecord = async (rounds: number): Promise<void> => {
      for (let round = 0; round < rounds; round++) {
        await script.sendMany(5, 20_000)
        const { end } = script.now
        await until(() => output.status().acknowledged['disk']?.index === end, `the recorder to come to ${end}`)
      }
    }
    await sendAndRecord(1)
    for (const { peer } of stopped) await peer.hear('took')
    for (const { peer } of stopped) peer.process.kill('SIGSTOP')
    await sendAndRecord(120)
    for (const { peer } of stopped) peer.process.kill('SIGCONT')
    await output.endRun()
    const { end } = script.now
    const { chunks, bad, account } = await recorder.hear('ended')
    expect({ ...account, chunks, bad }).toMatchObject({ chunks: 605, bad: 0, received: end, lost: 0, gapCount: 0 })
    for (const { peer, delivery } of stopped) {
      const { bad, account } = await peer.hear('ended')
      expect({ delivery, bad, ...account }).toMatchObject({ delivery, bad: 0, joinedAt: 0, next: end, sent: end })
      expect(account.received + account.lost + account.skipped).toBe(end)
      expect(account.gaps.reduce((sum, { from, to }) => sum + to - from, 0)).toBe(account.lost + account.skipped)
      const missing = delivery === 'latest' ? account.skipped : account.lost
      expect({ delivery, isMissing: missing > 0 }).toEqual({ delivery, isMissing: true })
    }
  })
}

test('a named consumer that was killed goes on after what it had acknowledged', async () => {
  await using output = new OutputStream({ shape: [-1, 2] })
  await output.configure()
  {
    await using first = new Peer()
    first.tell({ do: 'read', params: output.params, connect: { delivery: 'complete', name: 'disk' }, ackEvery: 100 })
    await first.hear('connected')
    await sendRamp(output, 250, 10)
    await until(() => output.status().acknowledged['disk']?.index === 2000, 'the second acknowledgement')
    first.process.kill('SIGKILL')
  }
  await sendRamp(output, 50, 10, 2500)
  await output.endRun()
  await using input = new InputStream()
  await input.connect(output, { delivery: 'complete', name: 'disk' })
  const chunks = await collect(input.chunks())
  expect(rampStart(chunks[0]!.data)).toBe(2000)
  expect(input.ledger.snapshot()).toMatchObject({ joinedAt: 2000, received: 1000, lost: 0 })
})

test('the caller may refill its memory as soon as send resolves', async () => {
  await using peer = new Peer()
  await using output = new OutputStream({ shape: [-1, 2] })
  await output.configure()
  peer.tell({ do: 'read', params: output.params, connect: { delivery: 'complete' } })
  await peer.hear('connected')
  const chunk = ramp(0, 500_000) // 4 MB
  const values = chunk.typed() as Float32Array
  for (let i = 0; i < 10; i++) {
    values.set(ramp(i * 500_000, 500_000).typed() as Float32Array)
    await output.send(chunk)
    values.fill(-1)
  }
  await output.endRun()
  const { chunks, bad } = await peer.hear('ended')
  expect({ chunks, bad }).toEqual({ chunks: 10, bad: 0 })
})
