import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatClock, formatValue } from './format.ts'
import { nextStep, stepFor, ticks } from './steps.ts'
import { autoScale, laneAxis, lanesOf, positionOf, statisticsOf, withGain } from './traces.ts'

test.each([
  [1, 1, 2],
  [2, 1, 5],
  [5, 1, 10],
  [1, -1, 0.5],
  [10, -1, 5],
  [5, -1, 2],
  [3, -1, 2],
  [0.001, -1, 0.0005],
  [2e-6, 1, 5e-6]
] as const)('the step from %d in direction %d is %d', (value, direction, expected) => {
  expect(nextStep(value, direction)).toBe(expected)
})

test('steps go up and down the same ladder', () => {
  fc.assert(
    fc.property(fc.integer({ min: -9, max: 9 }), fc.constantFrom(1, 2, 5), (decade, lead) => {
      const value = Number((lead * 10 ** decade).toPrecision(12))
      expect(nextStep(nextStep(value, 1), -1)).toBeCloseTo(value, 12 - decade)
      expect(nextStep(value, 1)).toBeGreaterThan(value)
    })
  )
})

test('at most so many steps fit', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-9, max: 1e9, noNaN: true }), fc.integer({ min: 1, max: 40 }), (range, count) => {
      const step = stepFor(range, count)
      expect(range / step).toBeLessThanOrEqual(count * (1 + 1e-6))
      expect(range / step).toBeGreaterThan(count / 2.6)
    })
  )
})

test('ticks are multiples of the step', () => {
  expect(ticks(-0.25, 0.31, 0.1)).toEqual([-0.2, -0.1, 0, 0.1, 0.2, 0.3])
  expect(ticks(3.1, 3.2, 1)).toEqual([])
})

test.each([
  [50, 'uV', '50\u2009µV'],
  [0.00005, 'V', '50\u2009µV'],
  [1500, 'µV', '1.5\u2009mV'],
  [30_000, 'Hz', '30\u2009kHz'],
  [-0.002, 'V', '-2\u2009mV'],
  [0, 'mV', '0\u2009mV'],
  [12.3456, 'counts', '12.3\u2009counts'],
  [1e-15, 'V', '0.001\u2009pV'],
  [2, '', '2']
])('%d %s is shown as %s', (value, unit, expected) => {
  expect(formatValue(value, unit)).toBe(expected)
})

test('times are shown as a clock', () => {
  expect([0, 62, 3723.9, -1].map(formatClock)).toEqual(['0:00', '1:02', '1:02:03', '0:00'])
})

test('statistics are those of the finite values', () => {
  expect(statisticsOf(Float64Array.of(1, 2, 3, 4, 100, Number.NaN, Infinity))).toEqual({
    min: 1,
    max: 100,
    median: 3,
    deviation: 1.4826
  })
  expect(statisticsOf(Float64Array.of(Number.NaN))).toBeUndefined()
})

const statistic = fc
  .record({
    median: fc.double({ min: -1e6, max: 1e6, noNaN: true }),
    deviation: fc.oneof(fc.constant(0), fc.double({ min: 1e-9, max: 1e3, noNaN: true }))
  })
  .map(({ median, deviation }) => ({ median, deviation, min: median - 3 * deviation, max: median + 3 * deviation }))

test('auto scale puts the middle of each channel on its lane, nine deviations to the next', () => {
  fc.assert(
    fc.property(
      fc.array(statistic, { minLength: 1, maxLength: 8 }),
      fc.constantFrom('same_for_all', 'by_channel'),
      (all, mode) => {
        const { traces, axis } = autoScale(mode, all)
        expect(axis).toEqual({ yMin: -0.5, yMax: all.length - 0.5 })
        const widest = Math.max(...all.map(({ deviation }) => deviation))
        for (const [k, { gain, offset }] of traces.entries()) {
          const deviation = mode === 'by_channel' ? all[k]!.deviation : widest
          expect(gain).toBeCloseTo(deviation === 0 ? 1 : 1 / (9 * deviation))
          expect(Math.abs(gain * all[k]!.median + offset - positionOf(k, all.length))).toBeLessThan(
            1e-6 * (1 + Math.abs(gain * all[k]!.median))
          )
        }
      }
    )
  )
})

test('real scale shows the values as they are', () => {
  const all = [{ median: 1, deviation: 1, min: -2, max: 5 }, { median: 1, deviation: 1, min: -7, max: 3 }, undefined]
  expect(autoScale('real_scale', all)).toEqual({
    traces: [0, 1, 2].map(() => ({ gain: 1, offset: 0 })),
    axis: { yMin: -7, yMax: 5 }
  })
  expect(autoScale('real_scale', [{ median: 3, deviation: 0, min: 3, max: 3 }]).axis).toEqual({ yMin: 2, yMax: 4 })
  expect(autoScale('real_scale', []).axis).toEqual({ yMin: -1, yMax: 1 })
})

test('another gain keeps the middle where it is', () => {
  const { gain, offset } = withGain({ gain: 0.5, offset: 3 - 0.5 * 40 }, 2, 3)
  expect(gain * 40 + offset).toBe(3)
})

test('lanes lie one below the other', () => {
  const traces = [1, 0].map((position) => ({ gain: 0.1, offset: position - 0.1 * 20 }))
  const [upper, lower] = lanesOf(traces, laneAxis(2), { height: 100, colours: [4] })
  expect(upper).toEqual({ channel: 0, top: 0, bottom: 50, centre: 125, scale: 5, offset: 0, colour: 4 })
  expect(lower!.colour).toBe(1)
  // The value 20 lies in the middle of each lane.
  expect(upper!.centre - 20 * upper!.scale).toBe(25)
  expect(lower!.centre - 20 * lower!.scale).toBe(75)
})
