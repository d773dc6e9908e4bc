import { readFileSync } from 'node:fs'
import { NdArray } from '@nodeacq/ndarray'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FilterError } from '../../errors.ts'
import { JsSos } from '../kernels/js/JsSos.ts'
import { parseSosCoefficients } from '../sosCoefficients.ts'
import { butter } from './butter.ts'
import { ba2sos, sos2ba, sos2zpk, zpk2ba } from './conversions.ts'
import { designFilter } from './designFilter.ts'
import { freqz, groupDelay, sosfreqz } from './response.ts'
import { lfilterZi, sosfiltZi } from './steadyState.ts'
import { zpk2sos } from './zpk2sos.ts'

function fixture<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../../../test/fixtures/${name}`, import.meta.url), 'utf8')) as T
}

const band = fc
  .tuple(fc.double({ min: 0.02, max: 0.9, noNaN: true }), fc.double({ min: 0.05, max: 0.5, noNaN: true }))
  .map(([low, width]): [number, number] => [low, low + width * (0.98 - low)])
const order = fc.integer({ min: 1, max: 6 })

describe('sosfreqz', () => {
  const vectors = fixture<{ designs: { sos: number[][]; abs_response_17_points_0_to_pi_excl?: number[] }[] }>(
    'scipy_iirfilter_sos.json'
  ).designs.filter((design) => design.abs_response_17_points_0_to_pi_excl !== undefined)

  test.each(vectors)('scipy’s magnitude of design %#', ({ sos, abs_response_17_points_0_to_pi_excl: expected }) => {
    const { magnitude } = sosfreqz(NdArray.from(sos), { at: 17 })
    for (const [k, value] of expected!.entries()) expect(Math.abs(magnitude[k]! - value)).toBeLessThanOrEqual(1e-13)
  })

  test('Butterworth filters lose half the power at their edges, and nothing in the middle of the band', () => {
    fc.assert(
      fc.property(order, band, (n, [low, high]) => {
        const bent = (edge: number) => Math.tan((Math.PI * edge) / 2)
        const centre = (2 / Math.PI) * Math.atan(Math.sqrt(bent(low) * bent(high)))
        const pass = butter({ order: n, band: [low, high], sampleRate: 2 })
        const { magnitude } = sosfreqz(pass, { at: [low, centre, high] })
        for (const [k, expected] of [Math.SQRT1_2, 1, Math.SQRT1_2].entries()) {
          expect(magnitude[k]).toBeCloseTo(expected, 8)
        }
      })
    )
  })

  test('low-pass and high-pass: gains at 0 and at Nyquist are 1 and 0, or 0 and 1', () => {
    fc.assert(
      fc.property(order, fc.double({ min: 0.02, max: 0.95, noNaN: true }), (n, edge) => {
        const low = sosfreqz(butter({ order: n, band: 'lowpass', frequencies: edge, sampleRate: 2 }), { at: [0, 1] })
        const high = sosfreqz(butter({ order: n, band: 'highpass', frequencies: edge, sampleRate: 2 }), { at: [0, 1] })
        expect(low.magnitude[0]).toBeCloseTo(1, 8)
        expect(low.magnitude[1]).toBeCloseTo(0, 8)
        expect(high.magnitude[0]).toBeCloseTo(0, 8)
        expect(high.magnitude[1]).toBeCloseTo(1, 8)
      })
    )
  })

  test('a low-pass turned over at a quarter of the rate is the high-pass of the mirrored edge', () => {
    fc.assert(
      fc.property(order, fc.double({ min: 0.05, max: 0.95, noNaN: true }), (n, edge) => {
        const at = [0.1, 0.3, 0.5, 0.8]
        const low = sosfreqz(butter({ order: n, band: 'lowpass', frequencies: edge, sampleRate: 2 }), { at })
        const mirrored = butter({ order: n, band: 'highpass', frequencies: 1 - edge, sampleRate: 2 })
        const high = sosfreqz(mirrored, { at: at.map((frequency) => 1 - frequency) })
        for (const [k, value] of low.magnitude.entries()) expect(high.magnitude[k]).toBeCloseTo(value, 8)
      })
    )
  })

  test('refuses what are not sections', () => {
    expect(() => sosfreqz(NdArray.from([1, 2, 3]))).toThrow(FilterError)
    expect(() => sosfreqz(NdArray.from([[1, 0, 0, 1, 0, 0]]), { at: 0 })).toThrow(/one point or more, got 0/)
  })
})

describe('groupDelay', () => {
  test('an FIR filter of linear phase delays everything by half its length', () => {
    const b = [1, 3, 5, 3, 1]
    for (const delay of groupDelay({ b, a: [1] }, { at: 50 })) expect(delay).toBeCloseTo(2, 10)
  })

  test('sections and the polynomials they multiply to have one delay', () => {
    const sos = butter({ order: 3, band: [10, 60], sampleRate: 250 })
    const options = { sampleRate: 250, at: [5, 20, 40, 90] }
    const polynomials = groupDelay(sos2ba(sos), options)
    for (const [k, delay] of groupDelay(sos, options).entries()) expect(delay).toBeCloseTo(polynomials[k]!, 8)
  })

  test('is NaN where nothing passes', () => {
    const notch = designFilter({ type: 'notch', frequency: 50, sampleRate: 1000 })
    const [at50, at100] = groupDelay(notch, { sampleRate: 1000, at: [50, 100] })
    expect(at50).toBeNaN()
    expect(at100).toBeGreaterThan(0)
  })
})

describe('steady states', () => {
  const { cases } = fixture<{ cases: { sos: number[][]; zi: number[][] }[] }>('scipy_sosfiltfilt.json')

  test.each(cases)('scipy’s sosfilt_zi of case %#', ({ sos, zi }) => {
    const ours = sosfiltZi(NdArray.from(sos)).toNested() as number[][]
    for (const [s, row] of zi.entries()) {
      for (const [k, value] of row.entries()) expect(Math.abs(ours[s]![k]! - value)).toBeLessThanOrEqual(1e-12)
    }
  })

  test('from there a step has its final value at once', () => {
    fc.assert(
      fc.property(order, band, (n, edges) => {
        const sos = designFilter({ type: 'butter', order: n, band: 'bandstop', frequencies: edges, sampleRate: 2 })
        const kernel = new JsSos(parseSosCoefficients(sos), { channelCount: 1 })
        kernel.setState(sosfiltZi(sos).typed() as Float64Array)
        const output = new Float64Array(1000)
        kernel.process(new Float64Array(1000).fill(1), output)
        for (const value of output) expect(value).toBeCloseTo(1, 6)
      }),
      { numRuns: 30 }
    )
  })

  test('a filter with a pole at 1 has none', () => {
    expect(() => lfilterZi({ b: [1], a: [1, -1] })).toThrow(/a filter without a pole at 1/)
    expect(() => lfilterZi({ b: [1], a: [0, 1] })).toThrow(FilterError)
  })
})

describe('conversions', () => {
  test('there and back the response stays', () => {
    fc.assert(
      fc.property(order, band, (n, edges) => {
        const sos = butter({ order: Math.min(n, 3), band: edges, sampleRate: 2 })
        const at = [0.05, 0.2, 0.4, 0.7]
        const { magnitude } = sosfreqz(sos, { at })
        const zpk = sos2zpk(sos)
        const responses = [
          sosfreqz(zpk2sos(zpk), { at }),
          freqz(sos2ba(sos), { at }),
          freqz(zpk2ba(zpk), { at }),
          sosfreqz(ba2sos(sos2ba(sos)), { at })
        ]
        for (const response of responses) {
          for (const [k, value] of response.magnitude.entries()) {
            expect(Math.abs(value - magnitude[k]!)).toBeLessThanOrEqual(1e-3)
          }
        }
      })
    )
  })

  test('roots without a conjugate and empty polynomials are refused', () => {
    const lone = { zeros: [], poles: [{ re: 0.5, im: 0.5 }], gain: 1 }
    expect(() => zpk2sos(lone)).toThrow(/pairs of complex conjugates/)
    expect(() => ba2sos({ b: [0, 0], a: [1] })).toThrow(/a coefficient other than 0/)
  })
})
