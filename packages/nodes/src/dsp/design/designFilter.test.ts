import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FilterError } from '../../errors.ts'
import { butter } from './butter.ts'
import { abs } from './complex.ts'
import { designFilter, designSos, type RatedDesign } from './designFilter.ts'
import { filterDesignSchema } from './filterDesign.ts'

interface Vector {
  order: number
  wn: number | [number, number]
  btype: 'lowpass' | 'highpass' | 'bandpass' | 'bandstop'
  ftype: 'butter' | 'cheby1' | 'cheby2' | 'ellip' | 'bessel'
  rp: number | null
  rs: number | null
  fs: number | null
  sos: number[][]
}
const { designs } = JSON.parse(
  readFileSync(new URL('../../../test/fixtures/scipy_iirfilter_sos.json', import.meta.url), 'utf8')
) as { designs: Vector[] }

function designOf({ order, wn, btype, ftype, rp, rs, fs }: Vector): RatedDesign {
  const ripple = rp ?? 0
  const attenuation = rs ?? 0
  return { type: ftype, order, band: btype, frequencies: wn, sampleRate: fs ?? 2, ripple, attenuation } as RatedDesign
}

describe('scipy.signal.iirfilter, output sos', () => {
  test.each(designs)('$ftype $btype of order $order at $wn', (vector) => {
    const rows = designFilter(designOf(vector)).toNested() as number[][]
    expect(rows.length).toBe(vector.sos.length)
    for (const [s, row] of vector.sos.entries()) {
      for (const [k, expected] of row.entries()) {
        // The same sections in the same order; float error only.
        expect(Math.abs(rows[s]![k]! - expected)).toBeLessThanOrEqual(1e-12 * Math.abs(expected))
      }
    }
  })
})

describe('designFilter', () => {
  const edge = fc.double({ min: 0.01, max: 0.99, noNaN: true })
  const base = { order: fc.integer({ min: 1, max: 8 }), sampleRate: fc.constant(2) }
  const ripple = fc.double({ min: 0.01, max: 3, noNaN: true })
  const attenuation = fc.double({ min: 20, max: 100, noNaN: true })
  const types = fc.oneof(
    fc.record({ type: fc.constant('butter' as const) }),
    fc.record({ type: fc.constant('cheby1' as const), ripple }),
    fc.record({ type: fc.constant('cheby2' as const), attenuation }),
    fc.record({ type: fc.constant('ellip' as const), ripple, attenuation }),
    fc.record({ type: fc.constant('bessel' as const), norm: fc.constantFrom('phase', 'delay', 'mag') })
  )
  const edged = fc.oneof(
    fc.record({ band: fc.constantFrom('lowpass', 'highpass'), frequencies: edge }),
    fc
      .record({ band: fc.constantFrom('bandpass', 'bandstop'), low: edge, high: edge })
      .filter(({ low, high }) => high - low > 0.02)
      .map(({ band, low, high }) => ({ band, frequencies: [low, high] }))
  )
  const design = fc
    .tuple(fc.record(base), types, edged)
    .map(([first, second, third]) => ({ ...first, ...second, ...third }) as RatedDesign)

  test('poles lie inside the unit circle', () => {
    fc.assert(
      fc.property(design, (rated) => {
        for (const pole of designFilter(rated, 'zpk').poles) expect(abs(pole)).toBeLessThan(1)
        designFilter(rated)
      })
    )
  })

  test('two edges as band mean a band-pass', () => {
    const named = designSos({ type: 'butter', order: 4, band: 'bandpass', frequencies: [1, 40] }, 1000)
    expect(designSos({ type: 'butter', order: 4, band: [1, 40] }, 1000).toNested()).toEqual(named.toNested())
    expect(butter({ order: 4, band: 'bandpass', frequencies: [1, 40], sampleRate: 1000 }).toNested()).toEqual(
      named.toNested()
    )
  })

  test.each<[string, unknown, RegExp]>([
    ['an edge at Nyquist', { frequencies: 500 }, /below Nyquist, 500 Hz at a sample rate of 1000 Hz, got 500 Hz/],
    ['an edge of 0', { frequencies: 0 }, /above 0 and below Nyquist/],
    ['NaN', { frequencies: NaN }, /got NaN Hz/],
    ['edges in the wrong order', { band: 'bandpass', frequencies: [40, 1] }, /the lower edge first, got 40 Hz, 1 Hz/],
    ['equal edges', { band: [40, 40], frequencies: undefined }, /the lower edge first/],
    ['one edge for a band', { band: 'bandstop' }, /two frequencies for a bandstop, got 40 Hz/],
    ['two edges for a low-pass', { frequencies: [1, 2] }, /one frequency for a lowpass, got 1 Hz, 2 Hz/],
    ['no edge', { frequencies: undefined }, /got none/],
    ['edges twice', { band: [1, 2] }, /in band or in frequencies, got both/],
    ['order 0', { order: 0 }, /order: expected a whole number from 1 to 64, got 0/],
    ['half an order', { order: 2.5 }, /got 2.5/],
    ['a sample rate of 0', { sampleRate: 0 }, /a positive number of Hz, got 0/],
    ['no ripple', { type: 'cheby1', ripple: 0 }, /ripple: expected more than 0 dB, got 0/],
    ['negative attenuation', { type: 'cheby2', attenuation: -40 }, /attenuation: expected more than 0 dB, got -40/],
    ['ripple above attenuation', { type: 'ellip', ripple: 5, attenuation: 3 }, /less than the attenuation, 3 dB/],
    ['what float64 cannot hold', { type: 'ellip', ripple: 0.1, attenuation: 4000 }, /an elliptic filter can have/],
    ['poles on the circle', { order: 12, band: [1e-4, 1.0001e-4], frequencies: undefined }, /stable/],
    ['a notch beyond Nyquist', { type: 'notch', frequency: 600 }, /below Nyquist/],
    ['a notch without width', { type: 'notch', frequency: 50, q: 0 }, /q: expected more than 0, got 0/],
    ['a notch over everything', { type: 'peak', frequency: 400, q: 0.5 }, /wider than all frequencies/]
  ])('%s is refused', (_, change, message) => {
    const asked = {
      type: 'butter',
      order: 4,
      band: 'lowpass',
      frequencies: 40,
      sampleRate: 1000,
      ...(change as object)
    }
    expect(() => designFilter(asked as RatedDesign)).toThrow(FilterError)
    expect(() => designFilter(asked as RatedDesign)).toThrow(message)
  })
})

describe('filterDesignSchema', () => {
  test('fills in what has a default', () => {
    expect(filterDesignSchema.parse({ type: 'notch', frequency: 50 })).toEqual({ type: 'notch', frequency: 50, q: 30 })
    expect(filterDesignSchema.parse({ type: 'bessel', order: 2, band: [1, 4] })).toMatchObject({ norm: 'phase' })
  })

  test('refuses what a type does not have', () => {
    const asked = { type: 'butter', order: 2, band: 'lowpass', frequencies: 40, ripple: 1 }
    expect(filterDesignSchema.safeParse(asked).error?.issues[0]?.message).toMatch(/ripple/)
  })
})
