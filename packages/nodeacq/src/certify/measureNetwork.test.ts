import { expect, test } from 'vitest'
import { seededRandom } from 'testing'
import { measureNetwork } from './measureNetwork.ts'

/** Two machines and a network in between, on simulated time: the way there and back takes 1 ms and a random wait each. */
function network({ offset, machine, seed }: { offset: number; machine: string; seed: number }) {
  const random = seededRandom(seed)
  let now = 1000
  const travel = () => (now += 1 + 5 * random() ** 2)
  const clock = () => {
    travel()
    const answer = { machine, time: now - offset }
    travel()
    return Promise.resolve(answer)
  }
  return { clock, own: { machine: 'here', now: () => now } }
}

test.each([1, 2, 3])(
  'the offset of the clocks is right within the uncertainty that is told (seed %d)',
  async (seed) => {
    const { clock, own } = network({ offset: 12_345, machine: 'there', seed })
    const { roundTripMs, clockOffsetMs, clockUncertaintyMs } = await measureNetwork(clock, own)
    expect(Math.abs(clockOffsetMs - 12_345)).toBeLessThanOrEqual(clockUncertaintyMs)
    expect(clockUncertaintyMs).toBeGreaterThanOrEqual(1)
    expect(clockUncertaintyMs).toBeLessThan(2)
    expect(roundTripMs.p50).toBeGreaterThan(2)
    expect(roundTripMs.p99).toBeGreaterThanOrEqual(roundTripMs.p50)
    expect(roundTripMs.max).toBeGreaterThanOrEqual(roundTripMs.p99)
  }
)

test('on one machine there is one clock', async () => {
  const { clock, own } = network({ offset: 0, machine: 'here', seed: 1 })
  expect(await measureNetwork(clock, own, 5)).toMatchObject({ clockOffsetMs: 0, clockUncertaintyMs: 0 })
})
