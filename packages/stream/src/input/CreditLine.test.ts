import { expect, test } from 'vitest'
import type { SideMessage } from '../side/messages.ts'
import { CreditLine } from './CreditLine.ts'

test('what was counted before a connection broke is not told over the next one', async () => {
  const posted: SideMessage[] = []
  const credit = new CreditLine({ chunks: 1000, bytes: 1e9 })
  credit.link = {
    isLocal: false,
    hello: () => undefined,
    post: (message) => posted.push(message),
    close: () => undefined
  }
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
