import { expect, test } from 'vitest'
import { CREDIT, Pace } from './Pace.ts'

/** Sends for `ms`, each message read `delay` ms later. Returns how many were sent. */
function play(pace: Pace, { from, ms, delay }: { from: number; ms: number; delay: number }): number {
  const open: { seq: number; at: number }[] = []
  let seq = 0
  for (let now = from; now < from + ms; now += 5) {
    while (open[0] !== undefined && now - open[0].at >= delay) pace.acknowledged(open.shift()!.seq, now)
    if (!pace.isDue(now)) continue
    pace.sent(++seq, now)
    open.push({ seq, at: now })
  }
  for (const { seq: last } of open) pace.acknowledged(last, from + ms)
  return seq
}

test('a reader that keeps up gets what it asked for', () => {
  const pace = new Pace(50)
  expect(play(pace, { from: 0, ms: 10_000, delay: 30 })).toBe(500)
  expect([pace.rate, pace.wider]).toEqual([50, 1])
})

test('one that does not read at all gets as many messages as there is credit', () => {
  const pace = new Pace(60)
  expect(play(pace, { from: 0, ms: 5000, delay: Infinity })).toBe(CREDIT)
})

test('a page that is slow to begin is not taken for a slow one', () => {
  const pace = new Pace(60)
  play(pace, { from: 0, ms: 1500, delay: 700 })
  play(pace, { from: 1500, ms: 1500, delay: 20 })
  expect([pace.rate, pace.wider]).toEqual([60, 1])
})

test('one that falls behind gets fewer messages, then wider columns, and both back', () => {
  const pace = new Pace(60)
  play(pace, { from: 0, ms: 20_000, delay: 400 })
  expect(pace.rate).toBeLessThan(10)
  expect(pace.wider).toBe(16)
  play(pace, { from: 20_000, ms: 200_000, delay: 20 })
  expect([pace.rate, pace.wider]).toEqual([60, 1])
})
