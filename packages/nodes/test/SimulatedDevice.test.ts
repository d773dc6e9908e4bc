import { ConfigError } from '@nodeacq/core'
import { monotonicNow } from '@nodeacq/stream'
import { describe, expect, test } from 'vitest'
import { waitFor } from 'testing'
import { LatencyMonitor, SimulatedDevice } from '../src/index.ts'
import { collect } from './collect.ts'

async function device(options: object): Promise<SimulatedDevice> {
  const node = new SimulatedDevice({ name: 'load' })
  await node.configure(options)
  await node.initialize()
  return node
}

describe('SimulatedDevice', () => {
  test.each(['int16', 'uint8', 'int64', 'float32', 'float64', '>i2'])(
    'makes %s at its rate, every chunk stamped with the time of its sending',
    async (dtype) => {
      const before = monotonicNow()
      await using node = await device({ channelCount: 9, sampleRate: 5000, chunkSize: 50, dtype })
      const { done } = await collect(node.output)
      await node.start()
      await waitFor(() => node.output.index >= 1000)
      await node.stop()
      const after = monotonicNow()
      const { data, indexes } = await done
      expect(indexes).toEqual(indexes.map((_, k) => 50 * (k + 1)))
      const bytes = data.bytes()
      const chunkBytes = bytes.byteLength / indexes.length
      const times = indexes.map((_, k) =>
        new DataView(bytes.buffer, bytes.byteOffset + k * chunkBytes).getFloat64(0, true)
      )
      expect(times).toEqual(times.toSorted((a, b) => a - b))
      expect(times[0]).toBeGreaterThan(before)
      expect(times.at(-1)).toBeLessThan(after)
      // 10 ms each; no chunk is sent before its time.
      expect(times.at(-1)! - times[0]!).toBeGreaterThan((indexes.length - 1) * 10 - 200)
      expect(data.shape[1]).toBe(9)
      expect(node.pace().samples).toBe(indexes.at(-1))
    }
  )

  test('knows how late it was', async () => {
    await using node = await device({ sampleRate: 1000, chunkSize: 10 })
    await node.start()
    await waitFor(() => node.output.index >= 20)
    const until = performance.now() + 200
    while (performance.now() < until);
    await waitFor(() => node.pace().maxLag > 0.1, { what: 'the lag' })
    node.resetPace()
    expect(node.pace()).toMatchObject({ maxLag: 0 })
    await node.stop()
  })

  test.each([
    [{ dtype: 'bool' }, /'dtype': expected a type of integers or floats, got 'bool'/],
    [{ dtype: 'int15' }, /expected a numpy type name/],
    [{ chunkSize: 3 }, /'chunkSize': expected chunks of at least 16 bytes, got 6/]
  ])('%j is refused', async (options, message) => {
    await using node = new SimulatedDevice({ name: 'load' })
    await expect(node.configure(options)).rejects.toThrow(message)
    await expect(node.configure({ channelCount: 0 })).rejects.toThrow(ConfigError)
  })
})

test('LatencyMonitor measures how long chunks are on their way, on a clock that is ahead too', async () => {
  await using node = await device({ channelCount: 4, sampleRate: 1000, chunkSize: 10 })
  await using monitor = new LatencyMonitor({ name: 'monitor' })
  await using shifted = new LatencyMonitor({ name: 'shifted' })
  for (const [viewer, clockOffset] of [
    [monitor, 0],
    [shifted, -5000]
  ] as const) {
    await viewer.configure({ clockOffset })
    await viewer.input.connect(node.output)
    await viewer.initialize()
    expect(viewer.report()).toEqual({ chunks: 0, latencyMs: null, clock: null, clockErrorMs: null })
    await viewer.start()
  }
  await node.start()
  await waitFor(() => monitor.report().clock !== null && shifted.report().chunks > 20, { what: 'a second of signal' })
  const { chunks, latencyMs, clock, clockErrorMs } = monitor.report()
  expect(chunks).toBeGreaterThan(20)
  expect(latencyMs!.p50).toBeGreaterThan(0)
  expect(latencyMs!.p99).toBeGreaterThanOrEqual(latencyMs!.p50)
  expect(latencyMs!.max).toBeGreaterThanOrEqual(latencyMs!.p999)
  expect(Object.keys(clock!)).toEqual(['driftPpm', 'uncertaintyPpm'])
  expect(clockErrorMs!.p50).toBeGreaterThanOrEqual(0)
  expect(clockErrorMs!.max).toBeGreaterThanOrEqual(clockErrorMs!.p99)
  // As if the sender's clock were five seconds ahead of ours.
  expect(shifted.report().latencyMs!.p50).toBeGreaterThan(5000)
  monitor.reset()
  expect(monitor.report().chunks).toBeLessThan(chunks)
  await node.stop()
  await monitor.stop()
  await shifted.stop()
})
