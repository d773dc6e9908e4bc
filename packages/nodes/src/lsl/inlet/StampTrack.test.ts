import { seededRandom } from 'testing'
import { expect, test } from 'vitest'
import type { SampleBatch } from '../wire/SampleBatch.ts'
import { StampTrack, type PlacedSamples } from './StampTrack.ts'

const EMPTY = { bytes: new Uint8Array(), texts: [] }

interface Source {
  /** Hz, announced and real. */
  readonly rate: number
  readonly realRate?: number
  readonly chunk: number
  /** s by which a stamp is late, at random. */
  readonly jitter?: () => number
  /** The sample that is made at this place of the source. */
  readonly seconds: number
  /** Samples `[from, to)` of the source do not come. */
  readonly losses?: readonly (readonly [from: number, to: number])[]
}

interface Outcome {
  readonly track: StampTrack
  readonly emitted: PlacedSamples[]
  /** Of each sample of the source that came: its number less the index it got. */
  readonly errors: number[]
}

/** Plays a source whose stamps are those of its own clock, 5000 s ahead of arrival. */
function play({ rate, realRate = rate, chunk, jitter = () => 0, seconds, losses = [] }: Source): Outcome {
  const emitted: PlacedSamples[] = []
  const numbers = new Map<SampleBatch, number[]>()
  const track = new StampTrack(rate, (placed) => emitted.push(placed))
  for (let n = 0; n < seconds * realRate; n += chunk) {
    const kept = Array.from({ length: chunk }, (_, k) => n + k).filter(
      (each) => !losses.some(([from, to]) => each >= from && each < to)
    )
    if (kept.length === 0) continue
    const made = (n + chunk) / realRate
    const late = jitter()
    const last = 5000 + kept.at(-1)! / realRate + late
    const batch = {
      ...EMPTY,
      count: kept.length,
      stamps: Float64Array.from(kept, (_, k) => last - (kept.length - 1 - k) / rate),
      isStamped: Uint8Array.from(kept, (_, k) => Number(k === 0))
    }
    numbers.set(batch, kept)
    track.take(batch, made + late + 0.001)
  }
  track.finish()
  const errors = emitted.flatMap(({ batch, from, to, index }) =>
    numbers
      .get(batch)!
      .slice(from, to)
      .map((number, k) => number - index - k)
  )
  return { track, emitted, errors }
}

test('exact stamps: every loss is seen at once and has its size, down to one sample', () => {
  const losses = [
    [1000, 1001],
    [2003, 2010],
    [4000, 9000]
  ] as const
  const { track, errors } = play({ rate: 1000, chunk: 1, seconds: 12, losses })
  expect(track.counts).toEqual({ lostSamples: 5008, gaps: 3, stampJumps: 0 })
  expect(new Set(errors)).toEqual(new Set([0]))
})

test('exact stamps in chunks, at a rate that is not quite the announced one', () => {
  const { track, errors } = play({ rate: 500, realRate: 500.05, chunk: 10, seconds: 60, losses: [[10_000, 10_500]] })
  expect(track.counts).toEqual({ lostSamples: 500, gaps: 1, stampJumps: 0 })
  expect(new Set(errors)).toEqual(new Set([0]))
})

test.each([
  { rate: 250, realRate: 250.2, chunk: 5, spread: 0.004 },
  { rate: 1000, realRate: 999.95, chunk: 20, spread: 0.01 },
  { rate: 30_000, realRate: 30_001, chunk: 300, spread: 0.002 },
  { rate: 128, realRate: 128.6, chunk: 1, spread: 0.02 }
])('stamps that are late at random are no losses: %j', ({ rate, realRate, chunk, spread }) => {
  const random = seededRandom(Number(process.env['NODEACQ_SEED'] ?? 1))
  // Now and then one is very late.
  const jitter = (): number => random() * spread + (random() < 0.003 ? 0.15 : 0)
  const { track, errors } = play({ rate, realRate, chunk, seconds: rate > 10_000 ? 10 : 40, jitter })
  expect(track.counts).toEqual({ lostSamples: 0, gaps: 0, stampJumps: 0 })
  expect(new Set(errors)).toEqual(new Set([0]))
})

test('a loss among late stamps is found with about its size', () => {
  const random = seededRandom(Number(process.env['NODEACQ_SEED'] ?? 1))
  const { track, errors } = play({
    rate: 1000,
    realRate: 1000.1,
    chunk: 20,
    seconds: 40,
    jitter: () => random() * 0.008,
    losses: [[20_000, 20_500]]
  })
  expect(track.counts.gaps).toBe(1)
  expect(Math.abs(track.counts.lostSamples - 500)).toBeLessThanOrEqual(4)
  expect(Math.max(...errors.map(Math.abs))).toBeLessThanOrEqual(4)
})

/** One sample. */
function sample(stamp: number): SampleBatch {
  return { ...EMPTY, count: 1, stamps: Float64Array.of(stamp), isStamped: Uint8Array.of(1) }
}

test('a clock that is set is no loss; after a new connection the stamps count, or else the clock here', () => {
  const indexes: number[] = []
  const track = new StampTrack(100, ({ index }) => indexes.push(index))
  const feed = (first: number, arrival: number, count = 50): void => {
    for (let k = 0; k < count; k++) track.take(sample(first + k / 100), arrival + k / 100)
  }
  feed(1000, 10)
  feed(7000, 10.5)
  feed(3000, 11)
  expect(track.counts).toEqual({ lostSamples: 0, gaps: 0, stampJumps: 2 })
  expect(indexes).toHaveLength(150)
  track.beginAnew()
  feed(3002.5, 13.52)
  expect(track.counts).toEqual({ lostSamples: 200, gaps: 1, stampJumps: 2 })
  expect(indexes.at(-50)).toBe(350)
  track.beginAnew()
  feed(50, 17)
  expect(track.counts.stampJumps).toBe(3)
  expect(indexes.at(-50)! - 400).toBeGreaterThan(295)
  expect(indexes.at(-50)! - 400).toBeLessThanOrEqual(300)
})

test('samples without a stamp follow those before; what is held goes out when nothing more comes', () => {
  const indexes: number[] = []
  const track = new StampTrack(100, ({ index, from, to }) => indexes.push(index, to - from))
  track.take({ ...sample(NaN), isStamped: Uint8Array.of(0) }, 1)
  track.take(sample(10), 1.01)
  track.take(sample(12), 3.01)
  expect(indexes).toEqual([0, 1, 1, 1])
  track.settle(3.5)
  expect(indexes).toHaveLength(4)
  track.settle(4.1)
  expect(indexes).toEqual([0, 1, 1, 1, 201, 1])
})
