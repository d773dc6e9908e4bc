import { NdArray } from '@nodeacq/ndarray'
import { designFilter, sosfreqz, type Band, type RatedDesign } from '@nodeacq/nodes'
import { seededRandom } from 'testing'
import { expect, test } from 'vitest'
import { callScipy, isScipyError, type ScipyCall } from './scipyCalls.ts'

const DESIGNS = 3000
const seed = Number(process.env['NODEACQ_SEED'] ?? 1)

test(`${DESIGNS} random IIR designs have scipy’s sections, in its order, and its response (seed ${seed})`, async () => {
  const random = seededRandom(seed)
  const { version, worst } = await compare(Array.from({ length: DESIGNS }, () => randomDesign(random)))
  expect(worst.reordered).toBe(0)
  expect(worst.coefficient).toBeLessThanOrEqual(1e-9)
  console.log(`scipy ${version}, seed ${seed}: greatest differences`, worst)
})

test(`bands around a quarter of the sample rate have scipy’s response (seed ${seed})`, async () => {
  // Two sections are equally near to the unit circle there: which comes first is decided by rounding.
  const random = seededRandom(seed)
  const designs = Array.from({ length: 300 }, () => {
    const edge = 0.02 + 0.45 * random()
    return {
      ...randomDesign(random, ['bandpass', 'bandstop']),
      sampleRate: 2,
      frequencies: [edge, 1 - edge]
    } as RatedDesign
  })
  const { version, worst } = await compare(designs)
  expect(Math.max(worst.response, worst.relative)).toBeLessThanOrEqual(1e-9)
  console.log(`scipy ${version}, seed ${seed}: greatest differences`, worst)
})

interface Differences {
  /** |ΔH| / max|H| */
  response: number
  /** |ΔH| / |H| where |H| is above 1e-5 of its maximum. */
  relative: number
  /** Of designs whose sections are in the same order, and the number of those where they are not. */
  coefficient: number
  reordered: number
}

/** @throws {Error} naming the design where the response differs by more than 1e-9 */
async function compare(designs: readonly RatedDesign[]): Promise<{ version: string; worst: Differences }> {
  const { version, answers } = await callScipy(designs.map(toScipy))
  const worst: Differences = { response: 0, relative: 0, coefficient: 0, reordered: 0 }
  for (const [k, answer] of answers.entries()) {
    const design = designs[k]!
    const about = `seed ${seed}, ${JSON.stringify(design)}`
    if (isScipyError(answer)) throw new Error(`${about}: ${answer.error}`)
    const expected = NdArray.from(answer as number[][], 'float64')
    const sos = designFilter(design)
    if (sos.length !== expected.length)
      throw new Error(`${about}: ${sos.length} sections, scipy has ${expected.length}`)
    const { response, relative } = compareResponses(sos, expected, design.sampleRate)
    if (!(response <= 1e-9 && relative <= 1e-9)) throw new Error(`${about}: ${response} of max|H|, ${relative} of |H|`)
    worst.response = Math.max(worst.response, response)
    worst.relative = Math.max(worst.relative, relative)
    const distance = coefficientDistance(sos, expected)
    if (distance > 1e-6) worst.reordered++
    else worst.coefficient = Math.max(worst.coefficient, distance)
  }
  return { version, worst }
}

const BANDS: readonly Band[] = ['lowpass', 'highpass', 'bandpass', 'bandstop']

function randomDesign(random: () => number, bands: readonly Band[] = BANDS): RatedDesign {
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!
  const sampleRate = pick([2, 250, 1000, 30_000])
  const band = pick(bands)
  const isSingle = band === 'lowpass' || band === 'highpass'
  // Edges from 0.2 % of Nyquist to nearly all of it, bands at least a tenth of their lower edge wide.
  const edge = () => 0.98 * 10 ** (-2.7 * random())
  let [low, high] = [edge(), edge()]
  while (!isSingle && high < 1.1 * low) [low, high] = [edge(), edge()]
  const toHz = (relative: number) => (relative * sampleRate) / 2
  const frequencies = isSingle ? toHz(low) : ([toHz(low), toHz(high)] as [number, number])
  const base = { order: 1 + Math.floor(random() * (isSingle ? 10 : 6)), band, frequencies, sampleRate }
  const ripple = 0.01 + 3 * random()
  const attenuation = 20 + 80 * random()
  switch (pick(['butter', 'cheby1', 'cheby2', 'ellip', 'bessel'] as const)) {
    case 'butter':
      return { ...base, type: 'butter' }
    case 'cheby1':
      return { ...base, type: 'cheby1', ripple }
    case 'cheby2':
      return { ...base, type: 'cheby2', attenuation }
    case 'ellip':
      return { ...base, type: 'ellip', ripple, attenuation }
    case 'bessel':
      return { ...base, type: 'bessel', norm: pick(['phase', 'delay', 'mag'] as const) }
  }
}

function toScipy(design: RatedDesign): ScipyCall {
  if (!('order' in design)) throw new Error(`no design with an order: ${design.type}`)
  const { order, frequencies, band: btype, sampleRate: fs } = design
  const rp = 'ripple' in design ? design.ripple : null
  const rs = 'attenuation' in design ? design.attenuation : null
  const ftype = design.type === 'bessel' && design.norm ? `bessel_${design.norm}` : design.type
  return ['iirfilter', [order, frequencies], { rp, rs, btype, ftype, fs, output: 'sos' }]
}

/** At 200 frequencies over four decades. */
function compareResponses(a: NdArray, b: NdArray, sampleRate: number): Pick<Differences, 'response' | 'relative'> {
  const at = Float64Array.from({ length: 200 }, (_, k) => (10 ** (-4 + (4 * k) / 200) * sampleRate) / 2)
  const left = sosfreqz(a, { sampleRate, at })
  const right = sosfreqz(b, { sampleRate, at })
  const size = right.magnitude
  const largest = size.reduce((x, y) => Math.max(x, y))
  const result = { response: 0, relative: 0 }
  for (const [k, own] of size.entries()) {
    const difference = Math.hypot(left.re[k]! - right.re[k]!, left.im[k]! - right.im[k]!)
    result.response = Math.max(result.response, difference / largest)
    if (own > 1e-5 * largest) result.relative = Math.max(result.relative, difference / own)
  }
  return result
}

/** Greatest difference of coefficients, relative where they are above 1; b0 b1 b2 of the first section relative to b0. */
function coefficientDistance(a: NdArray, b: NdArray): number {
  const gain = b.get(0, 0) as number
  const right = b.typed() as Float64Array
  return (a.typed() as Float64Array).reduce((worst, value, k) => {
    const other = right[k]!
    const unit = k < 3 ? Math.abs(gain) : 1
    return Math.max(worst, Math.abs(value - other) / Math.max(unit, Math.abs(other)))
  }, 0)
}
