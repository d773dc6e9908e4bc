import { expect, test } from 'vitest'
import { REMEMBERED_RUNS, RunHistory } from './RunHistory.ts'

test('ends and holes are remembered by run, up to a number of runs', () => {
  const history = new RunHistory()
  history.addHole(0, [5, 7, 'device'])
  history.addHole(0, [9, 10, 'device'])
  history.close(0, 20)
  expect(history.endOf(0)).toBe(20)
  expect(history.holesOf(0)).toEqual([
    [5, 7, 'device'],
    [9, 10, 'device']
  ])
  expect([history.endOf(1), history.holesOf(1)]).toEqual([0, []])
  history.close(REMEMBERED_RUNS, 3)
  expect([history.endOf(0), history.holesOf(0)]).toEqual([0, []])
})

test('holes of earlier runs make room for new ones, those of the same run do not', () => {
  const history = new RunHistory()
  for (let i = 0; i < 6000; i++) history.addHole(0, [2 * i, 2 * i + 1, 'device'])
  for (let i = 0; i < 12_000; i++) history.addHole(1, [2 * i, 2 * i + 1, 'device'])
  expect(history.holesOf(0)).toEqual([])
  expect(history.holesOf(1).length).toBe(10_000)
  expect(history.holesOf(1)[0]).toEqual([0, 1, 'device'])
})
