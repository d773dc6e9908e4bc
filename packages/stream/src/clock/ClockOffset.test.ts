import { seededRandom } from 'testing'
import { expect, test } from 'vitest'
import { ClockOffset } from './ClockOffset.ts'

const SEED = Number(process.env['NODEACQ_SEED'] ?? 1)
const CASES = process.env['NODEACQ_SOAK'] === '1' ? 2000 : 200

/** Two machines: the other's clock as a function of ours, and the ways between them. */
interface Machines {
  theirs: (ours: number) => number
  /** ms there, back, in the other machine. */
  way: () => readonly [there: number, back: number, inside: number]
}

class Asker {
  readonly offset = new ClockOffset()
  #now: number
  #asked = 0
  jumps = 0

  constructor(start: number) {
    this.#now = start
  }

  get now(): number {
    return this.#now
  }

  /** One round trip, as an input makes them: eight within half a second, then one a second. */
  ask({ theirs, way }: Machines): void {
    const sent = (this.#now += this.#asked++ < 8 ? 50 : 1000)
    const [there, back, inside] = way()
    const returned = sent + there + inside + back
    const answer = { sent, received: theirs(sent + there), answered: theirs(sent + there + inside), returned }
    if (!this.offset.add(answer)) this.jumps += 1
    this.#now = returned
  }
}

function randomMachines(random: () => number): Machines {
  const ahead = (random() - 0.5) * 1e9
  const drift = (2 * random() - 1) * 100e-6
  const wander = random() < 0.5 ? (2 * random() - 1) * 2e-6 : 0
  // Hundreds of times as long in one direction as in the other.
  const ways = [10 ** (3 * random() - 2), 10 ** (3 * random() - 2)] as const
  const jitter = 10 ** (3 * random() - 2)
  const late = () => -Math.log(1 - random()) * jitter + (random() < 0.1 ? 100 * random() : 0)
  return {
    theirs: (ours) => ahead + ours * (1 + drift) + (wander * ours * ours) / 1.2e6,
    way: () => [ways[0] + late(), ways[1] + late(), late()]
  }
}

test(`the offset is within its uncertainty, and that within half a round trip; ${CASES} random networks`, () => {
  const excess: number[] = []
  for (let n = 0; n < CASES; n++) {
    const seed = SEED + n
    const random = seededRandom(seed)
    const machines = randomMachines(random)
    const asker = new Asker(1e6 * random())
    let best = Infinity
    for (let i = 0; i < 150; i++) {
      const before = asker.now
      asker.ask(machines)
      best = Math.min(best, (asker.now - before - (i < 8 ? 50 : 1000)) / 2)
      const when = asker.now + 1000 * random()
      const found = asker.offset.at(when)!
      const truth = machines.theirs(when) - when
      // What a double holds of such a time.
      expect(Math.abs(found.offset - truth), `seed ${seed}, answer ${i}`).toBeLessThanOrEqual(found.uncertainty + 1e-6)
      const there = { time: machines.theirs(when), uncertainty: 0 }
      const ours = asker.offset.toOurs(there, asker.now)!
      expect(Math.abs(ours.time - when), `seed ${seed}, answer ${i}`).toBeLessThanOrEqual(ours.uncertainty + 1e-6)
      if (i === 149) excess.push(found.uncertainty - best)
    }
    expect(asker.jumps, `seed ${seed}`).toBe(0)
  }
  // Half the quickest round trip of late is the most that is ever needed, but for what clocks wander.
  expect(Math.max(...excess)).toBeLessThan(10)
})

test(`a drift of 80 ppm is found; seed ${SEED}`, () => {
  const random = seededRandom(SEED)
  const machines: Machines = {
    theirs: (ours) => 5e6 + ours * (1 + 80e-6),
    way: () => [0.2 + 0.1 * random(), 0.1 + 0.1 * random(), 0.01]
  }
  const asker = new Asker(0)
  for (let i = 0; i < 100; i++) asker.ask(machines)
  const { drift, driftUncertainty, uncertainty } = asker.offset.at(asker.now)!
  expect(Math.abs(drift - 80)).toBeLessThanOrEqual(driftUncertainty)
  expect(driftUncertainty).toBeLessThan(20)
  expect(uncertainty).toBeLessThan(0.4)
})

test('a machine that has started again is noticed, and measured anew', () => {
  const way = () => [0.1, 0.3, 0.01] as const
  const asker = new Asker(0)
  for (let i = 0; i < 50; i++) asker.ask({ theirs: (ours) => ours + 1e6, way })
  expect(asker.jumps).toBe(0)
  asker.ask({ theirs: (ours) => ours - 1e5, way })
  expect(asker.jumps).toBe(1)
  const found = asker.offset.at(asker.now)!
  expect(Math.abs(found.offset + 1e5)).toBeLessThanOrEqual(found.uncertainty)
  expect(found.uncertainty).toBeLessThan(1)
})

test('before the first answer nothing is known, and answers that cannot be are passed over', () => {
  const offset = new ClockOffset()
  expect(offset.at(0)).toBeUndefined()
  expect(offset.toOurs({ time: 1, uncertainty: 0 }, 0)).toBeUndefined()
  offset.add({ sent: 10, received: 500, answered: 400, returned: 11 })
  offset.add({ sent: 10, received: 500, answered: 600, returned: 11 })
  offset.add({ sent: 10, received: 500, answered: 500, returned: 9 })
  expect(offset.at(10)).toBeUndefined()
})
