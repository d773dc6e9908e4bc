import { waitFor } from 'testing'
import { expect, test } from 'vitest'
import { InputStream, OutputStream } from '@nodeacq/stream'
import type { Chunk } from '@nodeacq/stream'
import { Script, accountsOf, problemsOf, readOn } from '../test/accounts.ts'
import { BadNetwork } from '../test/badNetwork.ts'
import { scene } from '../test/scene.ts'
import { isShared, transport } from '../test/transport.ts'
import { collect } from '../test/streams.ts'

const isBack = ({ output }: { output: OutputStream }) => waitFor(() => output.status().consumers.length === 1)
const isGone = ({ output }: { output: OutputStream }) => waitFor(() => output.status().consumers.length === 0)

for (const fault of ['cut', 'half-open'] as const) {
  test(`complete is exact over a link that is ${fault} and heals, from sample 0`, async () => {
    await using s = await scene('complete', { lease: 300, retention: { seconds: 600 } })
    const reading = s.read()
    await s.script.sendMany(50, 10)
    for (let round = 0; round < 3; round++) {
      if (fault === 'cut') s.network.cut()
      else s.network.set({ swallow: true })
      await s.script.sendMany(200, 10)
      await isGone(s)
      await s.script.sendMany(200, 10)
      s.network.heal()
      await s.script.sendMany(200, 10)
      await isBack(s)
    }
    await s.output.endRun()
    expect(
      problemsOf(s.script.runs, new Map([[0, (await reading, s.input.ledger.snapshot())]]), await reading, {
        what: fault
      })
    ).toEqual([])
    expect(s.input.ledger.snapshot().duplicated).toBe(0)
  })
}

test('complete ends although the link was cut when the run did', async () => {
  await using s = await scene('complete')
  const reading = s.read()
  await s.script.sendMany(20, 10)
  s.network.cut()
  await s.script.sendMany(20, 10)
  await s.output.endRun()
  s.script.startRun()
  await s.script.sendMany(20, 10)
  s.script.startRun()
  await s.output.endRun()
  s.script.startRun()
  await s.script.sendMany(20, 10)
  await s.output.endRun()
  s.network.heal()
  const chunks = await reading
  expect(problemsOf(s.script.runs, accountsOf(s.input), chunks, { what: 'runs behind a cut' })).toEqual([])
  expect(chunks.length).toBe(80)
})

test.skipIf(isShared)('what fell out of retention behind a cut is lost, and exactly that', async () => {
  await using s = await scene('complete', { retention: { bytes: 200_000 } })
  const reading = s.read()
  await s.script.sendMany(50, 10)
  s.network.cut()
  await s.script.sendMany(500, 10)
  s.script.startRun()
  await s.script.sendMany(500, 10)
  s.script.startRun()
  await s.script.sendMany(500, 10)
  await s.output.endRun()
  expect(s.output.status().retained.bytes).toBeLessThanOrEqual(200_000)
  s.network.heal()
  const chunks = await reading
  expect(problemsOf(s.script.runs, accountsOf(s.input), chunks, { mayLose: true, what: 'retention' })).toEqual([])
  expect(accountsOf(s.input).get(1)).toMatchObject({ received: 0, lost: 5000 })
  for (const { gaps } of accountsOf(s.input).values())
    expect(gaps.every(({ cause }) => cause === 'retention')).toBe(true)
})

test('latest ends although the newest chunk went into a cut link', async () => {
  await using s = await scene('latest')
  const reading = s.read()
  await s.script.sendMany(20, 10)
  s.network.cut()
  await s.script.sendMany(20, 10)
  await s.output.endRun()
  s.network.heal()
  const chunks = await reading
  expect(problemsOf(s.script.runs, accountsOf(s.input), chunks, { maySkip: true, what: 'latest' })).toEqual([])
  expect(chunks.at(-1)?.index).toBe(400)
})

test('bestEffort accounts for what a cut link has cost', async () => {
  await using s = await scene('bestEffort')
  const reading = s.read()
  await s.script.sendMany(20, 10)
  await waitFor(() => s.input.ledger.next === 200)
  for (let round = 0; round < 3; round++) {
    s.network.cut()
    await s.script.sendMany(100, 10)
    s.network.heal()
    await isBack(s)
    await s.script.sendMany(100, 10)
  }
  await s.output.endRun()
  const chunks = await reading
  expect(problemsOf(s.script.runs, accountsOf(s.input), chunks, { mayLose: true, what: 'bestEffort' })).toEqual([])
  const { lost } = s.input.ledger.snapshot()
  expect(lost > 0).toBe(!isShared)
})

for (const delivery of ['complete', 'bestEffort', 'latest'] as const) {
  test(`${delivery}: holes that were declared while the link was cut are holes, also in runs before`, async () => {
    await using s = await scene(delivery)
    const reading = s.read()
    for (let run = 0; run < 3; run++) {
      await s.script.sendMany(5, 10)
      s.script.skip(30)
      s.network.side.cut()
      await s.script.sendMany(5, 10)
      s.script.skip(50)
      await s.script.sendMany(5, 10)
      s.script.startRun()
      await s.script.sendMany(5, 10)
      s.script.skip(70)
      await s.script.sendMany(5, 10)
      s.network.side.heal()
      await isBack(s)
    }
    await s.output.endRun()
    const chunks = await reading
    const may = delivery === 'complete' ? {} : delivery === 'latest' ? { maySkip: true } : { mayLose: true }
    expect(problemsOf(s.script.runs, accountsOf(s.input), chunks, { ...may, what: 'holes' })).toEqual([])
  })
}

test('a named consumer goes on behind its last acknowledgement, whatever it had read, also into an earlier run', async () => {
  await using s = await scene('complete', {}, 'disk')
  const chunks: Chunk[] = []
  const reading = s.read(chunks)
  s.script.startRun()
  await s.script.sendMany(100, 10)
  s.script.startRun()
  await s.script.sendMany(30, 10)
  await waitFor(() => s.input.ledger.run === 2 && s.input.ledger.next === 300)
  // What is safe may be of an earlier run than what was read last.
  s.input.acknowledge(400, 1)
  await waitFor(() => s.output.status().acknowledged['disk']?.index === 400)
  await Promise.all([expect(reading).rejects.toThrow('closed'), s.input.close()])
  await s.script.sendMany(30, 10)
  await s.output.endRun()
  await using again = new InputStream()
  await again.connect(s.network.params, { delivery: 'complete', name: 'disk' })
  const second = await readOn(again, () => again.ledger.run === 2)
  expect(
    problemsOf(s.script.runs, accountsOf(again), second, {
      from: { run: 1, index: 400 },
      what: 'restart'
    })
  ).toEqual([])
})

test('a named consumer that comes again before it has acknowledged anything begins where it began', async () => {
  await using s = await scene('complete', {}, 'disk')
  await s.script.sendMany(10, 10)
  await s.input.close()
  s.script.startRun()
  await s.script.sendMany(10, 10)
  await s.output.endRun()
  await using again = new InputStream()
  await again.connect(s.network.params, { delivery: 'complete', name: 'disk' })
  const chunks = await readOn(again, () => again.ledger.run === 1)
  expect(problemsOf(s.script.runs, accountsOf(again), chunks, { what: 'nothing acknowledged' })).toEqual([])
})

test('an acknowledgement that a cut link swallowed is told again', async () => {
  await using s = await scene('complete', { lease: 300 }, 'disk')
  const reading = s.read()
  await s.script.sendMany(100, 10)
  await waitFor(() => s.input.ledger.next === 1000)
  s.network.set({ swallow: true })
  s.input.acknowledge(500)
  await isGone(s)
  s.network.heal()
  await waitFor(() => s.output.status().acknowledged['disk']!.index > 0)
  expect(s.output.status().acknowledged['disk']).toEqual({ run: 0, index: 500 })
  await s.output.endRun()
  await reading
})

for (const delivery of ['complete', 'bestEffort', 'latest'] as const) {
  test(`${delivery}: a producer that starts again at the same place is a new run, whatever its numbers are`, async () => {
    await using s = await scene(delivery)
    const isOver = { now: false }
    const chunks: Chunk[] = []
    const reading = readOn(s.input, () => isOver.now, chunks)
    s.script.startRun()
    await s.script.sendMany(100, 10)
    await waitFor(() => s.input.ledger.next === 1000)
    s.network.cut()
    await using next = new OutputStream({ shape: [-1, 2], ...transport() })
    await next.configure()
    next.startRun()
    const second = new Script(next)
    await second.sendMany(60, 10)
    s.network.leadTo(next.params)
    s.network.heal()
    await waitFor(() => next.status().consumers.length === 1)
    await waitFor(() => next.consumerCount > 0)
    await second.sendMany(20, 10)
    isOver.now = true
    await next.endRun()
    await reading
    const accounts = accountsOf(s.input)
    const last = s.input.ledger.run
    expect(last).toBeGreaterThan(1)
    const may = delivery === 'complete' ? {} : delivery === 'latest' ? { maySkip: true } : { mayLose: true }
    expect(problemsOf([{ ...second.now, run: last }], accounts, chunks, { ...may, what: 'second producer' })).toEqual(
      []
    )
    expect(problemsOf([s.script.now], accounts, chunks, { ...may, what: 'first producer' })).toEqual([])
  })
}

test.skipIf(isShared)(
  'a waiting output waits over a cut link as long as the lease, then for nobody, and what it kept comes later',
  async () => {
    await using s = await scene('complete', { flow: 'wait', lease: 300 })
    const reading = s.read()
    await s.script.sendMany(100, 10)
    s.network.set({ swallow: true })
    await s.script.sendMany(3000, 10) // more than an input may have on the way: goes on when the lease is over
    expect(s.output.consumerCount).toBe(0)
    s.network.heal()
    await isBack(s)
    await s.output.endRun()
    const chunks = await reading
    expect(problemsOf(s.script.runs, accountsOf(s.input), chunks, { what: 'waiting' })).toEqual([])
  }
)

test('viewers that do not read change nothing for a complete recorder', async () => {
  await using output = new OutputStream({ shape: [-1, 2], ...transport(4_000_000), highWaterMark: 10 })
  await output.configure()
  await using network = await BadNetwork.before(output)
  const viewers = await Promise.all(
    (['latest', 'bestEffort', 'complete'] as const).map(async (delivery) => {
      const viewer = new InputStream({ highWaterMark: 10 })
      await viewer.connect(network.params, { delivery })
      return viewer
    })
  )
  network.set({ down: { swallow: true } })
  await using recorder = new InputStream()
  await recorder.connect(output, { delivery: 'complete' })
  const reading = collect(recorder.chunks())
  const script = new Script(output)
  await script.sendMany(300, 10_000)
  await output.endRun()
  const chunks = await reading
  expect(problemsOf(script.runs, accountsOf(recorder), chunks, { what: 'recorder' })).toEqual([])
  for (const viewer of viewers) await viewer.close()
})

test.skipIf(isShared)(
  'nobody takes anything and nobody acknowledges: the retention still keeps to its limits',
  async () => {
    await using s = await scene('complete', { retention: { bytes: 400_000 } }, 'disk')
    s.network.set({ swallow: true })
    await s.script.sendMany(3000, 10)
    const { retained } = s.output.status()
    expect(retained.bytes).toBeLessThanOrEqual(400_000)
    expect(retained.bytes).toBeGreaterThan(300_000)
  }
)

test('a waiting output loses nothing to an input whose connection breaks for less than the lease, however little it keeps', async () => {
  await using s = await scene('complete', { flow: 'wait', retention: { bytes: 1000, seconds: 0.01 } })
  const reading = s.read()
  for (let round = 0; round < 5; round++) {
    const sending = s.script.sendMany(1500, 10)
    await waitFor(() => s.output.index > 15_000 * round + 4000)
    s.network.cut()
    s.network.heal()
    await sending
  }
  await s.output.endRun()
  const chunks = await reading
  expect(problemsOf(s.script.runs, accountsOf(s.input), chunks, { what: 'waiting over breaks' })).toEqual([])
})

test.runIf(isShared)('who reads a ring does not hang when its link breaks before its first chunk', async () => {
  await using s = await scene('complete', { flow: 'wait', lease: 60_000, bufferSize: 1000 })
  const reading = s.read()
  s.network.side.cut()
  s.script.startRun()
  s.script.skip(30)
  await s.script.sendMany(300, 10)
  s.network.side.heal()
  await isBack(s)
  await s.output.endRun()
  const chunks = await reading
  expect(problemsOf(s.script.runs, accountsOf(s.input), chunks, { what: 'first chunk' })).toEqual([])
})

test('who takes the place of a named consumer that died goes on for it, while a waiting output waits', async () => {
  await using s = await scene('complete', { flow: 'wait', lease: 60_000 }, 'disk')
  const reading = s.read()
  const sending = s.script.sendMany(3000, 10)
  await waitFor(() => s.input.ledger.next! > 5000)
  s.input.acknowledge(5000)
  await waitFor(() => s.output.status().acknowledged['disk']?.index === 5000)
  s.network.cut() // before it can say that it leaves
  await Promise.all([expect(reading).rejects.toThrow('closed'), s.input.close()])
  await waitFor(() => s.output.status().consumers[0]?.stalled)
  s.network.heal()
  await using again = new InputStream()
  await again.connect(s.network.params, { delivery: 'complete', name: 'disk' })
  expect(s.output.status().consumers.length).toBe(1)
  const second = readOn(again, () => true)
  await sending
  await s.output.endRun()
  const chunks = await second
  expect(problemsOf(s.script.runs, accountsOf(again), chunks, { from: { run: 0, index: 5000 }, what: 'heir' })).toEqual(
    []
  )
})

for (const delivery of ['complete', 'bestEffort'] as const) {
  test(`${delivery}: a connection that died silently is noticed by the end that only listens`, async () => {
    await using s = await scene(delivery, { lease: 300 })
    const hasData = delivery === 'bestEffort' && !isShared
    const reading = s.read()
    await s.script.sendMany(50, 10)
    await waitFor(() => s.input.ledger.next === 500)
    s.network.set({ swallow: true }) // stays so for the connections of now,
    await s.script.sendMany(50, 10)
    await waitFor(() => s.network.side.hasSwallowed && (!hasData || s.network.data.hasSwallowed))
    s.network.set({ swallow: false }) // not for others
    await waitFor(() => s.network.side.accepted > 1 && (!hasData || s.network.data.accepted > 1))
    await waitFor(() => s.output.consumerCount > 0)
    await s.script.sendMany(50, 10)
    await s.output.endRun()
    const chunks = await reading
    expect(problemsOf(s.script.runs, accountsOf(s.input), chunks, { mayLose: hasData, what: 'silent death' })).toEqual(
      []
    )
    expect(s.input.ledger.snapshot().lost >= 500).toBe(hasData)
  })
}

test('params that were settled while the link was cut are known when it heals', async () => {
  await using s = await scene('complete')
  s.network.cut()
  await s.output.configure({ sampleRate: 250 })
  s.network.heal()
  await waitFor(() => s.input.info.sampleRate === 250)
  expect(s.input.isConnected).toBe(true)
})

test('an output that closes delivers all of its last run over a slow link', async () => {
  await using s = await scene('complete')
  const reading = s.read()
  await s.script.sendMany(10, 10)
  await waitFor(() => s.input.ledger.next === 100)
  s.network.set({ down: { bytesPerSecond: 200_000 } })
  await s.script.sendMany(50, 1000) // 400 kB, longer than zeromq goes on after a close
  await s.output.endRun()
  await s.output.close()
  const chunks = await reading
  expect(problemsOf(s.script.runs, accountsOf(s.input), chunks, { what: 'closed' })).toEqual([])
})
