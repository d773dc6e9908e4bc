import { expect, test } from 'vitest'
import { seededRandom } from 'testing'
import { ArrivalTrack, type ArrivalTrackOptions } from './ArrivalTrack.ts'

const SEED = Number(process.env['NODEACQ_SEED'] ?? 1)
const MW75 = { rate: 500, modulus: 256 }

/** A sample of the source, by its true number, and when it arrived, s. */
interface Arrival {
  readonly n: number
  readonly time: number
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, k) => from + k)

/** Samples that arrive at once, but for those of `held` (s), which arrive together when it ends. */
function arrivals(
  present: readonly number[],
  rate: number,
  held: readonly [from: number, to: number][] = []
): Arrival[] {
  return present.map((n) => {
    const time = n / rate
    const pause = held.find(([from, to]) => time >= from && time < to)
    return { n, time: pause ? pause[1] : time }
  })
}

/** What the track makes of it: number by true number. */
function numbered(come: readonly Arrival[], options: ArrivalTrackOptions): [n: number, index: number][] {
  const pairs: [number, number][] = []
  const track = new ArrivalTrack<number>(options, (index, n) => pairs.push([n, index]))
  for (const { n, time } of come) track.take(n % options.modulus, 100 + time, n)
  track.finish()
  return pairs
}

const asThemselves = (present: readonly number[]) => present.map((n) => [n, n])

test('gaps within a cycle, over a wrap, of a whole cycle and of many', () => {
  const present = [...range(0, 300), ...range(320, 500), ...range(756, 1400), ...range(4001, 4400)]
  expect(numbered(arrivals(present, 500), MW75)).toEqual(asThemselves(present))
})

test('a pause on the way, and the burst after it, is no loss', () => {
  const present = range(0, 3000)
  expect(numbered(arrivals(present, 500, [[1, 1.6]]), MW75)).toEqual(asThemselves(present))
  expect(numbered(arrivals(present, 500, [[0.3, 2.5]]), MW75)).toEqual(asThemselves(present))
})

test('a loss of whole cycles with a burst behind it', () => {
  const present = [...range(0, 500), ...range(500 + 512, 3000)]
  expect(numbered(arrivals(present, 500, [[1, 2.4]]), MW75)).toEqual(asThemselves(present))
})

test('a clock that drifts for an hour, with a pause now and then', () => {
  const cyton = { rate: 250, modulus: 256 }
  const present = range(0, 250 * 3600)
  const pauses = range(1, 60).map((k): [number, number] => [k * 60, k * 60 + 0.8])
  const come = arrivals(present, 250 * (1 + 200e-6), pauses)
  const wrong = numbered(come, cyton).filter(([n, index]) => n !== index)
  expect(wrong).toEqual([])
})

test(`random pauses, losses and jitter of what arrives (seed ${SEED})`, () => {
  const random = seededRandom(SEED)
  for (let round = 0; round < 50; round++) {
    const present: number[] = []
    const pauses: [number, number][] = []
    for (let n = 0; n < 10_000;) {
      const run = 1000 + Math.floor(random() * 1000)
      present.push(...range(n, n + run))
      n += run
      if (random() < 0.5) n += Math.floor(random() * 1500)
      // What comes first after the loss may be kept on the way for a while.
      if (random() < 0.5) pauses.push([n / 500, n / 500 + random()])
    }
    let last = 0
    // What comes, comes in order, up to 20 ms late.
    const come = arrivals(present, 500, pauses).map(({ n, time }) => {
      last = Math.max(last, time + random() * 0.02)
      return { n, time: last }
    })
    expect({ round, pairs: numbered(come, MW75) }).toEqual({ round, pairs: asThemselves(present) })
  }
})

test('samples that come twice are counted, and left out', () => {
  const seen: number[] = []
  const track = new ArrivalTrack<number>(MW75, (index) => seen.push(index))
  for (const [k, counter] of [0, 1, 1, 2, 2, 3].entries()) track.take(counter, k / 500, counter)
  expect(seen).toEqual([0, 1, 2, 3])
  expect(track.counts).toEqual({ duplicates: 2, restarts: 0 })
})

test('a counter that jumps while no time goes by is no loss', () => {
  const seen: number[] = []
  const track = new ArrivalTrack<number>(MW75, (index) => seen.push(index))
  for (let n = 0; n < 600; n++) track.take(n < 300 ? n % 256 : (n + 180) % 256, n / 500, n)
  expect(seen).toEqual(range(0, 600))
  expect(track.counts).toEqual({ duplicates: 0, restarts: 1 })
})

test('a source that was connected anew is numbered by the clock', () => {
  const seen: number[] = []
  const track = new ArrivalTrack<number>(MW75, (index) => seen.push(index))
  for (let n = 0; n < 600; n++) track.take(n % 256, n / 500, n)
  track.beginAnew()
  for (let n = 0; n < 10; n++) track.take(n, 3 + n / 500, n)
  expect(seen.slice(600)).toEqual(range(1500, 1510))
})
