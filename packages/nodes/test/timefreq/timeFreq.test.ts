import { readFileSync } from 'node:fs'
import { NdArray } from '@nodeacq/ndarray'
import { InputStream, OutputStream } from '@nodeacq/stream'
import { waitFor } from 'testing'
import { describe, expect, test } from 'vitest'
import { getEngine, TimeFreq } from '../../src/index.ts'
import { MorletMap } from '../../src/dsp/timefreq/MorletMap.ts'
import { SosFiltFilt } from '../../src/dsp/timefreq/sosFiltFilt.ts'
import { timeFreqPlan } from '../../src/dsp/timefreq/timeFreqPlan.ts'

interface Case {
  name: string
  sample_rate: number
  xsize: number
  timefreq: { f_start: number; f_stop: number; deltafreq: number; f0: number; normalisation: number }
  head: number
  derived: Record<
    'len_wavelet' | 'downsample_factor' | 'sig_chunk_size' | 'sub_sample_rate' | 'plot_length' | 'n_freq',
    number
  >
  requested_segment: [number, number]
  emitted_index: number
  signal_f32_le_base64: string
  map_shape: [number, number]
  map_f32_le_base64: string
  map_max: number
}
const read = (name: string): { cases: unknown[] } =>
  JSON.parse(readFileSync(new URL(`../fixtures/${name}.json`, import.meta.url), 'utf8')) as { cases: unknown[] }
const cases = read('timefreq_morlet').cases as Case[]

function floats(base64: string): Float32Array {
  const bytes = Buffer.from(base64, 'base64')
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))
}

const planOf = ({ sample_rate, xsize, timefreq }: Case) =>
  timeFreqPlan({
    sampleRate: sample_rate,
    duration: xsize,
    fStart: timefreq.f_start,
    fStop: timefreq.f_stop,
    deltaFreq: timefreq.deltafreq
  })

/** Greatest distance between two maps, relative to the highest point of pyacq's. */
function distance(map: ArrayLike<number>, { map_f32_le_base64, map_max }: Case): number {
  const expected = floats(map_f32_le_base64)
  let worst = 0
  for (const [k, value] of expected.entries()) worst = Math.max(worst, Math.abs(value - map[k]!))
  return worst / map_max
}

describe.each(cases)('a map as pyacq computes it: $name', (one) => {
  const { derived, timefreq, requested_segment, signal_f32_le_base64, map_shape } = one

  test('is planned with the same sizes', () => {
    const { decimation, length, segment, columns, columnRate, frequencies } = planOf(one)
    expect([length, decimation, segment, columnRate, columns, frequencies.length]).toEqual([
      derived.len_wavelet,
      derived.downsample_factor,
      derived.sig_chunk_size,
      derived.sub_sample_rate,
      derived.plot_length,
      derived.n_freq
    ])
  })

  test.each(['js', 'auto'])('has the same magnitudes (%s)', (engine) => {
    const { f0, normalisation } = timefreq
    const map = new MorletMap(planOf(one), { f0, normalisation }, getEngine(engine))
    const output = new Float32Array(map_shape[0] * map_shape[1])
    map.compute(floats(signal_f32_le_base64).slice(...requested_segment), output)
    expect(distance(output, one)).toBeLessThan(2e-6)
  })

  test('comes out of the node for each channel, at the same index', async () => {
    const signal = floats(signal_f32_le_base64)
    const values = new Float32Array(3 * one.head)
    for (let k = 0; k < one.head; k++) values.set([signal[k]!, 2 * signal[k]!, 0], 3 * k)
    await using source = new OutputStream({
      dtype: 'float32',
      shape: [-1, 3],
      sampleRate: one.sample_rate,
      flow: 'wait'
    })
    await source.configure()
    await using node = new TimeFreq({ name: 'map' })
    await node.configure({ workers: 2 })
    await node.input.connect(source, { delivery: 'complete' })
    const { f_start, f_stop, deltafreq } = timefreq
    const { f0, normalisation } = timefreq
    await node.setParams({ xsize: one.xsize, f_start, f_stop, deltafreq, f0, normalisation, refreshInterval: 5 })
    await node.initialize()
    await using input = new InputStream({ delivery: 'complete' })
    await input.connect(node.output)
    const maps: { index: number; data: NdArray }[] = []
    input.onData(({ index, data }) => maps.push({ index, data: data.copy() }))
    source.startRun()
    await node.start()
    await source.send(NdArray.fromTyped(values.subarray(0, 300), [100, 3]), 100)
    await source.send(NdArray.fromTyped(values.subarray(300), [one.head - 100, 3]), one.head)
    await source.endRun()
    expect(await node.finished()).toBeUndefined()
    await waitFor(() => maps.length === 2)
    const { index, data } = maps[1]!
    expect(index).toBe(one.emitted_index)
    expect(data.shape).toEqual([3, ...map_shape])
    const [first, second, third] = [0, 1, 2].map(
      (c) =>
        data
          .slice(c, c + 1)
          .toContiguous()
          .typed() as Float32Array
    )
    expect(distance(first!, one)).toBeLessThan(2e-6)
    expect(
      distance(
        second!.map((value) => value / 2),
        one
      )
    ).toBeLessThan(2e-6)
    expect(third!.every((value) => value === 0)).toBe(true)
    expect(node.status().counters).toEqual({ maps: 2, skippedMaps: 0 })
  })
})

interface FiltFiltCase {
  sos: number[][]
  x: number[]
  sosfiltfilt: number[]
  padlen: number
}

test.each(read('scipy_sosfiltfilt').cases as FiltFiltCase[])(
  'sosFiltFilt is scipy’s (%#)',
  ({ sos, x, sosfiltfilt, padlen }) => {
    const filter = new SosFiltFilt(NdArray.from(sos, 'float64'), getEngine('auto'))
    expect(filter.padding).toBe(padlen)
    const result = filter.process(Float64Array.from(x))
    const largest = Math.max(...sosfiltfilt.map(Math.abs))
    for (const [k, value] of sosfiltfilt.entries()) expect(Math.abs(result[k]! - value)).toBeLessThan(1e-10 * largest)
    expect(() => filter.process(new Float64Array(padlen))).toThrow(RangeError)
  }
)

describe('TimeFreq', () => {
  async function running(spec: object, options: object = {}) {
    const source = new OutputStream({ dtype: 'int16', shape: [-1, 2], sampleRate: 400, flow: 'wait', ...spec })
    await source.configure()
    const node = new TimeFreq({ name: 'map' })
    await node.configure({ workers: 1, ...options })
    await node.input.connect(source, { delivery: 'complete' })
    return { source, node }
  }

  test('its params change the map while it runs, within limits', async () => {
    const { source, node } = await running({ channelInfo: [{ name: 'Fz' }, { name: 'Cz' }] }, { channels: ['Cz'] })
    await using _source = source
    await using _node = node
    await node.setParams({ xsize: 0.5, refreshInterval: 100 })
    await node.initialize()
    const shapes: (readonly number[])[] = []
    await using input = new InputStream({ delivery: 'complete' })
    await input.connect(node.output)
    input.onData(({ data }) => shapes.push(data.shape))
    source.startRun()
    await node.start()
    const chunk = NdArray.zeros([100, 2], 'int16')
    await source.send(chunk)
    await waitFor(() => shapes.length === 1)
    await node.setParams({ fStop: 30 })
    await source.send(chunk)
    await source.endRun()
    await waitFor(() => shapes.length === 2)
    expect(shapes).toEqual([
      [1, 200, 29],
      [1, 50, 9]
    ])
    await expect(node.setParams({ fStop: 300 })).rejects.toThrow(
      /frequencies below 200 Hz \(half the sample rate\), got 297 Hz/
    )
    await expect(node.setParams({ fStop: 2 })).rejects.toThrow(/'fStop' above 'fStart', 3 Hz, got 2 Hz/)
    await expect(node.setParams({ xsize: 60 })).rejects.toThrow(/at most 57 s/)
  })

  test('what is missing counts as 0, and the index goes on', async () => {
    const { source, node } = await running({})
    await using _source = source
    await using _node = node
    await node.setParams({ xsize: 0.5, refreshInterval: 5 })
    await node.initialize()
    const seen: { index: number; highest: number }[] = []
    await using input = new InputStream({ delivery: 'complete' })
    await input.connect(node.output)
    input.onData(({ index, data }) =>
      seen.push({ index, highest: Math.max(...(data.toContiguous().typed() as Float32Array)) })
    )
    source.startRun()
    await node.start()
    await source.send(NdArray.fromTyped(new Int16Array(200).fill(1000), [100, 2]), 100)
    await source.send(NdArray.zeros([10, 2], 'int16'), 10_000)
    await source.endRun()
    await waitFor(() => seen.length === 2)
    expect(seen.map(({ index }) => index)).toEqual([100, 10_000])
    expect(seen[0]!.highest).toBeGreaterThan(0)
    expect(seen[1]!.highest).toBe(0)
  })

  test.each([
    [{}, { channels: ['Pz'] }, /'channels': expected a name of a channel/],
    [{ sampleRate: 100 }, {}, /frequencies below 50 Hz/],
    [{ dtype: 'bool' }, {}, /expected numbers/]
  ])('what cannot be is refused (%j, %j)', async (spec, options, message) => {
    const { source, node } = await running(spec, options)
    await using _source = source
    await using _node = node
    await expect(node.initialize()).rejects.toThrow(message)
  })
})
