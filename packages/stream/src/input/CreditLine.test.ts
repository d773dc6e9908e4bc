import { afterEach, expect, test, vi } from 'vitest'
import type { SideMessage } from '../side/messages.ts'
import { CreditLine } from './CreditLine.ts'

afterEach(() => {
  vi.useRealTimers()
})

/** A credit line and what it has told its output. */
function creditLine(): { credit: CreditLine; posted: SideMessage[] } {
  const posted: SideMessage[] = []
  const credit = new CreditLine({ chunks: 1000, bytes: 1e9 })
  credit.link = {
    isLocal: false,
    hello: () => undefined,
    post: (message) => posted.push(message),
    close: () => undefined
  }
  return { credit, posted }
}

test('what was counted before a connection broke is not told over the next one', async () => {
  const { credit, posted } = creditLine()
  for (let i = 0; i < 27; i++) credit.took(100)
  credit.soon()
  credit.pause()
  await new Promise((resolve) => setImmediate(resolve))
  expect(posted).toEqual([])
  credit.restart()
  credit.took(100)
  credit.soon()
  await new Promise((resolve) => setImmediate(resolve))
  expect(posted).toEqual([{ kind: 'credit', taken: 1, holding: true }])
})

test('a reader that goes on behind the end of a run was never away; one that does not is, after a while', () => {
  vi.useFakeTimers()
  const { credit, posted } = creditLine()
  credit.rest()
  vi.advanceTimersByTime(100)
  credit.hold(true)
  vi.advanceTimersByTime(1000)
  expect([posted, credit.isReading]).toEqual([[], true])
  credit.rest()
  vi.advanceTimersByTime(1000)
  expect([posted, credit.isReading]).toEqual([[{ kind: 'credit', taken: 0, holding: false }], false])
  credit.hold(true)
  credit.rest()
  credit.hold(false)
  vi.advanceTimersByTime(1000)
  expect(posted.map((message) => message.kind === 'credit' && message.holding)).toEqual([false, true, false])
})
