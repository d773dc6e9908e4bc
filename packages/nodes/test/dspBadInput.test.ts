import { ConfigError, getNodeType, type Node } from '@nodeacq/core'
import { NdArray } from '@nodeacq/ndarray'
import { InputStream, OutputStream, type OutputOptions } from '@nodeacq/stream'
import { describe, expect, test } from 'vitest'
import { FilterError } from '../src/index.ts'
import { collect } from './collect.ts'

const SPEC = { dtype: 'float32', shape: [-1, 2], sampleRate: 1000 } as const
const design = { type: 'butter', order: 2, band: 'lowpass', frequencies: 100 }

/** Nodes with one input `signals`, with options that suit a signal like SPEC. */
const nodes: Readonly<Record<string, object>> = {
  SosFilter: { design },
  OverlapFiltfilt: { design, chunkSize: 40, overlapSize: 20 },
  FirFilter: { taps: [1, 2, 1] },
  Decimator: { factor: 4 },
  Resampler: { sampleRate: 400 },
  ReReference: { reference: 'average' },
  Spectrum: { duration: 0.05 },
  BandPower: { duration: 0.05, bands: { all: [20, 400] } },
  TimeFreq: { workers: 1 },
  AnalogTrigger: {},
  DigitalTrigger: {},
  SpikeDetector: {},
  SpikeSorter: {}
}

function create(type: string): Node {
  return new (getNodeType(type))({ name: 'one' })
}

async function initialize(type: string, config: object, spec: OutputOptions): Promise<void> {
  await using source = new OutputStream({ ...SPEC, ...spec })
  await source.configure()
  await using node = create(type)
  await node.configure(config)
  await node.input.connect(source)
  await node.initialize()
}

describe.each(Object.entries(nodes))('%s', (type, config) => {
  test.each([
    ['one axis', { shape: [-1] }, /input 'signals': expected \w+ of shape \(samples, channels\), got/],
    ['three axes', { shape: [-1, 4, 4] }, /input 'signals': expected \w+ of shape \(samples, channels\), got/],
    ['text', { dtype: 'S8' }, /expected \w+ of shape \(samples, channels\), got "\|?S8"/],
    ['no rate', { sampleRate: 0 }, /input 'signals': expected a sample rate above 0 Hz, got 0/]
  ])('a stream that does not suit is refused: %s', async (_, spec, message) => {
    const dtype = type === 'DigitalTrigger' ? 'uint8' : 'float32'
    const attempt = initialize(type, config, { dtype, ...spec })
    await expect(attempt).rejects.toThrow(ConfigError)
    await expect(attempt).rejects.toThrow(message)
  })
})

const computing = Object.keys(nodes).slice(0, 8)

test.each(computing)('%s: NaN and infinities spoil nothing, and are counted', async (type) => {
  await using source = new OutputStream(SPEC)
  await source.configure()
  await using node = create(type)
  await node.configure(nodes[type]!)
  await node.input.connect(source, { delivery: 'complete' })
  await node.initialize()
  const { done } = await collect(node.output)
  source.startRun()
  await node.start()
  const rows = Array.from({ length: 400 }, (_, k) => [Math.sin(k / 9), k % 7])
  rows[0]![0] = NaN
  rows[50] = [Infinity, -Infinity]
  rows[201]![1] = NaN
  for (let from = 0; from < rows.length; from += 50) {
    await source.send(NdArray.from(rows.slice(from, from + 50), 'float32'))
  }
  await source.endRun()
  const { data } = await done
  expect(await node.finished()).toBeUndefined()
  expect(data.length).toBeGreaterThan(0)
  for (const value of data.toContiguous().typed()) expect(Number.isFinite(value)).toBe(true)
  expect(node.status().counters['nonFiniteSamples']).toBe(4)
})

test('TimeFreq takes what is no number as 0', async () => {
  await using source = new OutputStream({ ...SPEC, flow: 'wait' })
  await source.configure()
  await using node = create('TimeFreq')
  await node.configure({ workers: 1 })
  await node.input.connect(source, { delivery: 'complete' })
  await node.setParams({ xsize: 0.5 })
  await node.initialize()
  const maps: NdArray[] = []
  await using input = new InputStream({ delivery: 'complete' })
  await input.connect(node.output)
  input.onData(({ data }) => maps.push(data.copy()))
  source.startRun()
  await node.start()
  await source.send(
    NdArray.from(
      Array.from({ length: 600 }, () => [NaN, Infinity]),
      'float32'
    )
  )
  await source.endRun()
  expect(await node.finished()).toBeUndefined()
  expect(maps.length).toBeGreaterThan(0)
  for (const value of maps[0]!.toContiguous().typed()) expect(value).toBe(0)
})

test.each([
  ['SosFilter', { design: { ...design, frequencies: 500 } }],
  ['OverlapFiltfilt', { design: { ...design, frequencies: 600 } }],
  ['FirFilter', { design: { taps: 11, band: 'lowpass', frequencies: 501 } }],
  ['BandPower', { bands: { high: [100, 501] } }]
])('%s: a frequency beyond half the sample rate is refused with both numbers', async (type, config) => {
  const attempt = initialize(type, config, {})
  await expect(attempt).rejects.toThrow(FilterError)
  await expect(attempt).rejects.toThrow(/500(.*)(500|501|600)/)
})

test.each([
  ['OverlapFiltfilt', { design, chunkSize: 0 }, 'chunkSize'],
  ['OverlapFiltfilt', { design, chunkSize: 10.5 }, 'chunkSize'],
  ['OverlapFiltfilt', { design, overlapSize: 0 }, 'overlapSize'],
  ['OverlapFiltfilt', { design, chunksize: -1 }, 'chunkSize'],
  ['SosFilter', {}, 'coefficients'],
  ['SosFilter', { coefficients: [[1, 0, 0, 1, 0, 0]], design }, "'coefficients' or 'design', got both"],
  ['SosFilter', { design, onGap: 'wait' }, 'onGap'],
  ['SosFilter', { design, engine: 'quantum' }, 'quantum'],
  ['Resampler', { sampleRate: 0 }, 'sampleRate'],
  ['Spectrum', { overlap: 1 }, 'overlap'],
  ['Spectrum', { averages: 0 }, 'averages'],
  ['BandPower', { duration: 0 }, 'duration'],
  ['TimeFreq', { workers: 0 }, 'workers'],
  ['SpikeDetector', { deadTime: 0 }, 'deadTime'],
  ['SpikeSorter', { learnFrom: 1 }, 'learnFrom']
])('%s: %j is refused by name', async (type, config, message) => {
  await expect(initialize(type, config, {})).rejects.toThrow(message)
})

test('coefficients for another number of channels are refused with both numbers', async () => {
  const section = [[1, 0, 0, 1, 0, 0]]
  for (const type of ['SosFilter', 'OverlapFiltfilt']) {
    const attempt = initialize(type, { coefficients: [section, section, section] }, {})
    await expect(attempt).rejects.toThrow(/coefficients for each of 2 channels, got for 3/)
  }
})
