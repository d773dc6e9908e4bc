import { NdArray } from '@nodeacq/ndarray'
import { OutputStream, readEvents } from '@nodeacq/stream'
import { seededRandom } from 'testing'
import { describe, expect, test } from 'vitest'
import { SpikeSorter } from '../src/index.ts'
import { collect } from './collect.ts'

const RATE = 20_000
const SECONDS = 60
const BEFORE = 10
const AFTER = 20

/** The units: signal-to-noise ratio (peak over deviation of the noise), and the shape, t in samples from the peak. */
const UNITS = [
  { ratio: 14, shape: (t: number) => bump(t, 0, 2.5) - 0.35 * bump(t, 8, 4) },
  { ratio: 10, shape: (t: number) => bump(t, 0, 1.5) - 0.6 * bump(t, 4, 2) },
  { ratio: 8, shape: (t: number) => bump(t, 0, 4.5) - 0.2 * bump(t, -8, 2.5) }
]
/** Deviation of the noise, in the units of the signal. */
const NOISE = 12

function bump(t: number, centre: number, width: number): number {
  return Math.exp(-(((t - centre) / width) ** 2))
}

interface Truth {
  /** Sample of the peak; between samples. */
  readonly at: number
  readonly unit: number
}

/** White noise with three units that fire at random 5 times a second each, at least 3 ms apart from themselves. */
function simulate(seed: number): { signal: Float32Array; truth: Truth[] } {
  const random = seededRandom(seed)
  const signal = Float32Array.from({ length: RATE * SECONDS }, () => {
    const radius = Math.sqrt(-2 * Math.log(1 - random()))
    return 40 + NOISE * radius * Math.cos(2 * Math.PI * random())
  })
  const truth: Truth[] = []
  for (const [k, { ratio, shape }] of UNITS.entries()) {
    for (let at = 0; ;) {
      at += 0.003 * RATE - (Math.log(1 - random()) * RATE) / 5
      if (at > signal.length - 100) break
      truth.push({ at, unit: k + 1 })
      for (let sample = Math.ceil(at) - 20; sample < at + 30; sample++) {
        if (sample >= 0) signal[sample]! -= NOISE * ratio * shape(sample - at)
      }
    }
  }
  return { signal, truth: truth.toSorted((a, b) => a.at - b.at) }
}

async function sort(signal: Float32Array, config: object, chunk = 1000) {
  await using source = new OutputStream({ dtype: 'float32', shape: [-1, 1], sampleRate: RATE })
  await source.configure({ protocol: 'inproc' })
  await using node = new SpikeSorter({ name: 'sorter' })
  await node.configure({ before: BEFORE / RATE, after: AFTER / RATE, ...config })
  await node.input.connect(source, { delivery: 'complete' })
  await node.initialize()
  const [events, waveforms] = [await collect(node.outputs['events']!), await collect(node.outputs['waveforms']!)]
  source.startRun()
  await node.start()
  for (let from = 0; from < signal.length; from += chunk) {
    const piece = signal.subarray(from, from + chunk)
    await source.send(NdArray.fromTyped(piece, [piece.length, 1]))
  }
  await source.endRun()
  const result = { events: readEvents((await events.done).data), waveforms: (await waveforms.done).data }
  expect(await node.finished()).toBeUndefined()
  return { ...result, counters: node.status().counters, templates: node.templates()[0]!.templates }
}

/** Precision and recall of each unit, of spikes behind sample `from`. */
function score(events: readonly { index: number; value: number }[], truth: readonly Truth[], from: number) {
  const late = events.filter(({ index }) => index >= from)
  const owed = truth.filter(({ at }) => at >= from && at < RATE * SECONDS - 100)
  const isAt = (index: number, { at }: Truth) => Math.abs(index - at) <= 4
  return UNITS.map((_, k) => {
    const [mine, real] = [late.filter(({ value }) => value === k + 1), owed.filter(({ unit }) => unit === k + 1)]
    const hits = mine.filter(({ index }) => real.some((spike) => isAt(index, spike))).length
    return { precision: hits / mine.length, recall: hits / real.length }
  })
}

function expectGood(scores: ReturnType<typeof score>, what: string): void {
  const text = scores.map(({ precision, recall }) => `${precision.toFixed(3)}/${recall.toFixed(3)}`)
  const ratios = UNITS.map(({ ratio }) => ratio).join(', ')
  process.stdout.write(`SpikeSorter, ${what}: precision/recall at ratios ${ratios}: ${text.join(' ')}\n`)
  for (const { precision, recall } of scores) {
    expect(precision).toBeGreaterThanOrEqual(0.95)
    expect(recall).toBeGreaterThanOrEqual(0.95)
  }
}

const templates = UNITS.map(({ ratio, shape }) =>
  Array.from({ length: BEFORE + AFTER }, (_, k) => -NOISE * ratio * shape(k - BEFORE))
)

describe('SpikeSorter', () => {
  test.each([1, 2, 3])('finds out how many units there are and tells them apart (seed %i)', async (seed) => {
    const { signal, truth } = simulate(seed)
    const { events, templates: learnt, counters } = await sort(signal, {})
    expect(learnt!.shape).toEqual([3, 30])
    const learntUntil = events[299]!.index
    expect(events.slice(0, 300).every(({ value }) => value === 0)).toBe(true)
    expectGood(score(events, truth, learntUntil + 1), `learnt, seed ${seed}`)
    expect(counters).toMatchObject({
      spikes: events.length,
      unsorted: events.filter(({ value }) => value === 0).length
    })
    for (const [k, row] of (learnt!.toNested() as number[][]).entries()) {
      for (const [i, value] of row.entries()) expect(Math.abs(value - templates[k]![i]!)).toBeLessThan(1.2 * NOISE)
    }
  })

  test('with given templates the units are known from the first spike on', async () => {
    const { signal, truth } = simulate(4)
    const { events, waveforms } = await sort(signal, { templates })
    // The noise is known after the first second.
    expectGood(score(events, truth, RATE + 100), 'given templates')
    expect(waveforms.shape).toEqual([events.length, 30])
    const first = events.findIndex(({ value }) => value === 1)
    const peak = (waveforms.toNested() as number[][])[first]![BEFORE]!
    expect(Math.abs(peak - templates[0]![BEFORE]!)).toBeLessThan(4 * NOISE)
  })

  test('the result does not depend on how the signal is cut', async () => {
    const { signal } = simulate(5)
    const part = signal.subarray(0, 25 * RATE)
    const whole = await sort(part, { learnFrom: 100 }, part.length)
    expect(new Set(whole.events.map(({ value }) => value))).toEqual(new Set([0, 1, 2, 3]))
    for (const chunk of [37, 4999]) {
      const cut = await sort(part, { learnFrom: 100 }, chunk)
      expect(cut.events).toEqual(whole.events)
      expect(cut.waveforms.equals(whole.waveforms)).toBe(true)
    }
  })

  test('a spike on top of another one is told once and unsorted', async () => {
    const { signal, truth } = simulate(6)
    const alone = truth.find(
      ({ at, unit }) => unit === 1 && at > 5 * RATE && !truth.some((o) => o.at !== at && Math.abs(o.at - at) < 200)
    )!
    for (let sample = Math.ceil(alone.at) - 20; sample < alone.at + 40; sample++) {
      signal[sample]! -= NOISE * 10 * UNITS[1]!.shape(sample - alone.at - 6)
    }
    const { events } = await sort(signal.subarray(0, Math.ceil(alone.at) + 1000), { templates })
    const near = events.filter(({ index }) => Math.abs(index - alone.at) < 25)
    expect(near.map(({ value }) => value)).toEqual([0])
  })

  test('templates of the wrong shape are refused', async () => {
    const attempt = (given: unknown) => sort(new Float32Array(100), { templates: given })
    await expect(attempt(templates.map((row) => row.slice(1)))).rejects.toThrow(
      "'templates': expected shape (units, 30)"
    )
    await expect(attempt([1, 2, 3])).rejects.toThrow('expected 2 dimensions')
    await expect(attempt('large')).rejects.toThrow('templates')
  })
})
