import { expect, test } from 'vitest'
import { levels } from './topology.ts'

const names = (places: { name: string; sources: string[] }[]) => levels(places).map((level) => level.map((p) => p.name))

test('each node stands behind everything it gets data from', () => {
  expect(
    names([
      { name: 'disk', sources: ['amp', 'filter'] },
      { name: 'filter', sources: ['amp'] },
      { name: 'amp', sources: [] },
      { name: 'clock', sources: [] }
    ])
  ).toEqual([['amp', 'clock'], ['filter'], ['disk']])
})

test('sources outside the list and cycles do not hang it', () => {
  expect(names([{ name: 'a', sources: ['elsewhere'] }])).toEqual([['a']])
  expect(
    names([
      { name: 'a', sources: ['b'] },
      { name: 'b', sources: ['a'] }
    ]).flat()
  ).toHaveLength(2)
})
