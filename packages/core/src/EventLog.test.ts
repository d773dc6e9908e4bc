import { expect, test } from 'vitest'
import { EventLog } from './EventLog.ts'

test('each reader gets everything after what it has seen', async () => {
  const log = new EventLog<{ what: string }>()
  log.append({ what: 'a' })
  log.append({ what: 'b' })
  const first = await log.read()
  expect(first.events.map((event) => event.what)).toEqual(['a', 'b'])
  log.append({ what: 'c' })
  expect((await log.read(first.next)).events.map((event) => event.what)).toEqual(['c'])
  expect((await log.read(3)).events).toEqual([])
})

test('a reader that waits is woken by the next event, and let go when the log closes', async () => {
  const log = new EventLog<{ what: string }>()
  const waiting = log.read(0, { timeout: 60_000 })
  log.append({ what: 'now' })
  expect((await waiting).events).toHaveLength(1)
  const last = log.read(1, { timeout: 60_000 })
  log.close()
  expect(await last).toEqual({ next: 1, events: [] })
})

test('a reader of an earlier log starts over; old events go beyond the limit', async () => {
  const log = new EventLog<{ n: number }>(10)
  for (let n = 0; n < 25; n++) log.append({ n })
  const { events, next } = await log.read(1000)
  expect(next).toBe(25)
  expect(events.length).toBeLessThanOrEqual(10)
  expect(events.at(-1)).toMatchObject({ n: 24, seq: 24 })
})
