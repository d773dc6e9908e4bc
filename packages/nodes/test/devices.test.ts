import { ConfigError, nodeTypes } from '@nodeacq/core'
import { NdArray } from '@nodeacq/ndarray'
import { describe, expect, test } from 'vitest'
import { waitFor } from 'testing'
import { NoiseGenerator, NumpyDeviceBuffer } from '../src/index.ts'
import { collect } from './collect.ts'

test('the node types are registered', () => {
  for (const name of [
    'NoiseGenerator',
    'NumpyDeviceBuffer',
    'FileReplay',
    'SosFilter',
    'StreamMonitor',
    'RawRecorder',
    'SimulatedDevice',
    'LatencyMonitor',
    'EmotivCortex'
  ]) {
    expect(nodeTypes()).toContain(name)
  }
})

describe('NoiseGenerator', () => {
  test('chunks of noise with exact indexes, the same for the same seed, in every run', async () => {
    await using device = new NoiseGenerator({ name: 'noise' })
    await device.configure({ channelCount: 3, chunkSize: 50, sampleRate: 10_000, seed: 7 })
    await device.output.configure()
    expect(device.output.info).toMatchObject({ dtype: 'float32', shape: [-1, 3], sampleRate: 10_000 })
    const runs: number[][] = []
    for (let run = 0; run < 2; run++) {
      if (run === 0) await device.initialize()
      const { done } = await collect(device.output)
      await device.start()
      await waitFor(() => device.output.index >= 2000)
      await device.stop()
      const { data, indexes, gaps } = await done
      expect(indexes).toEqual(indexes.map((_, k) => 50 * (k + 1)))
      expect(gaps).toEqual([])
      runs.push([...(data.slice(0, 2000).typed() as Float32Array)])
    }
    expect(runs[1]).toEqual(runs[0])
    const mean = runs[0]!.reduce((sum, x) => sum + x, 0) / 6000
    const variance = runs[0]!.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 6000
    expect(Math.abs(mean)).toBeLessThan(0.06)
    expect(Math.abs(variance - 1)).toBeLessThan(0.1)
  })

  test('a loop that is held up catches up without drift', async () => {
    await using device = new NoiseGenerator({ name: 'late' })
    await device.configure({ chunkSize: 10, sampleRate: 1000 })
    await device.initialize()
    const { done } = await collect(device.output)
    const begin = performance.now()
    await device.start()
    await waitFor(() => device.output.index >= 30)
    const until = performance.now() + 150
    while (performance.now() < until);
    await waitFor(() => device.output.index >= performance.now() - begin - 30, { what: 'the missing chunks' })
    await device.stop()
    const { indexes, times } = await done
    expect(indexes).toEqual(indexes.map((_, k) => 10 * (k + 1)))
    // No chunk is ahead of its time.
    for (const [k, at] of times.entries()) expect(at - begin).toBeGreaterThanOrEqual(indexes[k]! - 0.1)
  })

  test("pyacq's names are understood, mistakes are named", async () => {
    await using device = new NoiseGenerator({ name: 'names' })
    await device.configure({ nb_channel: 2, chunksize: 5, sample_rate: 100 })
    expect(device.output.spec).toMatchObject({ shape: [-1, 2], sampleRate: 100 })
    await expect(device.configure({ chunkSize: 0.5, sampelRate: 3 })).rejects.toThrow(ConfigError)
  })
})

describe('NumpyDeviceBuffer', () => {
  test('the default buffer is a sine with noise on 16 channels', async () => {
    await using device = new NumpyDeviceBuffer({ name: 'fake' })
    await device.configure()
    await device.initialize()
    expect(device.output.info).toMatchObject({ dtype: 'float32', shape: [-1, 16], sampleRate: 1000 })
    expect(device.output.info.channelInfo!.map(({ name }) => name).slice(0, 2)).toEqual(['chan0', 'chan1'])
    const { done } = await collect(device.output)
    await device.start()
    await waitFor(() => device.output.index >= 512)
    await device.stop()
    const { data, indexes } = await done
    expect(indexes[0]).toBe(256)
    expect(Math.max(...(data.typed() as Float32Array))).toBeGreaterThan(0.8)
  })

  test('plays its buffer over and over, in its dtype', async () => {
    await using device = new NumpyDeviceBuffer({ name: 'ints' })
    const buffer = Array.from({ length: 20 }, (_, k) => [k, 100 - k])
    await device.configure({
      nb_channel: 2,
      sample_interval: 0.0001,
      chunksize: 10,
      buffer: NdArray.from(buffer, 'int16'),
      channel_names: ['a', 'b']
    })
    await device.initialize()
    const { done } = await collect(device.output)
    await device.start()
    await waitFor(() => device.output.index >= 50)
    await device.stop()
    const { data } = await done
    expect(data.dtype.name).toBe('int16')
    expect(data.slice(0, 50).toNested()).toEqual(Array.from({ length: 50 }, (_, k) => buffer[k % 20]))
  })

  test('a buffer that does not suit is refused with all reasons', async () => {
    await using device = new NumpyDeviceBuffer({ name: 'wrong' })
    await expect(
      device.configure({ channelCount: 2, chunkSize: 3, buffer: [[1], [2]], channelNames: ['a'] })
    ).rejects.toThrow(/expected 2 channels, got 1.*multiple of chunkSize \(3\).*expected 2 names/)
  })
})
