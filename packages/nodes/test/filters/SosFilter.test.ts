import { readFileSync } from 'node:fs'
import { ConfigError } from '@nodeacq/core'
import { NdArray } from '@nodeacq/ndarray'
import { InputStream, OutputStream } from '@nodeacq/stream'
import { waitFor } from 'testing'
import { describe, expect, test } from 'vitest'
import { FilterError, SosFilter } from '../../src/index.ts'
import { collect } from '../collect.ts'

interface Case {
  name: string
  dtype: string
  nb_channel: number
  sos: number[][]
  input: number[][]
  chunks: { index: number; n: number; output: number[][] }[]
}
const { cases } = JSON.parse(readFileSync(new URL('../fixtures/dsp_sosfilter.json', import.meta.url), 'utf8')) as {
  cases: Case[]
}
const HALF = [[0.5, 0, 0, 1, 0, 0]]

async function filterFrom(source: OutputStream, options: object): Promise<SosFilter> {
  const filter = new SosFilter({ name: 'filter' })
  await filter.configure({ engine: 'scipy', chunksize: 64, ...options })
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
    await using filter = await filterFrom(source, { coefficients: sos })
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

  test.each([
    ['reset', [[0], [1], [0], [3]]],
    // A delay by one sample, which saw the 2 through the gap.
    ['fill', [[0], [1], [2], [3]]]
  ])('gaps are passed on; onGap: %s', async (onGap, expected) => {
    await using source = new OutputStream({ dtype: 'float64', shape: [-1, 1] })
    await source.configure()
    await using filter = await filterFrom(source, { coefficients: [[0, 1, 0, 1, 0, 0]], onGap })
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
    expect(data.toNested()).toEqual(expected)
  })

  test('a gap that is too long to fill resets the filter', async () => {
    await using source = new OutputStream({ dtype: 'float64', shape: [-1, 1], sampleRate: 10 })
    await source.configure()
    await using filter = await filterFrom(source, { coefficients: [[0, 1, 0, 1, 0, 0]], onGap: 'fill' })
    const { done } = await collect(filter.output)
    source.startRun()
    await filter.start()
    await source.send(NdArray.from([[7]], 'float64'), 1)
    await source.send(NdArray.from([[8]], 'float64'), 103)
    await source.endRun()
    expect((await done).data.toNested()).toEqual([[0], [0]])
  })

  test('a design in words is the filter that scipy makes of it, at the rate of the stream', async () => {
    await using source = new OutputStream({ dtype: 'float64', shape: [-1, 1], sampleRate: 500 })
    await source.configure()
    const design = { type: 'butter', order: 2, band: 'lowpass', frequencies: 125 } as const
    await using filter = await filterFrom(source, { design })
    const { done } = await collect(filter.output)
    source.startRun()
    await filter.start()
    await source.send(NdArray.from([[1], [0]], 'float64'))
    await filter.setParams({ design: { ...design, frequencies: 300 } }).then(
      () => expect.unreachable(),
      (error: Error) => expect(error.message).toMatch(/250/)
    )
    expect(filter.params).toMatchObject({ design: null })
    await source.endRun()
    // scipy.signal.butter(2, 125, fs=500, output='sos'): b = 0.29289322, 0.58578644, 0.29289322; a = 1, 0, 0.17157288
    const [first, second] = (await done).data.toNested() as number[][]
    expect(first![0]).toBeCloseTo(0.2928932188134524, 14)
    expect(second![0]).toBeCloseTo(0.5857864376269049, 14)
  })

  test('with a fade the output moves to the new filter without a step', async () => {
    await using source = new OutputStream({ dtype: 'float64', shape: [-1, 1], sampleRate: 100 })
    await source.configure()
    await using filter = await filterFrom(source, { coefficients: [[1, 0, 0, 1, 0, 0]] })
    const { done } = await collect(filter.output)
    source.startRun()
    await filter.start()
    const constant = NdArray.from(
      Array.from({ length: 50 }, () => [10]),
      'float64'
    )
    await source.send(constant)
    await waitFor(() => filter.output.index === 50)
    await filter.setParams({ fade: 0.2 })
    filter.setCoefficients([[0.5, 0, 0, 1, 0, 0]])
    await source.send(constant)
    await source.endRun()
    const values = ((await done).data.toNested() as number[][]).flat()
    const steps = values.slice(1).map((value, at) => Math.abs(value - values[at]!))
    expect(values.at(-1)).toBe(5)
    expect(Math.max(...steps)).toBeLessThan(1)
  })

  test('scale and units go on; a high-pass takes the offset away', async () => {
    await using source = new OutputStream({ dtype: 'int16', shape: [-1, 1], scale: 0.1, offset: 20, units: 'uV' })
    await source.configure()
    await using filter = await filterFrom(source, { coefficients: [[1, -1, 0, 1, -0.9, 0]], dtype: 'float32' })
    expect(filter.output.info).toMatchObject({ dtype: 'float32', scale: 0.1, offset: 0, units: 'uV' })
  })

  test('NaN is taken as the sample before it, and counted', async () => {
    await using source = new OutputStream({ dtype: 'float32', shape: [-1, 2] })
    await source.configure()
    await using filter = await filterFrom(source, { coefficients: HALF })
    const { done } = await collect(filter.output)
    source.startRun()
    await filter.start()
    await source.send(
      NdArray.from(
        [
          [2, 4],
          [NaN, 6],
          [Infinity, 8]
        ],
        'float32'
      )
    )
    await source.endRun()
    expect((await done).data.toNested()).toEqual([
      [1, 2],
      [1, 3],
      [1, 4]
    ])
    expect(filter.status().counters).toEqual({ nonFiniteSamples: 2 })
  })

  test('a source that starts anew without an end begins another run of the output', async () => {
    await using source = new OutputStream({ dtype: 'float64', shape: [-1, 1] })
    await source.configure()
    await using filter = await filterFrom(source, { coefficients: [[0, 1, 0, 1, 0, 0]] })
    const runs: [number, number][] = []
    await using input = new InputStream({ delivery: 'complete' })
    await input.connect(filter.output)
    input.onData(({ run, index }) => runs.push([run, index]))
    source.startRun()
    await filter.start()
    const first = filter.output.run
    await source.send(NdArray.from([[1], [2]], 'float64'))
    source.startRun()
    await source.send(NdArray.from([[3]], 'float64'))
    await source.endRun()
    await waitFor(() => runs.length === 2)
    expect(runs).toEqual([
      [first, 2],
      [first + 1, 1]
    ])
    expect(await filter.finished()).toBeUndefined()
  })

  test('setCoefficients works at once while running, and wrong ones change nothing', async () => {
    await using source = new OutputStream({ dtype: 'float32', shape: [-1, 1] })
    await source.configure()
    await using filter = await filterFrom(source, { coefficients: HALF })
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
    await using filter = await filterFrom(source, { coefficients: HALF })
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
    await using filter = await filterFrom(source, { coefficients: HALF })
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
    await expect(other.input.connect(picture)).rejects.toThrow(/expected numbers of shape \(samples, channels\)/)
  })
})
