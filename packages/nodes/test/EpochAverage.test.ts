import { ConfigError } from '@nodeacq/core'
import { NdArray } from '@nodeacq/ndarray'
import { InputStream, makeEvents, OutputStream, readEvents } from '@nodeacq/stream'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EpochAverage } from '../src/index.ts'
import { collect } from './collect.ts'

const RATE = 100
const CHANNELS = [{ name: 'Cz' }, { name: 'EOG' }]

interface Run {
  config?: object
  params?: object
  signal: number[][]
  /** Where the signal is cut. */
  cuts?: readonly number[]
  /** Samples that never come. */
  gap?: readonly [number, number]
  events: { index: number; value?: number; label?: string }[]
}

async function run({ config = {}, params = {}, signal, cuts = [], gap, events }: Run) {
  await using signals = new OutputStream({
    dtype: 'float64',
    shape: [-1, 2],
    sampleRate: RATE,
    channelInfo: CHANNELS
  })
  await using marks = new OutputStream({ streamType: 'event', dtype: makeEvents([]).dtype, shape: [-1] })
  await signals.configure({ protocol: 'inproc' })
  await marks.configure({ protocol: 'inproc' })
  await using node = new EpochAverage({ name: 'erp' })
  await node.configure({ window: [-0.02, 0.03], ...config })
  await node.inputs['signals']!.connect(signals, { delivery: 'complete' })
  await node.inputs['events']!.connect(marks, { delivery: 'complete' })
  await node.setParams(params)
  await node.initialize()
  expect(node.outputs['epochs']!.info).toMatchObject({ streamType: 'event', sampleRate: RATE })
  const [average, epochs] = [await collect(node.outputs['average']!), await collect(node.outputs['epochs']!)]
  signals.startRun()
  marks.startRun()
  await node.start()
  if (events.length > 0) await marks.send(makeEvents(events))
  const data = NdArray.from(signal, 'float64')
  const edges = [0, ...cuts, ...(gap ?? []), signal.length].toSorted((a, b) => a - b)
  for (const [k, from] of edges.slice(0, -1).entries()) {
    if (gap?.[0] !== from && edges[k + 1]! > from) await signals.send(data.slice(from, edges[k + 1]), edges[k + 1])
  }
  await signals.endRun()
  await marks.endRun()
  expect(await node.finished()).toBeUndefined()
  return {
    mean: node.average.toNested() as number[][],
    deviation: node.deviation.toNested() as number[][],
    sent: (await average.done).indexes,
    verdicts: readEvents((await epochs.done).data).map(({ index, label }) => [index, label]),
    counters: node.status().counters
  }
}

const quiet = Array.from({ length: 60 }, (_, k) => [k % 5, 1 + (k % 2)])

describe('EpochAverage', () => {
  test('averages what is good, and tells of each epoch why not', async () => {
    const signal = quiet.map((row) => [...row])
    signal[30]![1] = 500
    signal[42]![0] = NaN
    const events = [1, 10, 15, 30, 41, 52, 59].map((index) => ({ index, value: 7 }))
    const { mean, sent, verdicts, counters } = await run({
      signal,
      events,
      gap: [48, 51],
      params: { maxPeakToPeak: 100 }
    })
    expect(verdicts).toEqual([
      [1, 'gap'],
      [10, 'accepted'],
      [15, 'accepted'],
      [30, 'peak-to-peak: EOG'],
      [41, 'not finite: Cz'],
      [52, 'gap']
    ])
    expect(mean.map(([cz]) => cz)).toEqual([3, 4, 0, 1, 2])
    expect(sent).toEqual([1, 2])
    expect(counters).toMatchObject({ accepted: 2, rejected: 4, unfinished: 1, gone: 0 })
  })

  test('the baseline is taken off before the amplitude is judged', async () => {
    const signal = quiet.map(([a]) => [a! + 1000, -1000])
    const { mean, verdicts } = await run({
      signal,
      events: [{ index: 10 }],
      config: { baseline: [-0.02, 0] },
      params: { maxAmplitude: 4 }
    })
    expect(verdicts).toEqual([[10, 'accepted']])
    expect(mean).toEqual([
      [-0.5, 0],
      [0.5, 0],
      [-3.5, 0],
      [-2.5, 0],
      [-1.5, 0]
    ])
  })

  test('only the events that are asked for count, only the channels asked decide', async () => {
    const signal = quiet.map(([a]) => [a!, 1e6])
    const { verdicts } = await run({
      signal,
      events: [
        { index: 5, value: 1, label: 'go' },
        { index: 10, value: 2, label: 'go' },
        { index: 15, value: 1, label: 'stop' },
        { index: 20, value: 3, label: 'go' }
      ],
      config: { values: [1, 3], labels: ['go'] },
      params: { maxAmplitude: 100, minPeakToPeak: 1, channels: ['Cz'] }
    })
    expect(verdicts).toEqual([
      [5, 'accepted'],
      [20, 'accepted']
    ])
  })

  test('the result does not depend on how the signal is cut', async () => {
    const signal = Array.from({ length: 200 }, (_, k) => [Math.sin(k * k), Math.cos(3 * k)])
    const events = [3, 20, 21, 50, 99, 150, 190].map((index) => ({ index }))
    const params = { maxPeakToPeak: 1.99 }
    const whole = await run({ signal, events, params })
    expect(whole.verdicts).toHaveLength(7)
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.integer({ min: 1, max: 199 }), { maxLength: 40 }), async (cuts) => {
        expect(await run({ signal, events, params, cuts })).toEqual(whole)
      }),
      { numRuns: 20 }
    )
  })

  test('what does not suit is refused', async () => {
    const attempt = (wrong: Partial<Run>) => run({ signal: quiet, events: [], ...wrong })
    await expect(attempt({ config: { window: [0.1, 0.1] } })).rejects.toThrow("'window': expected [from, to]")
    await expect(attempt({ config: { baseline: [-0.1, 0] } })).rejects.toThrow(
      "'baseline': expected a part of the window"
    )
    await expect(attempt({ params: { channels: ['CZ1'] } })).rejects.toThrow("did you mean 'Cz'?")
    await expect(attempt({ params: { maxPeakToPeak: 0 } })).rejects.toThrow(ConfigError)
  })
})

test('a source that starts anew begins a run of verdicts, and the average goes on', async () => {
  await using signals = new OutputStream({ dtype: 'float64', shape: [-1, 1], sampleRate: RATE })
  await using marks = new OutputStream({ streamType: 'event', dtype: makeEvents([]).dtype, shape: [-1] })
  await signals.configure({ protocol: 'inproc' })
  await marks.configure({ protocol: 'inproc' })
  await using node = new EpochAverage({ name: 'erp' })
  await node.configure({ window: [0, 0.02] })
  await node.inputs['signals']!.connect(signals, { delivery: 'complete' })
  await node.inputs['events']!.connect(marks, { delivery: 'complete' })
  await node.initialize()
  await using verdicts = new InputStream({ delivery: 'complete' })
  await verdicts.connect(node.outputs['epochs']!)
  const verdictChunks = verdicts.chunks()
  await node.start()
  for (const level of [1, 3]) {
    signals.startRun()
    marks.startRun()
    await marks.send(makeEvents([{ index: 2 }]))
    await signals.send(
      NdArray.from(
        Array.from({ length: 10 }, () => [level]),
        'float64'
      ),
      10
    )
    const { value: chunk } = await verdictChunks.next()
    expect(readEvents(chunk!.data)).toMatchObject([{ index: 2, label: 'accepted' }])
    expect(chunk!.index).toBe(1)
  }
  await signals.endRun()
  await marks.endRun()
  expect(await node.finished()).toBeUndefined()
  expect(node.average.toNested()).toEqual([[2], [2]])
})
