import { expect, test } from 'vitest'
import { V1Log } from './V1Log.ts'

const event = (time: number) => ({ session: 's', time, streams: { ses: ['active'] } })

test('what was told is attached in parts of 10 s, each once', () => {
  const log = new V1Log()
  for (let time = 1000; time < 36_000; time += 100) log.add(event(time))
  log.attach()
  const parts = (from: number, to: number, events: number) => ({ from, to, events })
  const first = [
    parts(1000, 10_900, 100),
    parts(11_000, 20_900, 100),
    parts(21_000, 30_900, 100),
    parts(31_000, 35_900, 50)
  ]
  expect(log.attachments).toEqual(first)
  log.attach()
  log.add(event(50_000))
  log.attach()
  expect(log.attachments).toEqual([...first, parts(50_000, 50_000, 1)])
  expect(log.whole).toEqual(parts(1000, 50_000, 351))
})

test('the oldest go when there are too many', () => {
  const log = new V1Log()
  for (let time = 0; time < 100_000; time++) log.add(event(time))
  expect(log.whole.events).toBeLessThan(22_001)
  expect(log.since(99_997, 'ses').map(({ time }) => time)).toEqual([99_998, 99_999])
  expect(log.since(0, 'pro')).toEqual([])
})
