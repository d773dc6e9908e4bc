import { NdArray } from '@nodeacq/ndarray'
import { seededRandom } from 'testing'
import { describe, expect, test } from 'vitest'
import { Decimator, FirFilter, Resampler } from '../../src/index.ts'
import { column, cutAtRandom, noise, runFilter, type Piece } from './runFilter.ts'

const CHANNELS = 3
const spec = { dtype: 'float64', shape: [-1, CHANNELS], sampleRate: 1000, units: 'uV', scale: 0.5 }
const SEEDS = [1, 2, 3, 4]

/** Each filter, and the whole numbers `up`, `down` between its rates. */
const filters = [
  {
    name: 'FirFilter, centred',
    create: () => new FirFilter({ name: 'f' }),
    config: { taps: [1, 2, 3, 2, 1] },
    up: 1,
    down: 1
  },
  {
    name: 'FirFilter, causal',
    create: () => new FirFilter({ name: 'f' }),
    config: { design: { taps: 10, band: 'lowpass', frequencies: 100 }, alignment: 'causal' },
    up: 1,
    down: 1
  },
  { name: 'Decimator', create: () => new Decimator({ name: 'f' }), config: { factor: 4 }, up: 1, down: 4 },
  {
    name: 'Decimator, iir',
    create: () => new Decimator({ name: 'f' }),
    config: { factor: 5, filter: 'iir' },
    up: 1,
    down: 5
  },
  { name: 'Resampler up', create: () => new Resampler({ name: 'f' }), config: { sampleRate: 1500 }, up: 3, down: 2 },
  { name: 'Resampler down', create: () => new Resampler({ name: 'f' }), config: { sampleRate: 400 }, up: 2, down: 5 }
]

describe.each(filters)('$name', ({ create, config, up, down }) => {
  const through = (pieces: readonly Piece[]) => runFilter(create(), config, { spec, pieces })

  test('the whole run comes out, at the rate it says', async () => {
    const { data, indexes, info } = await through([{ data: noise(seededRandom(1), 1001, CHANNELS) }])
    expect(info).toMatchObject({ sampleRate: (1000 * up) / down, units: 'uV', scale: 0.5 })
    expect(data.length).toBe(Math.ceil((1001 * up) / down))
    expect(indexes.at(-1)).toBe(data.length)
  })

  test.each(SEEDS)('the samples do not depend on how the signal is cut (seed %i)', async (seed) => {
    const random = seededRandom(seed)
    const signal = noise(random, 700, CHANNELS)
    const whole = await through([{ data: signal }])
    const cut = await through(cutAtRandom(signal, random, 30))
    expect(cut.data.typed()).toEqual(whole.data.typed())
    expect(cut.gaps).toEqual([])
  })

  test.each(SEEDS)('behind a gap it begins anew, and a sample keeps its place (seed %i)', async (seed) => {
    const random = seededRandom(seed)
    const [before, after] = [noise(random, 300, CHANNELS), noise(random, 400, CHANNELS)]
    const start = 301 + Math.floor(random() * 50)
    const { data, gaps } = await through([{ data: before }, { data: after, start }])
    const first = await through([{ data: before }])
    const place = (index: number) => Math.ceil((index * up) / down)
    expect(gaps).toMatchObject([{ from: place(300), to: place(start) }])
    expect(data.slice(0, first.data.length).toNested()).toEqual(first.data.toNested())
    // The same samples behind silence that reaches back to a place which both rates share.
    const silence = NdArray.zeros([start % down, CHANNELS], 'float64')
    const alone = await through([{ data: silence }, { data: after }].filter((piece) => piece.data.length > 0))
    const expected = alone.data.slice(place(start % down), undefined)
    expect(data.slice(first.data.length, undefined).toNested()).toEqual(expected.toNested())
  })
})

test('centred, each sample is the weighted mean around it, with silence beyond the ends', async () => {
  const signal = NdArray.from([[1], [0], [0], [0], [2]], 'float64')
  const { data } = await runFilter(
    new FirFilter({ name: 'f' }),
    { taps: [1, 2, 3] },
    { spec: { ...spec, shape: [-1, 1] }, pieces: [{ data: signal }] }
  )
  expect(column(data, 0)).toEqual([2, 3, 0, 2, 4])
})

test('integers stay integers, or become float32 on demand', async () => {
  const pieces = [{ data: NdArray.from([[100], [100], [100]], 'int16') }]
  const run = (dtype?: string) =>
    runFilter(
      new FirFilter({ name: 'f' }),
      { taps: [0.125], dtype },
      { spec: { dtype: 'int16', shape: [-1, 1] }, pieces }
    )
  expect(column((await run()).data, 0)).toEqual([12, 12, 12])
  expect(column((await run('float32')).data, 0)).toEqual([12.5, 12.5, 12.5])
})

test.each([
  [() => new FirFilter({ name: 'f' }), { taps: [1, 1] }, /an odd number of taps, or alignment: 'causal', got 2 taps/],
  [() => new FirFilter({ name: 'f' }), {}, /expected 'taps' or 'design', got none of them/],
  [() => new FirFilter({ name: 'f' }), { design: { taps: 11, band: 'lowpass', frequencies: 600 } }, /500/],
  [() => new Decimator({ name: 'f' }), { factor: 1 }, /'factor'/],
  [
    () => new Resampler({ name: 'f' }),
    { sampleRate: 1000 * Math.PI },
    /a ratio of whole numbers up to 10000 to the 1000 Hz/
  ]
])('what cannot be is refused with the reason (%#)', async (create, config, message) => {
  await expect(runFilter(create(), config, { spec, pieces: [] })).rejects.toThrow(message)
})
