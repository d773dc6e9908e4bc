import { isNdArray } from '@nodeacq/ndarray'
import {
  buttord,
  cheb1ord,
  cheb2ord,
  designFilter,
  ellipord,
  firls,
  firwin,
  firwin2,
  freqz,
  getWindow,
  groupDelay,
  iircomb,
  iirnotch,
  iirpeak,
  kaiserord,
  lfilterZi,
  remez,
  savgolCoeffs,
  sos2zpk,
  sosfiltZi,
  sosfreqz,
  WINDOWS,
  zpk2ba,
  type FilterNeed,
  type FirwinDesign,
  type WindowSpec
} from '@nodeacq/nodes'
import { seededRandom } from 'testing'
import { expect, test } from 'vitest'
import { callScipy, isScipyError, type ScipyCall } from './scipyCalls.ts'

/** One call of ours beside scipy's; `tolerance` is relative to the greatest number of the answer. */
interface Pair {
  readonly call: ScipyCall
  readonly ours: () => unknown
  readonly tolerance?: number
}

const seed = Number(process.env['NODEACQ_SEED'] ?? 1)
const random = seededRandom(seed)
const between = (low: number, high: number) => low + (high - low) * random()
const whole = (low: number, high: number) => Math.floor(between(low, high + 1))
const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!
const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make)

const makers: Record<string, () => Pair[]> = {
  windows: () =>
    times(8, () => whole(1, 70)).flatMap((length) =>
      [
        ...WINDOWS.map((name): [WindowSpec, unknown] => [name, name]),
        ...withParameters().map(({ ours, scipy }): [WindowSpec, unknown] => [ours, scipy])
      ].flatMap(([ours, scipy]) =>
        [true, false].map((symmetric): Pair => ({
          call: ['get_window', [scipy, length, !symmetric]],
          ours: () => getWindow(ours, length, { symmetric }),
          tolerance: 1e-12
        }))
      )
    ),
  firwin: () =>
    times(200, () => {
      const design = randomFirwin()
      const { taps, frequencies, band, window, scale, sampleRate } = design
      const named = typeof window === 'object' && window.type === 'kaiser' ? ['kaiser', window.beta] : window
      return {
        call: ['firwin', [taps, frequencies], { pass_zero: band, window: named, scale, fs: sampleRate }],
        ours: () => firwin(design),
        tolerance: 1e-12
      }
    }),
  kaiserord: () =>
    times(50, () => {
      const [attenuation, width] = [between(10, 120), between(1, 200)]
      return {
        call: ['kaiserord', [attenuation, width / 500]],
        ours: () => {
          const { taps, window } = kaiserord({ attenuation, width, sampleRate: 1000 })
          return [taps, (window as { beta: number }).beta]
        }
      }
    }),
  firwin2: () =>
    times(50, () => {
      const taps = 2 * whole(2, 60) + 1
      const inner = times(3, () => between(1, 499)).sort((a, b) => a - b)
      const frequencies = [0, inner[0]!, inner[1]!, inner[1]!, inner[2]!, 500]
      const gains = times(6, random)
      return {
        call: ['firwin2', [taps, frequencies, gains], { fs: 1000 }],
        ours: () => firwin2({ taps, frequencies, gains, sampleRate: 1000 })
      }
    }),
  firls: () =>
    times(50, () => {
      const taps = 2 * whole(3, 30) + 1
      const edge = between(50, 350)
      const [first, second] = [random(), 10 * random() + 0.1]
      return {
        call: ['firls', [taps, [0, edge, edge + 40, 500], [1, first, 0, 0]], { weight: [1, second], fs: 1000 }],
        ours: () =>
          firls({
            taps,
            bands: [
              { from: 0, to: edge, gain: [1, first] },
              { from: edge + 40, to: 500, gain: 0, weight: second }
            ],
            sampleRate: 1000
          }),
        tolerance: 1e-8
      }
    }),
  remez: () =>
    times(150, () => {
      const taps = whole(8, 80)
      const [low, high] = [between(60, 180), between(260, 380)]
      const gap = between(15, 40)
      const weights = times(3, () => between(0.2, 10))
      return {
        call: [
          'remez',
          [taps, [0, low, low + gap, high, high + gap, 500], [0, 1, 0]],
          { weight: weights, fs: 1000, maxiter: 200 }
        ],
        ours: () =>
          remez({
            taps,
            bands: [
              { from: 0, to: low, gain: 0, weight: weights[0]! },
              { from: low + gap, to: high, gain: 1, weight: weights[1]! },
              { from: high + gap, to: 500, gain: 0, weight: weights[2]! }
            ],
            sampleRate: 1000
          }),
        // Where gains are equally good to many digits, the searches end at slightly different filters.
        tolerance: 1e-5
      }
    }),
  savgol_coeffs: () =>
    times(100, () => {
      const window = whole(3, 41)
      const order = whole(0, Math.min(6, window - 1))
      const derivative = whole(0, 3)
      const delta = between(0.5, 2)
      const position = whole(0, window - 1)
      return {
        call: ['savgol_coeffs', [window, order], { deriv: derivative, delta, pos: position }],
        ours: () => savgolCoeffs({ window, order, derivative, delta, position }),
        // scipy solves with powers of up to (window - 1) ** order, which cost it digits.
        tolerance: 1e-6
      }
    }),
  'notch, peak and comb': () =>
    times(60, (): Pair[] => {
      const frequency = pick([50, 60, 16, between(5, 400)])
      const q = between(2, 60)
      const design = { frequency, q, sampleRate: 1200 }
      const toPair = ({ b, a }: { b: readonly number[]; a: readonly number[] }) => [b, a]
      const combs: Pair[] = [
        { call: ['iircomb', [frequency, q, 'notch', 1200]], ours: () => toPair(iircomb(design)) },
        {
          call: ['iircomb', [frequency, q, 'peak', 1200], { pass_zero: true }],
          ours: () => toPair(iircomb({ ...design, kind: 'peak' }))
        }
      ]
      return [
        { call: ['iirnotch', [frequency, q, 1200]], ours: () => toPair(iirnotch(design)) },
        { call: ['iirpeak', [frequency, q, 1200]], ours: () => toPair(iirpeak(design)) },
        ...(1200 % frequency === 0 ? combs : [])
      ]
    }).flat(),
  'least orders': () =>
    times(200, () => {
      const need = randomNeed()
      const { pass, stop, ripple, attenuation, sampleRate: fs } = need
      const isBandStop = typeof pass !== 'number' && pass[0] < (stop as readonly [number, number])[0]
      return Object.entries({ buttord, cheb1ord, cheb2ord, ellipord }).map(([name, ours]): Pair => ({
        call: [name, [pass, stop, ripple, attenuation], { fs }],
        ours: () => {
          const { order, frequencies } = ours(need)
          return [order, frequencies]
        },
        // A band-stop's edges are found by a search that ends within 1e-5 (of the bent frequency).
        tolerance: isBandStop ? 1e-3 : 1e-10
      }))
    }).flat(),
  'responses and steady states': () =>
    times(100, () => {
      const sos = designFilter({
        type: pick(['butter', 'bessel'] as const),
        order: whole(1, 5),
        band: [between(20, 200), between(210, 450)],
        sampleRate: 1000
      })
      const ba = zpk2ba(sos2zpk(sos))
      const at = times(20, () => between(30, 480))
      const rows = sos.toNested()
      const options = { sampleRate: 1000, at }
      const toPair = ({ frequencies, re, im }: { frequencies: Float64Array; re: Float64Array; im: Float64Array }) => [
        frequencies,
        Array.from(re, (value, k) => [value, im[k]!])
      ]
      return [
        { call: ['sosfreqz', [rows, at], { fs: 1000 }], ours: () => toPair(sosfreqz(sos, options)) },
        { call: ['freqz', [ba.b, ba.a, at], { fs: 1000 }], ours: () => toPair(freqz(ba, options)), tolerance: 1e-8 },
        { call: ['sosfilt_zi', [rows]], ours: () => sosfiltZi(sos) },
        { call: ['lfilter_zi', [ba.b, ba.a]], ours: () => lfilterZi(ba), tolerance: 1e-6 },
        {
          call: ['group_delay', [[ba.b, ba.a], at], { fs: 1000 }],
          ours: () => [at, groupDelay(sos, options)],
          tolerance: 1e-4
        }
      ] as Pair[]
    }).flat()
}

const groups = Object.entries(makers).map(([name, make]) => ({ name, pairs: make() }))
const all = groups.flatMap(({ pairs }) => pairs)
// Starting Python takes seconds: all in one process.
const answering = callScipy(all.map(({ call }) => call))

test.each(groups)(`$name give scipy’s numbers (seed ${seed})`, async ({ name, pairs }) => {
  const { version, answers } = await answering
  const first = all.indexOf(pairs[0]!)
  const problems: string[] = []
  let worst = 0
  for (const [k, { call, ours, tolerance = 1e-9 }] of pairs.entries()) {
    const answer = answers[first + k]
    const distance = isScipyError(answer) ? Infinity : distanceOf(numbersOf(ours()), numbersOf(answer))
    if (!(distance <= tolerance))
      problems.push(`${JSON.stringify(call)}: ${JSON.stringify(answer)} differs by ${distance}`)
    worst = Math.max(worst, distance)
  }
  expect(problems.slice(0, 3)).toEqual([])
  console.log(`scipy ${version}, seed ${seed}, ${name}: ${pairs.length} calls, greatest difference ${worst}`)
})

/** Greatest difference, relative to the greatest expected number. */
function distanceOf(got: readonly number[], expected: readonly number[]): number {
  if (got.length !== expected.length) return Infinity
  const largest = Math.max(...expected.map(Math.abs))
  return Math.max(...expected.map((value, k) => Math.abs(value - got[k]!))) / (largest || 1)
}

function numbersOf(value: unknown): number[] {
  if (isNdArray(value)) return numbersOf(value.toNested())
  if (value instanceof Float64Array) return [...value]
  return Array.isArray(value) ? value.flatMap(numbersOf) : [value as number]
}

function withParameters(): { ours: WindowSpec; scipy: unknown }[] {
  const [beta, std, alpha, attenuation] = [between(0, 14), between(1, 20), random(), between(50, 100)]
  return [
    { ours: { type: 'kaiser', beta }, scipy: ['kaiser', beta] },
    { ours: { type: 'gaussian', std }, scipy: ['gaussian', std] },
    { ours: { type: 'tukey', alpha }, scipy: ['tukey', alpha] },
    { ours: { type: 'chebwin', attenuation }, scipy: ['chebwin', attenuation] },
    { ours: { type: 'exponential', tau: std }, scipy: ['exponential', null, std] }
  ]
}

function randomFirwin(): FirwinDesign {
  const band = pick(['lowpass', 'highpass', 'bandpass', 'bandstop'] as const)
  const low = between(10, 200)
  const frequencies = band === 'lowpass' || band === 'highpass' ? low : [low, low + between(10, 200)]
  const window: WindowSpec = pick<WindowSpec>(['hamming', 'hann', 'blackman', { type: 'kaiser', beta: 6 }])
  return { taps: 2 * whole(5, 100) + 1, band, frequencies, window, scale: random() < 0.8, sampleRate: 1000 }
}

function randomNeed(): FilterNeed {
  const inner: [number, number] = [between(100, 200), between(220, 300)]
  const outer: [number, number] = [inner[0] * between(0.5, 0.95), inner[1] * between(1.05, 1.5)]
  const [pass, stop] = pick<[FilterNeed['pass'], FilterNeed['stop']]>([
    [inner, outer],
    [outer, inner],
    [inner[0], inner[1]],
    [inner[1], inner[0]]
  ])
  return { pass, stop, ripple: between(0.1, 3), attenuation: between(20, 90), sampleRate: 1000 }
}
