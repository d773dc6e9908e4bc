import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findFault, subtractBaseline } from './epochQuality.ts'
import { EpochStatistics } from './EpochStatistics.ts'

test('mean and deviation agree with two passes over the epochs', () => {
  const epoch = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 3, maxLength: 3 })
  fc.assert(
    fc.property(fc.array(epoch, { minLength: 2, maxLength: 30 }), (epochs) => {
      const statistics = new EpochStatistics(3)
      for (const values of epochs) statistics.add(Float64Array.from(values))
      const [mean, deviation] = [statistics.mean(), statistics.deviation()]
      for (let k = 0; k < 3; k++) {
        const column = epochs.map((values) => values[k]!)
        const expected = column.reduce((sum, value) => sum + value, 0) / column.length
        const squares = column.reduce((sum, value) => sum + (value - expected) ** 2, 0)
        expect(Math.abs(mean[k]! - expected)).toBeLessThan(1e-8)
        expect(Math.abs(deviation[k]! - Math.sqrt(squares / (column.length - 1)))).toBeLessThan(1e-6)
      }
      expect(statistics.count).toBe(epochs.length)
    })
  )
})

test('before there is enough, mean and deviation are NaN', () => {
  const statistics = new EpochStatistics(1)
  expect([...statistics.mean(), ...statistics.deviation()]).toEqual([NaN, NaN])
  statistics.add(Float64Array.of(3))
  expect([...statistics.mean(), ...statistics.deviation()]).toEqual([3, NaN])
})

test('the baseline is taken off each channel by itself', () => {
  const values = Float64Array.of(1, 10, 3, 20, 5, 60)
  subtractBaseline(values, 2, { from: 0, to: 2 })
  expect([...values]).toEqual([-1, -5, 1, 5, 3, 45])
})

describe('findFault', () => {
  const epoch = Float64Array.of(0, 1, 5, 1, -6, 1)
  const none = { maxPeakToPeak: null, minPeakToPeak: null, maxAmplitude: null }
  const fault = (limits: object, values = epoch, channels = [0, 1]) =>
    findFault(values, { channelCount: 2, channels }, { ...none, ...limits })

  test.each([
    [{ maxPeakToPeak: 11 }, undefined],
    [{ maxPeakToPeak: 10.9 }, { reason: 'peak-to-peak', channel: 0 }],
    [{ maxAmplitude: 6 }, undefined],
    [{ maxAmplitude: 5.9 }, { reason: 'amplitude', channel: 0 }],
    [{ minPeakToPeak: 0.1 }, { reason: 'flat', channel: 1 }]
  ])('%o', (limits, expected) => expect(fault(limits)).toEqual(expected))

  test('only the channels asked decide', () => {
    expect(fault({ maxPeakToPeak: 1 }, epoch, [1])).toBeUndefined()
    expect(fault({}, Float64Array.of(0, NaN), [0])).toBeUndefined()
    expect(fault({}, Float64Array.of(0, NaN))).toEqual({ reason: 'not finite', channel: 1 })
    expect(fault({}, Float64Array.of(-Infinity, 0))).toEqual({ reason: 'not finite', channel: 0 })
  })
})
