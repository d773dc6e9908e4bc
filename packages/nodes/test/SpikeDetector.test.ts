import { ConfigError } from '@nodeacq/core'
import { NdArray } from '@nodeacq/ndarray'
import { OutputStream, readEvents } from '@nodeacq/stream'
import { seededRandom, waitFor } from 'testing'
import { describe, expect, test } from 'vitest'
import { SpikeDetector } from '../src/index.ts'
import { collect } from './collect.ts'

const RATE = 10_000

/** A second and a half of noise in int16 counts, with spikes on one channel. */
function makeSignal(spikes: readonly number[], channel: number): NdArray {
  const random = seededRandom(5)
  const data = NdArray.zeros([15_000, 2], 'int16')
  const values = data.typed() as Int16Array
  for (let k = 0; k < values.length; k++) values[k] = Math.round(40 * (random() + random() + random() - 1.5))
  for (const at of spikes) values[at * 2 + channel] = -600
  return data
}

async function run(
  data: NdArray,
  chunk: number,
  { config = {}, params = {} }: { config?: object; params?: object } = {}
) {
  await using source = new OutputStream({
    dtype: 'int16',
    shape: [-1, 2],
    sampleRate: RATE,
    channelInfo: [{ name: 'tip' }, { name: 'shaft' }]
  })
  await source.configure({ protocol: 'inproc' })
  await using node = new SpikeDetector({ name: 'spikes' })
  await node.configure({ noiseWindow: 0.1, ...config })
  await node.input.connect(source, { delivery: 'complete' })
  await node.setParams(params)
  await node.initialize()
  const [events, waveforms] = [await collect(node.outputs['events']!), await collect(node.outputs['waveforms']!)]
  source.startRun()
  await node.start()
  for (let from = 0; from < data.length; from += chunk) await source.send(data.slice(from, from + chunk))
  await source.endRun()
  const [found, shapes] = [await events.done, await waveforms.done]
  expect(await node.finished()).toBeUndefined()
  expect(found.indexes).toEqual(shapes.indexes)
  return {
    events: readEvents(found.data),
    waveforms: shapes.data,
    counters: node.status().counters,
    noise: node.noise()
  }
}

describe('SpikeDetector', () => {
  test('tells position, channel and waveform of each spike, however the signal is cut', async () => {
    const data = makeSignal([500, 3000, 9000, 14_999], 1)
    const whole = await run(data, 15_000)
    expect(whole.events).toEqual([
      { index: 3000, value: 1, duration: 0, label: 'shaft' },
      { index: 9000, value: 1, duration: 0, label: 'shaft' }
    ])
    expect(whole.waveforms.shape).toEqual([2, 15])
    expect(whole.waveforms.slice(0, 1).toNested()).toEqual([data.slice(2995, 3010).column(1).toNested()])
    expect(whole.counters).toEqual({ spikes: 2, cutOff: 1 })
    // A sum of three uniform numbers between -20 and 20: deviation 20.
    expect(whole.noise.map(({ channel }) => channel)).toEqual(['tip', 'shaft'])
    for (const { deviation } of whole.noise) expect(Math.abs(deviation! - 20)).toBeLessThan(3)
    for (const chunk of [1, 7, 1000]) {
      const cut = await run(data, chunk)
      expect(cut.events).toEqual(whole.events)
      expect(cut.waveforms.toNested()).toEqual(whole.waveforms.toNested())
    }
  })

  test('only the channels asked are watched', async () => {
    const data = makeSignal([3000], 1)
    expect((await run(data, 1000, { config: { channels: ['tip'] } })).events).toEqual([])
    expect((await run(data, 1000, { config: { channels: [1] } })).events).toHaveLength(1)
    expect((await run(data, 1000, { params: { sign: 'positive' } })).events).toEqual([])
    expect((await run(data, 1000, { params: { threshold: 40 } })).events).toEqual([])
  })

  test('parameters may change while it runs', async () => {
    const data = makeSignal([3000, 9000], 0)
    await using source = new OutputStream({ dtype: 'int16', shape: [-1, 2], sampleRate: RATE })
    await source.configure({ protocol: 'inproc' })
    await using node = new SpikeDetector({ name: 'spikes' })
    await node.configure({ noiseWindow: 0.1 })
    await node.input.connect(source, { delivery: 'complete' })
    await node.initialize()
    const { done } = await collect(node.outputs['events']!)
    source.startRun()
    await node.start()
    await source.send(data.slice(0, 6000))
    await waitFor(() => node.status().counters['spikes'] === 1)
    await node.setParams({ threshold: 50 })
    await expect(node.setParams({ sign: 'downwards' })).rejects.toThrow(ConfigError)
    await source.send(data.slice(6000))
    await source.endRun()
    expect(readEvents((await done).data).map(({ index }) => index)).toEqual([3000])
  })

  test('what does not suit is refused', async () => {
    const data = makeSignal([], 0)
    const attempt = (options: Parameters<typeof run>[2]) => run(data, 1000, options)
    await expect(attempt({ config: { channels: ['shift'] } })).rejects.toThrow("did you mean 'shaft'?")
    await expect(attempt({ config: { channels: [2] } })).rejects.toThrow("'channels': expected 0 to 1, got 2")
    await expect(attempt({ config: { before: 1e-6 } })).rejects.toThrow(
      "'before': expected at least one sample, 0.0001 s"
    )
    await expect(attempt({ params: { threshold: 0 } })).rejects.toThrow(ConfigError)
    await expect(attempt({ config: { deadTime: -1 } })).rejects.toThrow(ConfigError)
  })
})
