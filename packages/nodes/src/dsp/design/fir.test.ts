import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FilterError } from '../../errors.ts'
import { firls } from './firls.ts'
import { firwin, kaiserord } from './firwin.ts'
import { firwin2 } from './firwin2.ts'
import { combSos, iircomb } from './iircomb.ts'
import { remez, type RemezDesign } from './remez.ts'
import { freqz, sosfreqz } from './response.ts'
import { savgolCoeffs } from './savgol.ts'
import { getWindow, WINDOWS, type WindowSpec } from './windows.ts'

const response = (b: Float64Array, at: readonly number[] | number, sampleRate = 1000) =>
  freqz({ b: [...b], a: [1] }, { sampleRate, at })

function expectSymmetric(values: Float64Array): void {
  for (const [k, value] of values.entries()) expect(value).toBeCloseTo(values[values.length - 1 - k]!, 12)
}

describe('getWindow', () => {
  const specs: WindowSpec[] = [
    ...WINDOWS,
    { type: 'kaiser', beta: 5 },
    { type: 'gaussian', std: 4 },
    { type: 'tukey', alpha: 0.3 },
    { type: 'exponential', tau: 3 },
    { type: 'chebwin', attenuation: 60 }
  ]

  test.each(specs)(
    '%j: symmetric, 1 in the middle, and its periodic form is the longer one without its end',
    (spec) => {
      fc.assert(
        fc.property(fc.integer({ min: 2, max: 40 }), (half) => {
          const length = 2 * half + 1
          const symmetric = getWindow(spec, length, { symmetric: true })
          expectSymmetric(symmetric)
          expect(symmetric[half]).toBeCloseTo(1, 6)
          expect([...getWindow(spec, length - 1)]).toEqual([...symmetric.subarray(0, -1)])
        })
      )
    }
  )

  test.each<[string, unknown, number, RegExp]>([
    ['an unknown name', 'hannn', 8, /one of boxcar/],
    ['an unknown type', { type: 'slepian' }, 8, /kaiser, gaussian/],
    ['no samples', 'hann', 0, /1 or more, got 0/],
    ['a Gaussian without width', { type: 'gaussian', std: 0 }, 8, /std: expected more than 0 samples/],
    ['too much taper', { type: 'tukey', alpha: 2 }, 8, /from 0 to 1, got 2/],
    ['beta that is no number', { type: 'kaiser', beta: NaN }, 8, /beta: expected a number, got NaN/]
  ])('%s is refused', (_, spec, length, message) => {
    expect(() => getWindow(spec as WindowSpec, length)).toThrow(FilterError)
    expect(() => getWindow(spec as WindowSpec, length)).toThrow(message)
  })
})

describe('firwin', () => {
  test('a Kaiser window of the length that kaiserord says keeps its promise', () => {
    fc.assert(
      fc.property(fc.integer({ min: 25, max: 100 }), fc.integer({ min: 10, max: 60 }), (attenuation, width) => {
        const { taps, window } = kaiserord({ attenuation, width, sampleRate: 1000 })
        const b = firwin({ taps: taps | 1, band: 'lowpass', frequencies: 200, window, sampleRate: 1000 })
        expectSymmetric(b)
        const { decibels } = response(b, [0, 200 - width / 2, 200 + width / 2, 400])
        // The formula is an empirical one: within a factor of two.
        const ripple = 20 * Math.log10(1 + 2 * 10 ** (-attenuation / 20))
        expect(decibels[0]).toBeCloseTo(0, 9)
        expect(Math.abs(decibels[1]!)).toBeLessThan(ripple)
        expect(Math.max(decibels[2]!, decibels[3]!)).toBeLessThan(-attenuation + 6)
      })
    )
  })

  test.each<[string, object, RegExp]>([
    ['an even number of taps for a high-pass', { taps: 20, band: 'highpass' }, /an odd number for a highpass/],
    ['no taps', { taps: 0 }, /1 or more, got 0/],
    ['an edge beyond Nyquist', { frequencies: 700 }, /below Nyquist, 500 Hz at a sample rate of 1000 Hz, got 700 Hz/],
    ['falling edges', { band: 'bandpass', frequencies: [90, 20] }, /rising frequencies/],
    ['one edge for a band', { band: 'bandpass' }, /two frequencies or more/]
  ])('%s is refused', (_, change, message) => {
    const design = { taps: 21, band: 'lowpass' as const, frequencies: 100, sampleRate: 1000, ...change }
    expect(() => firwin(design)).toThrow(FilterError)
    expect(() => firwin(design)).toThrow(message)
  })
})

describe('firwin2', () => {
  const design = { taps: 301, frequencies: [0, 100, 100, 300, 500], gains: [1, 1, 0, 0.5, 0], sampleRate: 1000 }

  test('follows its gains between steps', () => {
    const b = firwin2(design)
    expectSymmetric(b)
    const { magnitude } = response(b, [20, 200, 300, 400])
    for (const [k, gain] of [1, 0.25, 0.5, 0.25].entries()) expect(Math.abs(magnitude[k]! - gain)).toBeLessThan(0.01)
  })

  test.each<[string, object, RegExp]>([
    ['frequencies that end early', { frequencies: [0, 100, 200, 300, 400] }, /Nyquist, 500 Hz, last/],
    ['frequencies that fall', { frequencies: [0, 200, 100, 300, 500] }, /rising frequencies/],
    ['a frequency three times', { frequencies: [0, 100, 100, 100, 500] }, /none more than twice/],
    ['a gain too few', { gains: [1, 1, 0, 0] }, /a number for each of 5 frequencies/],
    ['a gain at Nyquist for an even filter', { taps: 20, gains: [1, 1, 0, 0, 1] }, /a gain of 0 at Nyquist/],
    ['a grid too coarse', { points: 100 }, /above the 301 taps/]
  ])('%s are refused', (_, change, message) => {
    expect(() => firwin2({ ...design, ...change })).toThrow(FilterError)
    expect(() => firwin2({ ...design, ...change })).toThrow(message)
  })
})

describe('remez', () => {
  const bands = fc
    .tuple(
      fc.integer({ min: 40, max: 400 }),
      fc.integer({ min: 20, max: 60 }),
      fc.double({ min: 0.1, max: 10, noNaN: true })
    )
    .map(([edge, gap, weight]) => [
      { from: 0, to: edge, gain: 1 },
      { from: edge + gap, to: 500, gain: 0, weight }
    ])

  test('the weighted error alternates between its extremes, once more often than there are free coefficients', () => {
    fc.assert(
      fc.property(fc.integer({ min: 5, max: 60 }), bands, (taps, wanted) => {
        const b = remez({ taps, bands: wanted, sampleRate: 1000 })
        expectSymmetric(b)
        // Chebyshev's theorem: only the best filter has that.
        const errors: number[] = []
        for (const { from, to, gain, weight = 1 } of wanted) {
          const at = Array.from({ length: 4001 }, (_, k) => from + ((to - from) * k) / 4000)
          const { re, im, frequencies } = response(b, at)
          for (const [k, frequency] of frequencies.entries()) {
            const turn = (2 * Math.PI * frequency * (taps - 1)) / 2 / 1000
            errors.push(weight * (re[k]! * Math.cos(turn) - im[k]! * Math.sin(turn) - gain))
          }
        }
        const greatest = Math.max(...errors.map(Math.abs))
        let alternations = 0
        let sign = 0
        for (const error of errors) {
          // Greatest on the grid of the design: between its points the error is a little greater.
          if (Math.abs(error) < 0.9 * greatest || Math.sign(error) === sign) continue
          sign = Math.sign(error)
          alternations++
        }
        expect(alternations).toBeGreaterThanOrEqual(Math.ceil(taps / 2) + 1)
      }),
      { numRuns: 40 }
    )
  })

  test.each<[string, Partial<RemezDesign>, RegExp]>([
    ['two taps', { taps: 2 }, /3 or more, got 2/],
    ['no band', { bands: [] }, /at least one, got none/],
    [
      'bands that overlap',
      {
        bands: [
          { from: 0, to: 200, gain: 1 },
          { from: 150, to: 500, gain: 0 }
        ]
      },
      /behind the band before/
    ],
    ['a band beyond Nyquist', { bands: [{ from: 0, to: 600, gain: 1 }] }, /Nyquist, 500 Hz/],
    [
      'a weight of 0',
      { bands: [{ from: 0, to: 100, gain: 1, weight: 0 }] },
      /weight: expected a positive number, got 0/
    ],
    ['an even filter that is to pass Nyquist', { taps: 20, bands: [{ from: 100, to: 500, gain: 1 }] }, /an odd number/]
  ])('%s: refused', (_, change, message) => {
    const design: RemezDesign = { taps: 21, bands: [{ from: 0, to: 100, gain: 1 }], sampleRate: 1000, ...change }
    expect(() => remez(design)).toThrow(FilterError)
    expect(() => remez(design)).toThrow(message)
  })
})

describe('firls', () => {
  const bands = [
    { from: 0, to: 100, gain: 1 },
    { from: 150, to: 500, gain: 0, weight: 3 }
  ]

  test('no small change of a coefficient lessens the squared error', () => {
    const squaredError = (b: Float64Array) =>
      bands.reduce((sum, { from, to, gain, weight = 1 }) => {
        const at = Array.from({ length: 2000 }, (_, k) => from + ((to - from) * (k + 0.5)) / 2000)
        const { re, im, frequencies } = response(b, at)
        const squares = frequencies.map((frequency, k) => {
          const turn = (2 * Math.PI * frequency * (b.length - 1)) / 2 / 1000
          return (re[k]! * Math.cos(turn) - im[k]! * Math.sin(turn) - gain) ** 2
        })
        return sum + (weight * (to - from) * squares.reduce((x, y) => x + y, 0)) / 2000
      }, 0)
    const b = firls({ taps: 15, bands, sampleRate: 1000 })
    expectSymmetric(b)
    const least = squaredError(b)
    for (let k = 0; k <= 7; k++) {
      for (const change of [1e-3, -1e-3]) {
        const other = b.map((value, j) => (j === k || j === 14 - k ? value + change : value))
        expect(squaredError(other)).toBeGreaterThan(least)
      }
    }
  })

  test('refuses an even number of taps, and bands that leave the filter open', () => {
    expect(() => firls({ taps: 14, bands, sampleRate: 1000 })).toThrow(/an odd number, got 14/)
    const narrow = [{ from: 0, to: 1, gain: 1 }]
    expect(() => firls({ taps: 101, bands: narrow, sampleRate: 1000 })).toThrow(/bands that determine 101 coefficients/)
  })
})

describe('savgolCoeffs', () => {
  test('a polynomial of its order passes unchanged, its derivative comes out', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 3, max: 31 }),
        fc.integer({ min: 1, max: 4 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (window, wanted, place) => {
          const order = Math.min(wanted, window - 1)
          const position = Math.floor(place * window)
          const value = (x: number) => 2 - x + 0.1 * x ** order
          const slope = (x: number) => -1 + 0.1 * order * x ** (order - 1)
          const filtered = (derivative: number) =>
            savgolCoeffs({ window, order, position, derivative }).reduceRight(
              (sum, weight, k) => sum + weight * value(window - 1 - k),
              0
            )
          const size = window ** order
          expect(Math.abs(filtered(0) - value(position))).toBeLessThan(1e-10 * size)
          expect(Math.abs(filtered(1) - slope(position))).toBeLessThan(1e-10 * size)
        }
      )
    )
  })

  test('derivatives above the order are 0, and count in units of delta', () => {
    expect([...savgolCoeffs({ window: 5, order: 1, derivative: 2 })]).toEqual([0, 0, 0, 0, 0])
    const [first] = savgolCoeffs({ window: 5, order: 2, derivative: 1 })
    expect(savgolCoeffs({ window: 5, order: 2, derivative: 1, delta: 0.5 })[0]).toBeCloseTo(2 * first!, 12)
  })

  test.each<[string, object, RegExp]>([
    ['an order as high as the window', { order: 5 }, /from 0 to 4, below the window, got 5/],
    ['half a window', { window: 4.5 }, /got 4.5/],
    ['a place outside', { position: 5 }, /a place in the window, 0 to 4, got 5/],
    ['a negative derivative', { derivative: -1 }, /0 or more, got -1/],
    ['no distance', { delta: 0 }, /other than 0/]
  ])('%s is refused', (_, change, message) => {
    expect(() => savgolCoeffs({ window: 5, order: 2, ...change })).toThrow(FilterError)
    expect(() => savgolCoeffs({ window: 5, order: 2, ...change })).toThrow(message)
  })
})

describe('iircomb', () => {
  test('as sections it has the response of its polynomials: 0 at each multiple, 1 between', () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 40 }), fc.integer({ min: 5, max: 60 }), (count, q) => {
        const design = { frequency: 50, q, sampleRate: 50 * count }
        const at = Array.from({ length: 2 * Math.floor(count / 2) }, (_, k) => 25 * (k + 1)).filter(
          (frequency) => frequency < 25 * count
        )
        const sections = sosfreqz(combSos(design), { sampleRate: design.sampleRate, at }).magnitude
        const polynomials = freqz(iircomb(design), { sampleRate: design.sampleRate, at }).magnitude
        for (const [k, value] of sections.entries()) {
          expect(value).toBeCloseTo(k % 2 === 0 ? 1 : 0, 8)
          expect(polynomials[k]).toBeCloseTo(value, 8)
        }
      })
    )
  })

  test('refuses a rate that is no multiple of the frequency, and notches that touch', () => {
    expect(() => iircomb({ frequency: 60, sampleRate: 1000 })).toThrow(/a divisor of the sample rate of 1000 Hz/)
    expect(() => iircomb({ frequency: 50, q: 0.5, sampleRate: 1000 })).toThrow(/more than 1, or the notches touch/)
  })
})
