import { NdArray } from '@nodeacq/ndarray'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { GaussianNoise } from '../../devices/GaussianNoise.ts'
import { NoiseEstimate } from './NoiseEstimate.ts'
import { SpikeKernel } from './SpikeKernel.ts'

const SHAPE = { before: 5, after: 8, dead: 6, noiseBlock: 100, noiseWeight: 0.5 }
const RULE = { threshold: 5, sign: 'negative' } as const

/** Noise with a spike of the given size at each position, over both channels one sample apart. */
function makeSignal(length: number, spikes: readonly number[], { size = -20, seed = 1 } = {}): NdArray {
  const values = new Float64Array(length * 2)
  new GaussianNoise(seed).fill(values)
  for (const at of spikes) {
    for (const [lag, part] of [0.4, 1, 0.5, -0.3].entries()) {
      for (const channel of [0, 1]) {
        const place = (at - 1 + lag + channel) * 2 + channel
        if (place < values.length) values[place]! += part * size
      }
    }
  }
  return NdArray.fromTyped(values, [length, 2])
}

interface Piece {
  readonly from: number
  readonly to: number
}

function findAll(signal: NdArray, pieces: readonly Piece[], rule: Parameters<SpikeKernel['process']>[2] = RULE) {
  const kernel = new SpikeKernel([0, 1], SHAPE)
  const spikes = pieces.flatMap(({ from, to }) => kernel.process(signal.slice(from, to), to, rule))
  return { spikes: [...spikes, ...kernel.flush()], cutOff: kernel.cutOff }
}

const places = (signal: NdArray, rule?: Parameters<SpikeKernel['process']>[2]) =>
  findAll(signal, [{ from: 0, to: signal.length }], rule).spikes.map(({ position, channel }) => [position, channel])

describe('SpikeKernel', () => {
  test('finds each spike at its peak, with the signal around it', () => {
    const signal = makeSignal(1000, [200, 230, 700])
    const { spikes, cutOff } = findAll(signal, [{ from: 0, to: 1000 }])
    expect(spikes.map(({ position, channel }) => [position, channel])).toEqual([
      [200, 0],
      [201, 1],
      [230, 0],
      [231, 1],
      [700, 0],
      [701, 1]
    ])
    for (const { position, channel, waveform } of spikes) {
      expect([...waveform]).toEqual(
        signal
          .slice(position - 5, position + 8)
          .column(channel)
          .toNested()
      )
    }
    expect(cutOff).toBe(0)
  })

  test('the sign is that of the peak', () => {
    const upwards = makeSignal(1000, [500], { size: 12 })
    expect(places(upwards)).toEqual([])
    expect(places(upwards, { threshold: 5, sign: 'positive' })).toEqual([
      [500, 0],
      [501, 1]
    ])
    expect(places(upwards, { threshold: 5, sign: 'both' })).toEqual([
      [500, 0],
      [501, 1]
    ])
  })

  test('before the noise is known nothing is found; a constant has no spikes', () => {
    expect(places(makeSignal(1000, [50]))).toEqual([])
    const flat = NdArray.zeros([1000, 2], 'float64')
    flat.set(-1, 500, 0)
    expect(places(flat)).toEqual([])
  })

  test('a plateau is one spike, and the next needs the signal to have been back', () => {
    const signal = makeSignal(1000, [])
    for (let k = 400; k < 450; k++) signal.set(-50 - (k === 403 ? 10 : 0), k, 0)
    signal.set(-50, 460, 0)
    expect(places(signal)).toEqual([
      [403, 0],
      [460, 0]
    ])
  })

  test('what a gap or an end cuts off is counted and not told', () => {
    const signal = makeSignal(1000, [300, 403, 600])
    const { spikes, cutOff } = findAll(signal, [
      { from: 0, to: 304 },
      { from: 400, to: 610 }
    ])
    expect(spikes.map(({ position, channel }) => [position, channel])).toEqual([
      [600, 0],
      [601, 1]
    ])
    expect(cutOff).toBe(4)
  })

  test('a spike that is complete when the signal breaks off is told', () => {
    const signal = makeSignal(1000, [300])
    const { spikes } = findAll(signal, [
      { from: 0, to: 309 },
      { from: 500, to: 1000 }
    ])
    expect(spikes.map(({ position }) => position)).toEqual([300, 301])
  })

  test('the result does not depend on how the signal is cut, also around gaps', () => {
    const setup = fc.record({
      seed: fc.nat({ max: 1000 }),
      spikes: fc.array(fc.integer({ min: 20, max: 980 }), { maxLength: 30 }),
      gaps: fc.uniqueArray(fc.integer({ min: 1, max: 1000 }), { maxLength: 2 }),
      cuts: fc.array(fc.integer({ min: 1, max: 999 }), { maxLength: 60 })
    })
    fc.assert(
      fc.property(setup, ({ seed, spikes, gaps, cuts }) => {
        const signal = makeSignal(1000, spikes, { seed })
        const [first = 1000, second = 1000] = gaps.toSorted((a, b) => a - b)
        const whole = [
          { from: 0, to: first },
          { from: second, to: 1000 }
        ].filter(({ from, to }) => to > from)
        const cut = whole.flatMap(({ from, to }) => {
          const edges = [...new Set([from, ...cuts.filter((at) => at > from && at < to), to])].toSorted((a, b) => a - b)
          return edges.slice(1).map((end, k) => ({ from: edges[k]!, to: end }))
        })
        expect(findAll(signal, cut)).toEqual(findAll(signal, whole))
      }),
      { numRuns: 300 }
    )
  })

  test('NaN is no spike, and does not hide the next', () => {
    const signal = makeSignal(1000, [500])
    for (let k = 300; k < 400; k++) signal.set(NaN, k, 0)
    expect(places(signal)).toEqual([
      [500, 0],
      [501, 1]
    ])
  })
})

describe('NoiseEstimate', () => {
  const feed = (values: Float64Array, blockLength: number) => {
    const estimate = new NoiseEstimate(blockLength, 0.2)
    for (const value of values) estimate.add(value)
    return estimate
  }

  test('comes near centre and deviation of normal noise, also with spikes and NaN in it', () => {
    const values = new Float64Array(50_000)
    new GaussianNoise(3).fill(values)
    for (let k = 0; k < values.length; k++) values[k] = k % 53 === 0 ? -1000 : k % 77 === 0 ? NaN : 10 + 2 * values[k]!
    const { centre, deviation } = feed(values, 10_000)
    expect(Math.abs(centre - 10)).toBeLessThan(0.15)
    expect(Math.abs(deviation - 2)).toBeLessThan(0.15)
  })

  test('a block is median and MAD of its samples, the next is blended with it', () => {
    const estimate = feed(Float64Array.of(1, 2, 4, 9, 3), 5)
    expect([estimate.centre, estimate.deviation]).toEqual([3, 1 / 0.6744897501960817])
    for (const value of [8, 8, 8, 8, 8]) estimate.add(value)
    expect(estimate.centre).toBeCloseTo(4, 12)
    expect(estimate.deviation).toBeCloseTo(0.8 / 0.6744897501960817, 12)
  })
})
