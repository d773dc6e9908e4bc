import { expect, test } from 'vitest'
import { checksum } from './checksum.ts'
import { findSender } from './findSender.ts'
import { RetentionLog } from './RetentionLog.ts'

test('the same bytes of two runs are of the first one, and of none that is known when that one is partly forgotten', () => {
  const log = new RetentionLog({ seconds: 1e9, bytes: 1e9, samples: Infinity })
  const frames = [Uint8Array.of(1, 2, 3)]
  for (const run of [0, 1]) {
    const place = { run, start: 0, index: 10, at: 0 }
    log.append({ kind: 'chunk', ...place, bytes: 3, frames, data: undefined })
  }
  const beginnings = new Map([
    [0, 0],
    [1, 1]
  ])
  const sender = (from: number) => findSender(log, { index: 10, crc: checksum(frames) }, { from, to: 1, beginnings })
  expect([sender(0), sender(1)]).toEqual([0, 1])
  log.freeTo(1)
  expect([sender(0), sender(1)]).toEqual([null, 1])
})
