import { FilterError, analyticSignal, type Engine, type SignalKernel } from '@nodeacq/nodes'
import { seededRandom } from 'testing'
import { describe, expect, test } from 'vitest'
import { distance, noise } from './signals.ts'

const signal = noise(seededRandom(7), 500)

/** What kernels compute, said in the plainest way. */
export function definitionContract(engine: Engine): void {
  describe('by definition', () => {
    test.each([
      [1, 1],
      [1, 7],
      [3, 2],
      [2, 5],
      [5, 5]
    ])('resampling by %i/%i is zeros put in, a convolution, and rows left out', (up, down) => {
      const taps = [0.5, -1, 0.25, 3, 0.125, 7, -2]
      const spread = new Float64Array(up * signal.length)
      for (const [i, x] of signal.entries()) spread[i * up] = x
      const wanted: number[] = []
      for (let at = 0; at < spread.length; at += down) {
        wanted.push(taps.reduce((sum, tap, k) => sum + tap * (spread[at - k] ?? 0), 0))
      }
      const kernel = engine.resample(taps, { channelCount: 1, up, down })
      expect(kernel.outputRows(signal.length)).toBe(wanted.length)
      expect(distance(run(kernel, signal), wanted)).toBeLessThan(1e-14)
    })

    test('resampling refuses what it cannot do', () => {
      for (const wrong of [{ up: 0 }, { down: 1.5 }, { down: -2 }]) {
        expect(() => engine.resample([1], { channelCount: 1, ...wrong })).toThrow(/a positive integer/)
      }
      expect(() => engine.resample([], { channelCount: 1 })).toThrow(FilterError)
      expect(() => engine.resample([1, NaN], { channelCount: 1 })).toThrow(/taps\[1\]/)
    })

    test('a matrix mixes the channels of each sample', () => {
      const kernel = engine.matrix(
        [
          [1, 2, 3],
          [0, -1, 0]
        ],
        { channelCount: 3 }
      )
      expect([...run(kernel, Float64Array.of(1, 10, 100, 2, 20, 200), 2)]).toEqual([321, -10, 642, -20])
      expect(() => engine.matrix([[1, 2]], { channelCount: 3 })).toThrow(/each of 3 channels/)
      expect(() => engine.matrix([[1, Infinity]], { channelCount: 2 })).toThrow(/matrix\[0\]\[1\]/)
      expect(() => engine.matrix([], { channelCount: 2 })).toThrow(FilterError)
    })

    test('a common average takes the mean of the others too, also where some channels are left out of it', () => {
      const channels = 40
      const bad = [3, 39]
      const rows = Array.from({ length: channels }, (_, i) =>
        Array.from({ length: channels }, (_unused, j) => (i === j ? 1 : 0) - (bad.includes(j) ? 0 : 1 / 38))
      )
      const wanted = Array.from({ length: 500 / channels }, (_, row) => {
        const x = signal.subarray(row * channels, (row + 1) * channels)
        const mean = x.reduce((sum, value, j) => sum + (bad.includes(j) ? 0 : value / 38), 0)
        return [...x].map((value) => value - mean)
      }).flat()
      const kernel = engine.matrix(rows, { channelCount: channels })
      expect(distance(run(kernel, signal.subarray(0, wanted.length)), wanted)).toBeLessThan(1e-14)
    })

    test('sliding windows hold what there is, and then the last rows', () => {
      const window = 8
      const windows = Array.from(signal, (_, i) => signal.slice(Math.max(0, i + 1 - window), i + 1))
      const mean = windows.map((values) => values.reduce((sum, x) => sum + x, 0) / values.length)
      const rms = windows.map((values) => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length))
      const wanted = { mean, rms, demean: mean.map((value, i) => signal[i]! - value) }
      for (const statistic of ['mean', 'rms', 'demean'] as const) {
        const kernel = engine.sliding({ channelCount: 1, window, statistic })
        expect(distance(run(kernel, signal), wanted[statistic])).toBeLessThan(1e-14)
      }
      expect(() => engine.sliding({ channelCount: 1, window: 0, statistic: 'mean' })).toThrow(FilterError)
    })

    test('a window that was passed by great values is as exact as before', () => {
      const values = new Float64Array(1000).fill(0.1)
      values.fill(1e15, 100, 200)
      const means = run(engine.sliding({ channelCount: 1, window: 50, statistic: 'mean' }), values)
      expect(means.at(-1)).toBeCloseTo(0.1, 15)
    })

    test('a Hilbert transformer turns cosines into sines, and finds how high they are', () => {
      const taps = 101
      const delay = (taps - 1) / 2
      for (const frequency of [0.03, 0.1, 0.25, 0.4]) {
        const wave = Float64Array.from({ length: 600 }, (_, i) => 3 * Math.cos(2 * Math.PI * frequency * i))
        const turned = run(engine.hilbert({ channelCount: 1, taps, output: 'quadrature' }), wave)
        const height = run(engine.hilbert({ channelCount: 1, taps, output: 'envelope' }), wave)
        for (let i = taps; i < 600; i++) {
          expect(Math.abs(turned[i]! - 3 * Math.sin(2 * Math.PI * frequency * (i - delay)))).toBeLessThan(0.02)
          expect(Math.abs(height[i]! - 3)).toBeLessThan(0.02)
        }
      }
      for (const wrong of [2, 4, 1, 5.5]) {
        expect(() => engine.hilbert({ channelCount: 1, taps: wrong, output: 'envelope' })).toThrow(/an odd integer/)
      }
    })

    test.each([64, 63])('the analytic signal of a whole wave of %i points is a turning arrow', (size) => {
      const wave = Float64Array.from({ length: size }, (_, i) => Math.cos((2 * Math.PI * 5 * i) / size) + 2)
      const arrow = Array.from(wave, (x, i) => [x, Math.sin((2 * Math.PI * 5 * i) / size)]).flat()
      expect(distance(analyticSignal(engine.fft(size), wave), arrow)).toBeLessThan(1e-14)
      expect(() => analyticSignal(engine.fft(size), wave.subarray(1))).toThrow(RangeError)
    })
  })
}

function run(kernel: SignalKernel, input: Float64Array, outputCount = kernel.channelCount): Float64Array {
  const output = new Float64Array(kernel.outputRows(input.length / kernel.channelCount) * outputCount)
  kernel.process(input, output)
  return output
}
