import { NdArray } from '@nodeacq/ndarray'
import { seededRandom } from 'testing'
import { describe, expect, test } from 'vitest'
import { BandPower, Spectrum } from '../../src/index.ts'
import { column, cutAtRandom, noise, runFilter, type Piece } from './runFilter.ts'

const RATE = 200
const spec = { dtype: 'float64', shape: [-1, 2], sampleRate: RATE, units: 'uV' }
const SEEDS = [1, 2, 3, 4]

const spectra = (config: object, pieces: readonly Piece[], more: object = {}) =>
  runFilter(new Spectrum({ name: 's' }), config, { spec: { ...spec, ...more }, pieces })
const bands = (config: object, pieces: readonly Piece[], more: object = {}) =>
  runFilter(new BandPower({ name: 'b' }), config, { spec: { ...spec, ...more }, pieces })

/** Channel 0: a sine of amplitude 3 at 20 Hz; channel 1: nothing. */
function sine(samples: number): NdArray {
  const values = new Float64Array(2 * samples)
  for (let k = 0; k < samples; k++) values[2 * k] = 3 * Math.sin((2 * Math.PI * 20 * k) / RATE)
  return NdArray.fromTyped(values, [samples, 2])
}

describe('Spectrum', () => {
  test('a line has its power at its frequency', async () => {
    const { data, info } = await spectra({ scaling: 'spectrum', dtype: 'float64' }, [{ data: sine(400) }])
    expect(info).toMatchObject({ shape: [-1, 2, 101], sampleRate: 2, units: 'uV²', dtype: 'float64' })
    expect(data.shape).toEqual([3, 2, 101])
    const [line, silence] = (data.toNested() as number[][][])[0]!
    expect(line![20]).toBeCloseTo(4.5, 10)
    expect(line![40]).toBeCloseTo(0, 10)
    expect(silence!.every((power) => power === 0)).toBe(true)
  })

  test('scale and offset are worked in: integers come out as physical power', async () => {
    const raw = sine(400).astype('float64')
    const counts = NdArray.fromTyped(
      Int16Array.from(raw.typed() as Float64Array, (value) => 1000 * value),
      [400, 2]
    )
    const { data, info } = await spectra({ scaling: 'spectrum' }, [{ data: counts }], {
      dtype: 'int16',
      scale: 0.001,
      offset: 7
    })
    expect(info).toMatchObject({ scale: null, offset: null })
    expect((data.toNested() as number[][][])[0]![0]![20]).toBeCloseTo(4.5, 2)
  })

  test('an estimate is the mean of its windows', async () => {
    const signal = noise(seededRandom(5), 1000, 2)
    const single = await spectra({ dtype: 'float64' }, [{ data: signal }])
    const triple = await spectra({ dtype: 'float64', averages: 3 }, [{ data: signal }])
    expect(triple.data.length).toBe(single.data.length - 2)
    const all = single.data.toNested() as number[][][]
    const mean = [0, 1, 2].reduce((sum, window) => sum + all[4 + window]![1]![30]! / 3, 0)
    expect((triple.data.toNested() as number[][][])[4]![1]![30]).toBeCloseTo(mean, 12)
  })

  test.each(SEEDS)('the spectra do not depend on how the signal is cut (seed %i)', async (seed) => {
    const random = seededRandom(seed)
    const signal = noise(random, 900, 2)
    const config = { duration: 0.31, overlap: 0.7, averages: 2 }
    const whole = await spectra(config, [{ data: signal }])
    const cut = await spectra(config, cutAtRandom(signal, random, 20))
    expect(cut.data.typed()).toEqual(whole.data.typed())
  })

  test.each(SEEDS)(
    'windows that would reach across a gap are missing, the others stand where they did (seed %i)',
    async (seed) => {
      const random = seededRandom(seed)
      const signal = noise(random, 1200, 2)
      const from = 300 + Math.floor(random() * 100)
      const to = from + 1 + Math.floor(random() * 150)
      const whole = await spectra({ dtype: 'float64' }, [{ data: signal }])
      const torn = await spectra({ dtype: 'float64' }, [
        { data: signal.slice(0, from) },
        { data: signal.slice(to, 1200), start: to }
      ])
      const kept = [...Array(whole.data.length).keys()].filter((m) => m * 100 + RATE <= from || m * 100 >= to)
      const missing = kept.findIndex((m, at) => m !== at)
      expect(torn.gaps).toMatchObject([{ from: missing, to: kept[missing] }])
      const all = whole.data.toNested() as unknown[]
      expect(torn.data.toNested()).toEqual(kept.map((m) => all[m]))
    }
  )

  test('its frequencies can be asked for', async () => {
    const node = new Spectrum({ name: 's' })
    let frequencies: number[] = []
    await runFilter(
      node,
      { duration: 0.5 },
      { spec, pieces: [{ data: sine(10) }], before: () => (frequencies = node.frequencies) }
    )
    expect(frequencies.slice(0, 3)).toEqual([0, 2, 4])
    expect(frequencies.at(-1)).toBe(100)
  })

  test('a window shorter than two samples is refused', async () => {
    await expect(spectra({ duration: 0.001 }, [])).rejects.toThrow(/two samples or more at 200 Hz, got 0.001 s/)
  })
})

describe('BandPower', () => {
  test('a sine is in its band, and in no other; names say channel and band', async () => {
    const { data, info } = await bands({ bands: { low: [1, 15], mid: [15, 25], high: [25, 100] } }, [
      { data: sine(500) }
    ])
    expect(info).toMatchObject({ shape: [-1, 6], units: 'uV²', sampleRate: 5 })
    expect(info.channelInfo?.map(({ name }) => name)).toEqual([
      'ch0 low',
      'ch0 mid',
      'ch0 high',
      'ch1 low',
      'ch1 mid',
      'ch1 high'
    ])
    expect(column(data, 1)[0]).toBeCloseTo(4.5, 5)
    expect(column(data, 0)[0]).toBeCloseTo(0, 5)
    expect(column(data, 4)[0]).toBe(0)
  })

  test.each(SEEDS)('over all bands the power is the variance (seed %i)', async (seed) => {
    const signal = noise(seededRandom(seed), 400, 2)
    const config = { bands: { all: [0, 100] }, window: 'boxcar', dtype: 'float64' }
    const { data } = await bands(config, [{ data: signal }])
    const values = column(signal, 0)
    const mean = values.reduce((sum, value) => sum + value, 0) / 400
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 400
    // All but the half bin at Nyquist, which belongs to no band below it.
    expect(column(data, 0)[0]).toBeLessThanOrEqual(variance * (1 + 1e-12))
    expect(column(data, 0)[0]).toBeGreaterThan(0.95 * variance)
  })

  test('relative powers, and decibels', async () => {
    const pieces = [{ data: sine(400) }]
    const relative = await bands({ bands: { mid: [15, 25] }, power: 'relative' }, pieces)
    expect(column(relative.data, 0)[0]).toBeCloseTo(1, 5)
    const decibels = await bands({ bands: { mid: [15, 25] }, power: 'dB' }, pieces)
    expect(decibels.info.units).toBe('dB')
    expect(column(decibels.data, 0)[0]).toBeCloseTo(10 * Math.log10(4.5), 4)
  })

  test.each([
    [{ bands: { gamma: [30, 120] } }, /band 'gamma': expected edges up to 100 Hz/],
    [{ bands: { wrong: [8, 4] } }, /band 'wrong': expected a lower edge below the upper one/],
    [{ bands: { narrow: [4.1, 4.2] } }, /band 'narrow': expected a 'duration' of 10 s or more/],
    [{ bands: {} }, /'bands': expected one or more/]
  ])('%j is refused', async (config, message) => {
    await expect(bands(config, [])).rejects.toThrow(message)
  })
})
