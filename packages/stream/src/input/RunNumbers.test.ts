import { expect, test } from 'vitest'
import { RunNumbers } from './RunNumbers.ts'

test('runs of the first source keep their numbers', () => {
  const runs = new RunNumbers()
  expect(runs.incoming({ kind: 'run', run: 2, previous: 1, index: 5 })).toMatchObject({ run: 2, previous: 1 })
  expect(runs.outgoing({ kind: 'ack', run: 2, index: 5 })).toMatchObject({ run: 2 })
  expect(runs.toSource({ run: 2, from: 7 })).toEqual({ run: 2, from: 7 })
})

test('runs of a source that starts again come after those before', () => {
  const runs = new RunNumbers()
  runs.startAt(3)
  expect(runs.incoming({ kind: 'run', run: 2, previous: 1, index: 5 })).toMatchObject({ run: 5, previous: 4 })
  expect(runs.incoming({ kind: 'synced', id: 1, run: 0, index: 5, sender: 0 })).toMatchObject({ run: 3, sender: 3 })
  expect(runs.incoming({ kind: 'synced', id: 1, run: 0, index: 5, sender: null })).toMatchObject({ sender: null })
  expect(runs.outgoing({ kind: 'ack', run: 4, index: 5 })).toMatchObject({ run: 1 })
  expect(runs.toSource({ run: 4, from: 7 })).toEqual({ run: 1, from: 7 })
})

test('what was said of an earlier source means nothing to the one of now', () => {
  const runs = new RunNumbers()
  runs.startAt(3)
  expect(runs.outgoing({ kind: 'ack', run: 2, index: 5 })).toBeUndefined()
  expect(runs.outgoing({ kind: 'sync', id: 1, from: 2, index: 5, crc: 1 })).toMatchObject({ from: 0 })
  expect(runs.toSource({ run: 2, from: 7 })).toEqual({ run: 0, from: 0 })
})
