import { afterEach, expect, test, vi } from 'vitest'
import type { SideMessage } from '../side/messages.ts'
import { SyncCalls } from './SyncCalls.ts'

afterEach(() => {
  vi.useRealTimers()
})

test('a decisive answer may come over the connection after one that died silently, which the lease finds out', async () => {
  vi.useFakeTimers()
  const posted: SideMessage[] = []
  const link = {
    isLocal: false,
    hello: () => undefined,
    post: (message: SideMessage) => posted.push(message),
    close: () => undefined
  }
  const syncs = new SyncCalls()
  syncs.lease = 15_000
  const answer = syncs.call(link, undefined, 'decisive')
  vi.advanceTimersByTime(16_000)
  syncs.repeat(link)
  expect(posted.map(({ kind }) => kind)).toEqual(['sync', 'sync'])
  syncs.answered(1, 7)
  expect([await answer, syncs.isSilent]).toEqual([7, false])
  const none = syncs.call(link, undefined, 'decisive')
  vi.advanceTimersByTime(25_001)
  expect([await none, syncs.isSilent]).toEqual([undefined, true])
})
