import { NdArray } from '@nodeacq/ndarray'
import { Decimator, Resampler, Spectrum } from '@nodeacq/nodes'
import { OutputStream, subscribe } from '@nodeacq/stream'
import { seededRandom } from 'testing'
import { expect, test } from 'vitest'
import { callScipy, isScipyError, type ScipyCall } from './scipyCalls.ts'

const seed = Number(process.env['NODEACQ_SEED'] ?? 1)
const random = seededRandom(seed)
const whole = (low: number, high: number) => low + Math.floor(random() * (high - low + 1))
const RATE = 1000
const RATIOS = [
  [1, 4],
  [2, 5],
  [441, 1000],
  [1, 2],
  [3, 4],
  [128, 125],
  [3, 2],
  [2, 1],
  [48, 47]
] as const

/** What a node makes of a signal of one channel. */
async function through(node: Decimator | Resampler | Spectrum, config: object, signal: NdArray): Promise<number[]> {
  await using source = new OutputStream({ dtype: 'float64', shape: [-1, 1], sampleRate: RATE })
  await source.configure()
  await using _node = node
  await node.configure(config)
  await node.input.connect(source, { delivery: 'complete' })
  await node.initialize()
  const made = subscribe(node.output, { delivery: 'complete' })
  await node.start()
  source.startRun()
  await source.send(signal)
  await source.endRun()
  const values: number[] = []
  for await (const { data } of made) values.push(...(data.typed() as Float64Array))
  return values
}

function noise(samples: number): NdArray {
  return NdArray.fromTyped(
    Float64Array.from({ length: samples }, () => random() + random() - 1),
    [samples, 1]
  )
}

interface Pair {
  readonly call: ScipyCall
  readonly ours: () => Promise<number[]>
  readonly expected: (answer: unknown) => number[]
}

const flat = (answer: unknown) => answer as number[]

function resampling(): Pair {
  const signal = noise(whole(50, 400))
  const [up, down] = RATIOS[whole(0, RATIOS.length - 1)]!
  return {
    call: ['resample_poly', [asList(signal.typed()), up, down]],
    ours: () => through(new Resampler({ name: 'r' }), { sampleRate: (RATE * up) / down }, signal),
    expected: flat
  }
}

function decimation(): Pair {
  const signal = noise(whole(50, 400))
  const factor = whole(2, 12)
  const filter = random() < 0.5 ? 'fir' : 'iir'
  const call: ScipyCall =
    filter === 'fir'
      ? ['decimate', [asList(signal.typed()), factor], { ftype: 'fir', zero_phase: true }]
      : ['decimate', [asList(signal.typed()), factor], { ftype: 'iir', zero_phase: false }]
  return { call, ours: () => through(new Decimator({ name: 'd' }), { factor, filter }, signal), expected: flat }
}

function spectrum(): Pair {
  const window = whole(8, 100)
  const overlap = whole(0, window - 1)
  const averages = whole(1, 6)
  const signal = noise(window + (averages - 1) * (window - overlap))
  const scaling = random() < 0.5 ? 'density' : 'spectrum'
  const shape = ['hann', 'blackman', 'hamming', 'boxcar'][whole(0, 3)]!
  const config = {
    duration: window / RATE,
    overlap: overlap / window,
    averages,
    scaling,
    window: shape,
    dtype: 'float64'
  }
  return {
    call: ['welch', [asList(signal.typed())], { fs: RATE, nperseg: window, noverlap: overlap, scaling, window: shape }],
    ours: () => through(new Spectrum({ name: 's' }), config, signal),
    expected: (answer) => (answer as [unknown, number[]])[1]
  }
}

function asList(value: unknown): unknown {
  return ArrayBuffer.isView(value) ? [...(value as Float64Array)] : value
}

test(`what changes the rate, and spectra, have scipy’s numbers (seed ${seed})`, async () => {
  const pairs = Array.from({ length: 40 }, () => [resampling(), decimation(), spectrum()]).flat()
  const { answers } = await callScipy(pairs.map(({ call }) => call))
  for (const [at, { call, ours, expected }] of pairs.entries()) {
    const about = JSON.stringify([call[0], call[1].slice(1), call[2]])
    if (isScipyError(answers[at])) throw new Error(`${about}: ${answers[at].error}`)
    const [theirs, got] = [expected(answers[at]), await ours()]
    const largest = Math.max(...theirs.map(Math.abs), 1e-300)
    const worst = Math.max(...theirs.map((value, k) => Math.abs(value - got[k]!))) / largest
    expect({ about, length: got.length, isClose: worst < 1e-9 }).toEqual({
      about,
      length: theirs.length,
      isClose: true
    })
  }
})
