import { seededRandom } from 'testing'
import { expect, test } from 'vitest'
import { SampleLag, type Arrival } from './SampleLag.ts'

const RATE = 48_000

/** Pieces of 10 ms with up to `jitter` ms of delay; `drift` in parts of the rate. */
function* pieces(
  seconds: number,
  {
    from = 0,
    drift = 0,
    jitter = 5,
    random = seededRandom(1)
  }: Partial<Record<'from' | 'drift' | 'jitter', number>> & {
    random?: () => number
  } = {}
): Generator<Arrival> {
  for (let k = 1; k <= seconds * 100; k++) yield { count: 480, at: from + 10 * k * (1 + drift) + jitter * random() }
}

function missingOf(lag: SampleLag, arrivals: Iterable<Arrival>): number[] {
  return [...arrivals].map((arrival) => lag.take(arrival)).filter((missing) => missing > 0)
}

test('jitter, pauses with a burst behind them and a drifting clock are no loss', () => {
  const lag = new SampleLag(RATE)
  expect(missingOf(lag, pieces(20, { jitter: 30 }))).toEqual([])
  for (const drift of [3e-4, -3e-4]) {
    expect(missingOf(new SampleLag(RATE), pieces(600, { drift }))).toEqual([])
  }
  // 3 s without anything, then all of it within 200 ms.
  const late = Array.from({ length: 300 }, (_, k) => ({ count: 480, at: 23_000 + (k * 200) / 300 }))
  expect(missingOf(lag, late)).toEqual([])
  expect(missingOf(lag, pieces(10, { from: 23_000 }))).toEqual([])
  expect(lag.index).toBe(RATE * 33)
})

test('a loss is found within some windows, with its size, and counted once', () => {
  for (const lost of [0.1, 0.5, 2.5]) {
    const lag = new SampleLag(RATE)
    expect(missingOf(lag, pieces(10))).toEqual([])
    const found = missingOf(lag, pieces(20, { from: 10_000 + 1000 * lost }))
    expect(found).toHaveLength(1)
    expect(Math.abs(found[0]! - lost * RATE)).toBeLessThan(0.006 * RATE)
    expect(lag.index).toBe(RATE * 30 + found[0]!)
  }
})

test('a small loss shows only where the device told of it', () => {
  const quiet = new SampleLag(RATE)
  missingOf(quiet, pieces(10))
  expect(missingOf(quiet, pieces(10, { from: 10_040 }))).toEqual([])
  const told = new SampleLag(RATE)
  missingOf(told, pieces(10))
  told.expectLoss()
  const [found = 0] = missingOf(told, pieces(10, { from: 10_040 }))
  expect(Math.abs(found - 0.04 * RATE)).toBeLessThan(0.006 * RATE)
})

test('after an outage samples go on at the index of the clock', () => {
  const lag = new SampleLag(RATE)
  missingOf(lag, pieces(10))
  const first = [...pieces(0.1, { from: 13_000, jitter: 8 })]
  const missing = lag.resume(first)
  expect(Math.abs(missing - 3 * RATE)).toBeLessThan(0.006 * RATE)
  expect(missingOf(lag, pieces(5, { from: 13_100 }))).toEqual([])
})
