import { expect } from 'vitest'
import type { Collected } from './collect.ts'

/** Samples after which the ramp of a simulator begins again. */
const PERIOD = 1000

/**
 * Checks what came by the ramp in its last channel, which goes up by `step` with each sample: it has no jump but at gaps, and
 * every gap is one that the device made. Gives how far the size of each gap is from the jump of the ramp there, modulo 1000.
 */
export function checkRamp({ data, gaps, indexes }: Collected, step = 1): number[] {
  const column = data.shape[1]! - 1
  const ramp = Array.from({ length: data.length }, (_, row) => Math.round(Number(data.get(row, column)) / step))
  const steps = ramp.map((value, row) => (row === 0 ? 1 : (value - ramp[row - 1]! + PERIOD) % PERIOD))
  let missing = 0
  const differences = gaps.map(({ from, to, declared, cause }) => {
    expect({ declared, cause }).toEqual({ declared: true, cause: 'device' })
    const jump = steps[from - missing]!
    steps[from - missing] = 1
    missing += to - from
    return centred(to - from + 1 - jump)
  })
  expect(steps.filter((each) => each !== 1)).toEqual([])
  expect(data.length + missing).toBe(indexes.at(-1))
  return differences
}

/** From −500 to 499, modulo 1000. */
function centred(difference: number): number {
  const half = PERIOD / 2
  return ((((difference + half) % PERIOD) + PERIOD) % PERIOD) - half
}
