import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FilterError } from '../../errors.ts'
import { buttord, cheb1ord, cheb2ord, ellipord, type FilterNeed, type LeastOrder } from './buttord.ts'
import { designFilter, type RatedDesign } from './designFilter.ts'
import { sosfreqz } from './response.ts'

const need: fc.Arbitrary<FilterNeed> = fc
  .record({
    edges: fc.constantFrom<Pick<FilterNeed, 'pass' | 'stop'>>(
      { pass: 40, stop: 60 },
      { pass: 60, stop: 40 },
      { pass: [80, 120], stop: [60, 150] },
      { pass: [60, 150], stop: [80, 120] }
    ),
    ripple: fc.double({ min: 0.1, max: 3, noNaN: true }),
    attenuation: fc.double({ min: 15, max: 60, noNaN: true })
  })
  .map(({ edges, ripple, attenuation }) => ({ ...edges, ripple, attenuation, sampleRate: 500 }))

describe('least orders', () => {
  test.each<[RatedDesign['type'], (wanted: FilterNeed) => LeastOrder]>([
    ['butter', buttord],
    ['cheby1', cheb1ord],
    ['cheby2', cheb2ord],
    ['ellip', ellipord]
  ])('%s: what is designed with them does what was needed, and with one order less it does not', (type, leastOrder) => {
    fc.assert(
      fc.property(need, (wanted) => {
        const { ripple, attenuation, sampleRate } = wanted
        const fields = leastOrder(wanted)
        const losses = (order: number) => {
          const design = { type, ...fields, order, ripple, attenuation, sampleRate } as RatedDesign
          const at = [wanted.pass, wanted.stop].flat() as number[]
          const { decibels } = sosfreqz(designFilter(design), { sampleRate, at })
          const half = at.length / 2
          return {
            pass: Math.max(...decibels.subarray(0, half).map((value) => -value)),
            stop: -Math.max(...decibels.subarray(half))
          }
        }
        const enough = losses(fields.order)
        expect(enough.pass).toBeLessThanOrEqual(ripple + 1e-6)
        expect(enough.stop).toBeGreaterThanOrEqual(attenuation - 1e-6)
        if (fields.order === 1) return
        const less = losses(fields.order - 1)
        expect(less.pass > ripple + 1e-6 || less.stop < attenuation - 1e-6).toBe(true)
      }),
      { numRuns: 60 }
    )
  })

  test.each<[string, Partial<FilterNeed>, RegExp]>([
    ['no room', { stop: 40 }, /room between pass band and stop band/],
    ['bands that cross', { pass: [40, 90], stop: [60, 120] }, /those of one band between those of the other/],
    ['one edge and two', { stop: [60, 120] }, /one edge each, or two each/],
    ['an edge at Nyquist', { stop: 250 }, /below Nyquist, 250 Hz/],
    ['no ripple', { ripple: 0 }, /ripple: expected more than 0 dB, got 0/],
    ['ripple above attenuation', { ripple: 50 }, /less than the attenuation, 40 dB, got 50 dB/]
  ])('%s: refused', (_, change, message) => {
    const wanted = { pass: 40, stop: 60, ripple: 1, attenuation: 40, sampleRate: 500, ...change }
    expect(() => buttord(wanted)).toThrow(FilterError)
    expect(() => buttord(wanted)).toThrow(message)
  })
})
