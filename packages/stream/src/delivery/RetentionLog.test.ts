import { expect, test } from 'vitest'
import { RetentionLog } from './RetentionLog.ts'
import type { Entry } from './RetentionLog.ts'

const entry = (run: number, index: number, at = 0, bytes = 10): Entry => ({
  kind: 'chunk',
  run,
  start: index - 10,
  index,
  bytes,
  at,
  frames: [],
  data: undefined
})
/** What is counted for each of them. */
const COST = 10 + 1024
const UNLIMITED = { seconds: 1e9, bytes: 1e9, samples: Infinity }

test('positions count on while old chunks go', () => {
  const log = new RetentionLog({ ...UNLIMITED, bytes: 100 * COST })
  for (let i = 1; i <= 500; i++) {
    log.append(entry(0, i * 10))
    log.prune(0)
  }
  expect([log.first, log.end, log.bytes]).toEqual([400, 500, 100 * COST])
  expect(log.at(400).index).toBe(4010)
  expect(() => log.at(399)).toThrow(RangeError)
  expect(() => log.at(500)).toThrow(RangeError)
})

test('what is older than the limit goes, but never the newest', () => {
  const log = new RetentionLog({ ...UNLIMITED, seconds: 5 })
  log.append(entry(0, 10, 0))
  log.append(entry(0, 20, 4000))
  log.prune(4000)
  expect(log.first).toBe(0)
  log.prune(6000)
  expect(log.first).toBe(1)
  log.prune(60_000)
  expect(log.end - log.first).toBe(1)
})

test('what lies at or after `keepFrom` stays', () => {
  const log = new RetentionLog({ ...UNLIMITED, bytes: 0 })
  for (let i = 1; i <= 10; i++) log.append(entry(0, i * 10))
  log.prune(0, 4)
  expect(log.first).toBe(4)
})

test('what is freed goes, but never the newest', () => {
  const log = new RetentionLog(UNLIMITED)
  for (let i = 1; i <= 10; i++) log.append(entry(0, i * 10))
  log.freeTo(4)
  expect([log.first, log.bytes]).toEqual([4, 6 * COST])
  log.freeTo(2)
  expect(log.first).toBe(4)
  log.freeTo(Infinity)
  expect([log.first, log.end]).toEqual([9, 10])
})

test('chunks that point into a ring go when the ring has moved on', () => {
  const log = new RetentionLog({ ...UNLIMITED, samples: 30 })
  for (let i = 1; i <= 5; i++) log.append(entry(0, i * 10))
  log.prune(0)
  expect(log.at(log.first).start).toBe(20)
  log.append(entry(1, 10))
  log.prune(0)
  expect(log.at(log.first).run).toBe(1)
})

test('find gives the first chunk after a place, over runs', () => {
  const log = new RetentionLog(UNLIMITED)
  for (const [run, index] of [
    [1, 10],
    [1, 20],
    [2, 10],
    [2, 20],
    [4, 10]
  ] as const)
    log.append(entry(run, index))
  expect(log.find(1, 0)).toBe(0)
  expect(log.find(1, 10)).toBe(1)
  expect(log.find(1, 15)).toBe(1)
  expect(log.find(1, 20)).toBe(2)
  expect(log.find(3, 0)).toBe(4)
  expect(log.find(4, 10)).toBe(5)
})
