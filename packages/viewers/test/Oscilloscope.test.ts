import { expect, test } from 'vitest'
import { waitFor } from 'testing'
import { ColumnRing, FLAGS } from '../src/index.ts'
import { Page } from './Page.ts'
import { ScopeRig, valueAt } from './ScopeRig.ts'

const WHOLE = { type: 'subscribe' as const, id: 1, node: 'scope', channels: [0, 2], width: 100, window: 1 }

/** What a page would have in its ring after the messages it got. */
function ringOf(page: Page, { columns = 100, samplesPerColumn = 10, channels = 2 } = {}): ColumnRing {
  const ring = new ColumnRing({ channels, columns, samplesPerColumn })
  const told = page.said.findLast((message) => message.type === 'subscribed')!
  for (const { flags, type, first, samplesPerColumn: width, columns: count, values, scale, offset } of page.columns) {
    if ((flags & (FLAGS.resync | FLAGS.history)) !== 0) ring.clear()
    if (type === 'raw') ring.writeSamples({ first, count, values })
    else ring.write({ first, width, count, values, scale: scale ?? told.scale, offset: offset ?? told.offset })
  }
  return ring
}

function extremes(ring: ColumnRing, channel: number, column: number): number[] | 'blank' | 'lost' {
  if (!ring.has(column)) return 'blank'
  const pair = [ring.min(channel, column), ring.max(channel, column)]
  return pair[0]! > pair[1]! ? 'lost' : pair
}

function trueExtremes(column: number, channel: number, width = 10): number[] {
  const values = Array.from({ length: width }, (_, k) => valueAt(column * width + k, channel))
  return [Math.min(...values), Math.max(...values)]
}

test.each(['float32', 'int16'] as const)(
  'a page gets the columns of its window, then the new ones (%s)',
  async (dtype) => {
    await using rig = await ScopeRig.start({ dtype, output: { scale: 0.5, offset: 7 } })
    await rig.send(2500)
    const page = await Page.open(rig.scope.url())
    page.say(WHOLE)
    const { signal, bucket } = await page.hears('subscribed')
    expect(signal).toEqual({
      stream: 'amp.signals',
      sampleRate: 1000,
      channels: ['ch0', 'ch1', 'ch2'].map((name) => ({ name, unit: 'uV' }))
    })
    expect(bucket).toBe(8)
    await waitFor(() => page.end === 2496)
    expect(page.columns[0]!.flags & FLAGS.resync).toBe(FLAGS.resync)
    expect(page.columns[0]!.first).toBe(1496)
    await rig.send(107)
    await waitFor(() => page.end === 2600)
    expect(page.columns.at(-1)!.flags).toBe(0)
    const ring = ringOf(page, { samplesPerColumn: 8 })
    const wrong = Array.from({ length: 100 }, (_, k) => 225 + k).flatMap((column) =>
      [0, 2].flatMap((channel, c) => {
        const found = extremes(ring, c, column) as number[]
        const expected = trueExtremes(column, channel, 8).map((value) => 7 + 0.5 * value)
        return expected.every((value, k) => Math.abs(value - found[k]!) < 0.01)
          ? []
          : [{ column, channel, found, expected }]
      })
    )
    expect(wrong).toEqual([])
    page.close()
  }
)

test('what is missing is told, and is nothing in the picture', async () => {
  await using rig = await ScopeRig.start()
  await rig.send(500)
  rig.skip(100)
  await rig.send(200)
  const page = await Page.open(rig.scope.url())
  page.say(WHOLE)
  expect(await page.hears('gap')).toEqual({ type: 'gap', id: 1, from: 500, to: 600, cause: 'device' })
  await waitFor(() => page.end === 800)
  const ring = ringOf(page)
  const lost = Array.from({ length: 78 }, (_, k) => k).filter((column) => extremes(ring, 0, column) === 'lost')
  // The columns are 8 samples wide: those in which something was measured are not lost.
  expect(lost).toEqual([50, 51, 52, 53, 54, 55, 56, 57, 58, 59])
  page.close()
})

test('events come with their sample, also those from before', async () => {
  await using rig = await ScopeRig.start()
  await rig.send(100)
  await rig.tell(42, 'cue')
  const page = await Page.open(rig.scope.url())
  page.say(WHOLE)
  const { events } = await page.hears('events')
  expect(events).toEqual([{ index: 42, label: 'cue' }])
  await rig.tell(77, 'reward')
  expect((await page.hears('events', 2)).events).toEqual([{ index: 77, label: 'reward' }])
  page.close()
})

test('the past is answered at the resolution asked for, as far as it goes back', async () => {
  await using rig = await ScopeRig.start()
  for (let k = 0; k < 10; k++) await rig.send(2000)
  const page = await Page.open(rig.scope.url())
  page.say({ ...WHOLE, channels: [1] })
  page.say({ type: 'hold', id: 1 })
  page.say({ type: 'history', id: 1, request: 5, from: 12_000, to: 12_100, width: 100 })
  await waitFor(() => page.columns.at(-1)?.request === 5)
  const near = page.columns.at(-1)!
  expect([near.flags & FLAGS.history, near.samplesPerColumn, near.first, near.columns]).toEqual([
    FLAGS.history,
    1,
    12_000,
    100
  ])
  page.say({ type: 'history', id: 1, request: 6, from: 0, to: 100, width: 100 })
  await waitFor(() => page.columns.at(-1)?.request === 6)
  // 8192 samples are kept one by one, four times that by four.
  expect([page.columns.at(-1)!.samplesPerColumn, page.columns.at(-1)!.first]).toEqual([4, 0])
  page.close()
})

test('closer than a sample per pixel, samples come as they are', async () => {
  await using rig = await ScopeRig.start()
  await rig.send(500)
  const page = await Page.open(rig.scope.url())
  page.say({ ...WHOLE, channels: [1], window: 0.02 })
  await waitFor(() => page.end === 500)
  const { type, values, first } = page.columns.at(-1)!
  expect({ type, first, values: [...values] }).toEqual({
    type: 'raw',
    first: 480,
    values: Array.from({ length: 20 }, (_, k) => valueAt(480 + k, 1))
  })
  page.close()
})

test('fast signals can be looked at closely too', async () => {
  await using rig = await ScopeRig.start({ sampleRate: 30_000, channels: 1 })
  await rig.send(3000)
  const page = await Page.open(rig.scope.url())
  // 3 samples per pixel, and the narrowest columns of the pyramid are 16.
  page.say({ ...WHOLE, channels: [0], window: 0.01, width: 100 })
  await waitFor(() => page.end === 3000)
  const ring = ringOf(page, { samplesPerColumn: 2, channels: 1, columns: 200 })
  expect(page.columns.at(-1)!.samplesPerColumn).toBe(2)
  expect([1400, 1450, 1499].map((column) => extremes(ring, 0, column)!)).toEqual(
    [1400, 1450, 1499].map((column) => trueExtremes(column, 0, 2).map((value) => expect.closeTo(value, 1)))
  )
  page.close()
})

test('a page that does not read gets fifteen messages, and the newest window when it does', async () => {
  await using rig = await ScopeRig.start()
  const page = await Page.open(rig.scope.url())
  page.isReading = false
  page.say({ ...WHOLE, channels: [0] })
  await page.hears('subscribed')
  while (page.columns.length < 15) await rig.send(20)
  for (let k = 0; k < 100; k++) await rig.send(20)
  expect(page.columns.length).toBe(15)
  page.isReading = true
  page.say({ type: 'ack', id: 1, seq: page.columns.at(-1)!.seq })
  await waitFor(() => page.end > rig.index - 20)
  const last = page.columns[15]!
  expect(last.flags & FLAGS.resync).toBe(FLAGS.resync)
  expect(last.first).toBeGreaterThanOrEqual(rig.index - 1000 - 16)
  page.close()
})

test('who asks for the past faster than it reads gets what it asked for last', async () => {
  await using rig = await ScopeRig.start()
  await rig.send(500)
  const page = await Page.open(rig.scope.url())
  page.isReading = false
  page.say(WHOLE)
  await waitFor(() => page.columns.length === 1)
  page.say({ type: 'hold', id: 1 })
  const ask = (request: number): void => page.say({ type: 'history', id: 1, request, from: 0, to: 400, width: 100 })
  for (let request = 1; request < 15; request++) {
    ask(request)
    await waitFor(() => page.columns.length === request + 1)
  }
  ask(50)
  ask(51)
  page.say({ type: 'ack', id: 1, seq: page.columns.at(-1)!.seq })
  await waitFor(() => page.columns.length > 15)
  expect(page.columns.slice(15).map(({ request }) => request)).toEqual([51])
  page.close()
})

test('a held page gets nothing, then its window', async () => {
  await using rig = await ScopeRig.start()
  await rig.send(100)
  const page = await Page.open(rig.scope.url())
  page.say(WHOLE)
  await waitFor(() => page.columns.length === 1)
  page.say({ type: 'hold', id: 1 })
  // Asked and answered on the same line: what was said before has been heard.
  page.say({ type: 'history', id: 1, request: 1, from: 0, to: 100, width: 10 })
  await waitFor(() => page.columns.length === 2)
  await rig.send(500)
  page.say({ type: 'resume', id: 1 })
  await waitFor(() => page.columns.length === 3)
  expect([page.columns[2]!.flags & FLAGS.resync, page.columns[2]!.first, page.end]).toEqual([FLAGS.resync, 0, 600])
  page.close()
})

test('a new run begins a new picture', async () => {
  await using rig = await ScopeRig.start()
  await rig.send(1000)
  const page = await Page.open(rig.scope.url())
  page.say(WHOLE)
  await waitFor(() => page.columns.length === 1)
  await rig.scope.stop()
  await rig.scope.start()
  rig.output.startRun()
  rig.index = 0
  // Who only wants the newest may pass over the first chunk of a run.
  await rig.send(50)
  await rig.send(50)
  await page.hears('subscribed', 2)
  await waitFor(() => page.end === 96)
  expect(page.columns.at(-1)!.flags & FLAGS.resync).toBe(FLAGS.resync)
  page.close()
})

test('parameters set by a script reach the pages, under our names and those of pyacq', async () => {
  await using rig = await ScopeRig.start({ params: { xsize: 2, scale_mode: 'by_channel' } })
  const page = await Page.open(rig.scope.url())
  page.say(WHOLE)
  expect((await page.hears('subscribed')).params).toMatchObject({ window: 2, scaleMode: 'by_channel', mode: 'scan' })
  await rig.scope.byChannelParams.setItem(['ch1', 'gain'], 4)
  expect((await page.hears('params')).params).toMatchObject({ channels: { ch1: { gain: 4 } } })
  expect(rig.scope.byChannelParams.getItem(['ch1', 'gain'])).toBe(4)
  page.close()
})

test('who only looks cannot change anything, who controls can', async () => {
  await using rig = await ScopeRig.start()
  const looks = await Page.open(rig.scope.url({ role: 'view' }))
  looks.say({ type: 'setParams', request: 1, node: 'scope', params: { window: 9 } })
  expect(await looks.hears('error')).toMatchObject({ request: 1, code: 'ROLE' })
  const controls = await Page.open(rig.scope.url())
  controls.say({ type: 'setParams', request: 2, node: 'scope', params: { window: -1 } })
  expect(await controls.hears('error')).toMatchObject({ request: 2, code: 'NODE_CONFIG' })
  controls.say({ type: 'setParams', request: 3, node: 'scope', params: { window: 9 } })
  expect(await controls.hears('ok')).toMatchObject({ request: 3 })
  expect(rig.scope.params.window).toBe(9)
  looks.close()
  controls.close()
})

test('only numbers of shape (samples, channels) are shown', async () => {
  await expect(ScopeRig.start({ output: { dtype: 'complex64' } })).rejects.toThrow(/expected numbers of shape/)
})
