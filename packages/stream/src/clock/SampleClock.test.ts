import { seededRandom } from 'testing'
import { describe, expect, test } from 'vitest'
import type { Instant } from './ClockPieces.ts'
import { SampleClock } from './SampleClock.ts'

const SEED = Number(process.env['NODEACQ_SEED'] ?? 1)
const CASES = process.env['NODEACQ_SOAK'] === '1' ? 1000 : 80

/** Delays of a chunk on its way to the host, ms; their least value is 0. */
const DELAYS = {
  none: () => 0,
  exponential: (random) => -Math.log(1 - random()),
  gamma: (random) => -(Math.log(1 - random()) + Math.log(1 - random())) / 2,
  uniform: (random) => random(),
  halfNormal: (random) => Math.abs(Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(Math.PI * random())),
  steps: (random) => Math.floor(-2 * Math.log(1 - random()))
} satisfies Record<string, (random: () => number) => number>

interface Device {
  random: () => number
  /** ms of true time at which sample 0 is there, and from one to the next. */
  start: number
  period: number
  /** Samples per chunk. */
  chunk: number
  delay: () => number
}

/** A device that sends chunks in order over a way that delays them; marks come at most every 50 ms. */
class Sender {
  readonly clock = new SampleClock()
  readonly #device: Device
  #next = 0
  #busyUntil = 0
  #nextMark = 0
  /** Samples that the device lost without telling. */
  lost = 0

  constructor(device: Device) {
    this.#device = device
  }

  get index(): number {
    return this.#next
  }

  truth(index: number): number {
    return this.#device.start + (index + this.lost) * this.#device.period
  }

  send(samples: number): void {
    const { chunk, delay } = this.#device
    for (const end = this.#next + samples; this.#next < end;) {
      this.#next += chunk
      const last = this.#next - 1
      this.#busyUntil = Math.max(this.#busyUntil, this.truth(last) + delay())
      if (this.#busyUntil < this.#nextMark) continue
      this.#nextMark = this.#busyUntil + 50
      this.clock.mark(last, this.#busyUntil)
    }
  }

  hole(samples: number): void {
    this.clock.hole(this.#next, this.#next + samples, 1)
    this.#next += samples
  }
}

function isRight({ time, uncertainty }: Instant, truth: number): boolean {
  return Math.abs(time - truth) <= uncertainty
}

function randomDevice(random: () => number, kind: keyof typeof DELAYS): Device {
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T
  const rate = pick([100, 250, 500, 1000, 30_000])
  const period = (1000 / rate) * (1 + (2 * random() - 1) * 100e-6)
  const chunk = Math.max(1, Math.round(pick([1, 4, 20, 50, 200, 1000]) / period))
  const jitter = 10 ** (3 * random() - 2)
  const outliers = random() < 0.5 ? 0.1 * random() * Math.min(1, (chunk * period) / 50) : 0
  const delay = () => jitter * DELAYS[kind](random) + (random() < outliers ? 100 * random() : 0)
  return { random, start: 1e8 * random(), period, chunk, delay }
}

describe.for(Object.keys(DELAYS) as (keyof typeof DELAYS)[])('delays: %s', (kind) => {
  test(`times are within their uncertainty, ${CASES} random devices`, () => {
    let asked = 0
    for (let n = 0; n < CASES; n++) {
      const seed = SEED + n
      const random = seededRandom(seed)
      const device = randomDevice(random, kind)
      const sender = new Sender(device)
      const seconds = [2, 10, 100, 300][n % 4] as number
      for (let part = 0; part < 25; part++) {
        sender.send((seconds * 1000) / 25 / device.period)
        for (const index of [sender.index, Math.floor(sender.index * random())]) {
          const found = sender.clock.pieces.timeOf(index)
          if (!found) continue
          asked += 1
          expect(isRight(found, sender.truth(index)), `seed ${seed}, sample ${index}`).toBe(true)
          const back = sender.clock.pieces.indexAt({ time: found.time, uncertainty: 0 })!
          expect(Math.abs(back.index - index), `seed ${seed}, sample ${index}`).toBeLessThan(back.uncertainty + 0.01)
        }
      }
      const { rate } = sender.clock.pieces
      const error = rate === undefined ? 0 : Math.abs(rate.hz - 1000 / device.period) - rate.uncertainty
      expect(error, `seed ${seed}`).toBeLessThanOrEqual(0)
    }
    expect(asked).toBeGreaterThan(20 * CASES)
  })
})

/** 1 kHz in chunks of 10 ms that come up to 2 ms late. */
function simple(seed = SEED): Sender {
  const random = seededRandom(seed)
  return new Sender({ random, start: 5000, period: 1.00005, chunk: 10, delay: () => 2 * random() })
}

test(`two minutes give the rate to a few millionths and times to a fraction of the jitter; seed ${SEED}`, () => {
  const sender = simple()
  sender.send(120_000)
  const rate = sender.clock.pieces.rate!
  expect(rate.uncertainty).toBeLessThan(0.2)
  expect(Math.abs(rate.hz - 1000 / 1.00005)).toBeLessThan(0.1)
  expect(sender.clock.pieces.timeOf(60_000)!.uncertainty).toBeLessThan(2)
  expect(sender.clock.pieces.timeOf(119_999)!.uncertainty).toBeLessThan(2)
})

test('nothing is said before eight marks', () => {
  const sender = simple()
  expect(sender.clock.pieces.timeOf(0)).toBeUndefined()
  expect(sender.clock.pieces.indexAt({ time: 5000, uncertainty: 0 })).toBeUndefined()
  expect(sender.clock.pieces.rate).toBeUndefined()
  sender.send(300)
  expect(sender.clock.pieces.timeOf(0)).toBeUndefined()
  sender.send(300)
  expect(isRight(sender.clock.pieces.timeOf(0)!, 5000)).toBe(true)
})

test(`a short hole changes nothing; seed ${SEED}`, () => {
  const sender = simple()
  for (let i = 0; i < 100; i++) {
    sender.send(200)
    sender.hole(100)
  }
  expect(sender.clock.pieces.all).toHaveLength(1)
  for (const index of [0, 250, 15_000, sender.index]) {
    expect(isRight(sender.clock.pieces.timeOf(index)!, sender.truth(index))).toBe(true)
  }
  expect(Math.abs(sender.clock.pieces.rate!.hz - 1000 / 1.00005)).toBeLessThan(0.1)
})

test(`behind a long hole, whose length may be wrong, the clock begins anew; seed ${SEED}`, () => {
  const sender = simple()
  sender.send(20_000)
  const before = { index: sender.index, truth: sender.truth(10_000) }
  sender.hole(5000)
  sender.lost = 3000
  const behind = sender.index
  expect(sender.clock.pieces.timeOf(behind)).toBeUndefined()
  expect(isRight(sender.clock.pieces.timeOf(10_000)!, before.truth)).toBe(true)
  sender.send(200)
  expect(sender.clock.pieces.timeOf(behind)).toBeUndefined()
  sender.send(1000)
  expect(isRight(sender.clock.pieces.timeOf(behind)!, sender.truth(behind))).toBe(true)
  expect(isRight(sender.clock.pieces.timeOf(10_000)!, before.truth)).toBe(true)
  // Between the two nobody knows; the place is not beyond the hole.
  const within = sender.clock.pieces.indexAt({ time: before.truth + 14_000, uncertainty: 0 })!
  expect(within.index).toBeGreaterThanOrEqual(before.index)
  expect(within.index).toBeLessThanOrEqual(behind)
})

test(`samples that were lost without a word show as a new line, and before that in the uncertainty; seed ${SEED}`, () => {
  const sender = simple()
  sender.send(50_000)
  const split = sender.index
  const early = sender.truth(10_000)
  sender.lost = 500
  // The group in which it happened, and the next one, have to be full.
  sender.send(3500)
  for (let i = 0; i < 570; i++) {
    sender.send(100)
    const { index } = sender
    expect(isRight(sender.clock.pieces.timeOf(index)!, sender.truth(index)), `part ${i}`).toBe(true)
  }
  expect(isRight(sender.clock.pieces.timeOf(10_000)!, early)).toBe(true)
  expect(sender.clock.pieces.timeOf(split + 30_000)!.uncertainty).toBeLessThan(10)
})

test(`samples that were counted twice are seen at once; seed ${SEED}`, () => {
  const sender = simple()
  sender.send(50_000)
  sender.lost = -50
  sender.send(200)
  expect(sender.clock.pieces.timeOf(sender.index)).toBeUndefined()
  sender.send(1000)
  expect(isRight(sender.clock.pieces.timeOf(sender.index)!, sender.truth(sender.index))).toBe(true)
  expect(sender.clock.pieces.timeOf(sender.index)!.uncertainty).toBeLessThan(20)
})

test(`a rate that wanders is followed piece by piece; seed ${SEED}`, () => {
  const random = seededRandom(SEED)
  const clock = new SampleClock()
  const truth: number[] = []
  let time = 1000
  for (let index = 0; index < 600_000; index++) {
    // ±20 ppm, once in ten minutes: what a change of temperature does to a quartz.
    time += 1 + 20e-6 * Math.sin((2 * Math.PI * index) / 600_000)
    truth.push(time)
    if (index % 50 === 0) clock.mark(index, time + random())
  }
  expect(clock.pieces.all.length).toBeGreaterThan(10)
  for (let index = 0; index < 600_000; index += 997) {
    const found = clock.pieces.timeOf(index)!
    expect(isRight(found, truth[index]!), `sample ${index}`).toBe(true)
    expect(found.uncertainty).toBeLessThan(5)
  }
})

test('marks that do not go forward are passed over', () => {
  const clock = new SampleClock()
  for (let i = 0; i < 20; i++) {
    clock.mark(i * 50, i * 50)
    clock.mark(i * 50, i * 50 - 40)
  }
  expect(clock.pieces.timeOf(500)!.time).toBeCloseTo(500, 9)
})
