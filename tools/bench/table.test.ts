import { expect, test } from 'vitest'
import { inTurns, quantile } from './rounds.ts'
import { figure, layOut, toText } from './table.ts'

const row = (name: string, metric: string, value: number) => ({ suite: 's', case: name, metric, unit: 'µs', value })

test('each case is a line, each metric a column; cases with other figures get a table of their own', () => {
  const rows = [row('tcp', 'p50', 90), row('tcp', 'p99', 1234.5), row('ipc', 'p50', 80), row('ipc', 'p99', 200)]
  const tables = layOut([...rows, row('memory', 'grown', 0)])
  expect(tables.map(({ header }) => header)).toEqual([
    ['', 'p50, µs', 'p99, µs'],
    ['', 'grown, µs']
  ])
  expect(tables[0]!.lines).toEqual([
    ['tcp', '90', '1,235'],
    ['ipc', '80', '200']
  ])
  expect(toText(tables[0]!).split('\n')[1]).toBe('tcp       90    1,235')
})

test('figures keep three digits below a thousand', () => {
  expect([0.012345, 99.99, 999.4, 1000, 1234567, NaN].map(figure)).toEqual([
    '0.0123',
    '100',
    '999',
    '1,000',
    '1,234,567',
    '–'
  ])
})

test('a quantile is a value that occurred, by rank', () => {
  const values = [5, 1, 4, 2, 3]
  expect([0, 0.5, 0.99, 1].map((p) => quantile(values, p))).toEqual([1, 3, 5, 5])
  expect(quantile([], 0.5)).toBeNaN()
})

test('contenders run in turns, once to warm up, and the median counts', async () => {
  const order: string[] = []
  const figures = { a: [100, 1, 9, 2], b: [100, 5, 5, 6] }
  const contender = (name: 'a' | 'b') => () => {
    order.push(name)
    return Promise.resolve(figures[name].shift()!)
  }
  expect(await inTurns({ a: contender('a'), b: contender('b') }, { rounds: 3 })).toEqual({ a: 2, b: 5 })
  expect(order.join('')).toBe('ab' + 'ab' + 'ba' + 'ab')
})
