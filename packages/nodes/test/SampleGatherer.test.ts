import { OutputStream, InputStream } from '@nodeacq/stream'
import { expect, test } from 'vitest'
import { BackOff } from '../src/devices/BackOff.ts'
import { SampleGatherer } from '../src/devices/SampleGatherer.ts'

test('samples come as chunks, with a gap where the index jumps', async () => {
  await using output = new OutputStream()
  await output.configure({ dtype: 'float32', shape: [-1, 2], sampleRate: 100, transferMode: 'plaindata' })
  await using input = new InputStream({ delivery: 'complete' })
  await input.connect(output)
  const gatherer = new SampleGatherer(output, { channels: 2, dtype: 'float32', chunkSize: 4 })
  for (const index of [0, 1, 2, 3, 4, 9, 10]) await gatherer.push(index, [index, -index])
  expect(gatherer.end).toBe(11)
  await gatherer.flush()
  await gatherer.flush()
  await output.close()
  const chunks: unknown[] = []
  for await (const { index, data, gaps } of input.chunks()) {
    chunks.push({ index, values: data.toNested(), gaps: gaps.map(({ from, to }) => [from, to]) })
  }
  const rows = (...indexes: number[]) => indexes.map((index) => [index, -index])
  expect(chunks).toEqual([
    { index: 4, values: rows(0, 1, 2, 3), gaps: [] },
    { index: 5, values: rows(4), gaps: [] },
    { index: 11, values: rows(9, 10), gaps: [[5, 9]] }
  ])
})

test('pauses between attempts double up to the longest, and begin anew after a success', async () => {
  const backOff = new BackOff({ first: 0.001, longest: 0.004 })
  const signal = new AbortController().signal
  const lengths: number[] = []
  for (let k = 0; k < 4; k++) {
    const start = performance.now()
    await backOff.wait(signal)
    lengths.push(performance.now() - start)
  }
  expect(lengths[3]).toBeGreaterThan(2.5)
  backOff.reset()
  await new BackOff().wait(AbortSignal.abort())
})
