import { channel } from 'node:diagnostics_channel'
import { seededRandom } from 'testing'
import { expect, test } from 'vitest'
import { WallClock } from './WallClock.ts'

const SEED = Number(process.env['NODEACQ_SEED'] ?? 1)
const UNIX = 1_800_000_000_000

/** A machine whose clocks go on by `look` µs with each look at one of them. */
class Machine {
  monotonic = 4e6
  /** Unix time at monotonic time 0, ms. */
  ahead = UNIX
  /** ms per ms */
  readonly #drift: number
  readonly clock = new WallClock({
    monotonic: () => (this.monotonic += 0.0002),
    wall: () => Math.floor(this.truth((this.monotonic += 0.0002)))
  })

  constructor(drift = 0) {
    this.#drift = drift
  }

  truth(monotonic: number): number {
    return this.ahead + monotonic * (1 + this.#drift)
  }

  /** Looks once a second, for so many seconds. */
  run(seconds: number, random: () => number): void {
    for (let i = 0; i < seconds; i++) {
      this.monotonic += 1000 + random()
      this.clock.look()
    }
  }
}

function errorAt(machine: Machine, time: number, truth = machine.truth(time)): number {
  const found = machine.clock.at({ time, uncertainty: 0 })!
  return Math.abs(found.time - truth) / found.uncertainty
}

function logged(): string[] {
  const messages: string[] = []
  channel('nodeacq:log').subscribe((message) => messages.push((message as { message: string }).message))
  return messages
}

test(`Unix times are within their uncertainty while the clock runs up to 400 ppm fast or slow; seed ${SEED}`, () => {
  for (let n = 0; n < 200; n++) {
    const random = seededRandom(SEED + n)
    const machine = new Machine((2 * random() - 1) * 400e-6)
    machine.monotonic = 1e7 * random()
    const start = machine.monotonic
    machine.run(1 + Math.floor(60 * random()), random)
    for (let k = 0; k < 10; k++) {
      const time = start + random() * (machine.monotonic + 2000 - start)
      expect(errorAt(machine, time), `seed ${SEED + n}`).toBeLessThanOrEqual(1)
    }
    expect(machine.clock.at({ time: machine.monotonic, uncertainty: 0 })!.uncertainty).toBeLessThan(1)
  }
})

test.for([3_600_000, -7000, 25, -25])('a step of %i ms is reported and changes no time before it', (step) => {
  const messages = logged()
  const random = seededRandom(7)
  const machine = new Machine()
  machine.run(20, random)
  const early = [machine.monotonic - 15_000, machine.monotonic - 3000, machine.monotonic - 100]
  const before = early.map((time) => machine.truth(time))
  machine.monotonic += 300
  const during = machine.monotonic - 100
  const duringTruth = machine.truth(during)
  machine.ahead += step
  machine.run(20, random)
  expect(messages).toEqual([expect.stringContaining(`set ${step > 0 ? 'forward' : 'back'} by ${Math.abs(step)} ms`)])
  for (const [i, time] of early.entries()) expect(errorAt(machine, time, before[i])).toBeLessThanOrEqual(1)
  // When between two looks it was set is not known.
  expect(errorAt(machine, during, duringTruth)).toBeLessThanOrEqual(1)
  expect(errorAt(machine, machine.monotonic - 18_000)).toBeLessThanOrEqual(1)
  expect(machine.clock.at({ time: machine.monotonic, uncertainty: 0 })!.uncertainty).toBeLessThan(1)
})

test('before the first look nothing is known; the real clock agrees with Date', () => {
  expect(new Machine().clock.at({ time: 0, uncertainty: 0 })).toBeUndefined()
  const clock = new WallClock()
  clock.look()
  const now = Number(process.hrtime.bigint()) / 1e6
  const found = clock.at({ time: now, uncertainty: 0 })!
  expect(Math.abs(found.time - Date.now())).toBeLessThan(found.uncertainty + 1000)
})
