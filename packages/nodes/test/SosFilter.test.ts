import { readFileSync } from 'node:fs'
import { ConfigError } from '@nodeacq/core'
import { NdArray } from '@nodeacq/ndarray'
import { OutputStream } from '@nodeacq/stream'
import { waitFor } from 'testing'
import { describe, expect, test } from 'vitest'
import { FilterError, SosFilter } from '../src/index.ts'
import { collect } from './collect.ts'

interface Case {
  name: string
  dtype: string
  nb_channel: number
  sos: number[][]
  input: number[][]
  chunks: { index: number; n: number; output: number[][] }[]
}
const { cases } = JSON.parse(readFileSync(new URL('fixtures/dsp_sosfilter.json', import.meta.url), 'utf8')) as {
  cases: Case[]
}
const HALF = [[0.5, 0, 0, 1, 0, 0]]

async function filterFrom(source: OutputStream, coefficients: unknown): Promise<SosFilter> {
  const filter = new SosFilter({ name: 'filter' })
  await filter.configure({ coefficients, engine: 'scipy', chunksize: 64 })
  await filter.input.connect(source, { delivery: 'complete' })
  await filter.output.configure()
  await filter.initialize()
  return filter
}

describe('SosFilter', () => {
  test.each(cases)('$name through real streams', async ({ dtype, nb_channel, sos, input, chunks }) => {
    const channelInfo = Array.from({ length: nb_channel }, (_, k) => ({ name: `c${k}` }))
    await using source = new OutputStream({ dtype, shape: [-1, nb_channel], sampleRate: 500, channelInfo })
    await source.configure()
    await using filter = await filterFrom(source, sos)
    expect(filter.output.info).toMatchObject({ dtype, shape: [-1, nb_channel], sampleRate: 500, channelInfo })
    const { done } = await collect(filter.output)
    source.startRun()
    await filter.start()
    const signal = NdArray.from(input, dtype)
    let from = 0
    for (const { index, n } of chunks) {
      await source.send(signal.slice(from, from + n), index)
      from += n
    }
    await source.endRun()
    const { data, indexes } = await done
    expect(indexes).toEqual(chunks.map(({ index }) => index))
    expect(data.dtype.name).toBe(dtype)
    expect(data.toNested()).toEqual(chunks.flatMap(({ output }) => output))
    expect(await filter.finished()).toBeUndefined()
  })

  test('gaps are passed on, the state is kept over them', async () => {
    await using source = new OutputStream({ dtype: 'float64', shape: [-1, 1] })
    await source.configure()
    await using filter = await filterFrom(source, [[0, 1, 0, 1, 0, 0]])
    const { done } = await collect(filter.output)
    source.startRun()
    await filter.start()
    await source.send(NdArray.from([[1], [2]], 'float64'), 2)
    source.skip({ from: 2, to: 10, cause: 'device' })
    await source.send(NdArray.from([[3], [4]], 'float64'), 12)
    await source.endRun()
    const { data, indexes, gaps } = await done
    expect(indexes).toEqual([2, 12])
    expect(gaps).toMatchObject([{ from: 2, to: 10, cause: 'device', declared: true }])
    // A delay by one sample: the last one before the gap comes first behind it.
    expect(data.toNested()).toEqual([[0], [1], [2], [3]])
  })

  test('setCoefficients works at once while running, and wrong ones change nothing', async () => {
    await using source = new OutputStream({ dtype: 'float32', shape: [-1, 1] })
    await source.configure()
    await using filter = await filterFrom(source, HALF)
    const { done } = await collect(filter.output)
    source.startRun()
    await filter.start()
    await source.send(NdArray.from([[2]], 'float32'))
    await waitFor(() => filter.output.index === 1)
    expect(() => filter.setCoefficients([[1, 2]])).toThrow(FilterError)
    filter.setCoefficients([[3, 0, 0, 1, 0, 0]])
    await source.send(NdArray.from([[2]], 'float32'))
    await source.endRun()
    expect((await done).data.toNested()).toEqual([[1], [6]])
  })

  test('big-endian input comes out as big-endian', async () => {
    await using source = new OutputStream({ dtype: '>i2', shape: [-1, 1] })
    await source.configure()
    await using filter = await filterFrom(source, HALF)
    const { done } = await collect(filter.output)
    source.startRun()
    await filter.start()
    await source.send(NdArray.from([[5], [-7]], '>i2'))
    await source.endRun()
    const { data } = await done
    expect([data.dtype.name, data.toNested()]).toEqual(['>i2', [[2], [-3]]])
  })

  test('behind a source that waits, the filter waits as well', async () => {
    await using source = new OutputStream({ dtype: 'float32', shape: [-1, 1], flow: 'wait' })
    await source.configure()
    await using filter = await filterFrom(source, HALF)
    expect(filter.output.info.flow).toBe('wait')
  })

  test('what does not suit is refused before it runs', async () => {
    await using filter = new SosFilter({ name: 'wrong' })
    await expect(filter.configure({ coefficients: [[1, 2, 3]] })).rejects.toThrow(FilterError)
    await filter.configure()
    await using source = new OutputStream({ dtype: 'float32', shape: [-1, 2] })
    await source.configure()
    await filter.input.connect(source)
    await expect(filter.initialize()).rejects.toThrow(ConfigError)
    await filter.configure({ coefficients: [HALF, HALF, HALF] })
    await expect(filter.initialize()).rejects.toThrow(/each of 2 channels/)
    await using picture = new OutputStream({ dtype: 'uint8', shape: [-1, 4, 4], streamType: 'video' })
    await picture.configure()
    await using other = new SosFilter({ name: 'other' })
    await other.configure({ coefficients: HALF })
    await other.input.connect(picture)
    await expect(other.initialize()).rejects.toThrow(/expected numbers of shape \(samples, channels\)/)
  })
})
