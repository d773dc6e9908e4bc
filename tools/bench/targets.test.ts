import { expect, test } from 'vitest'
import { row } from './rows.ts'
import { describeBound, judge } from './targets.ts'

const rows = [
  row({ suite: 's', case: 'tcp', metric: 'p99', unit: 'µs', value: 200, peer: 'bare', peerValue: 100, better: 'less' }),
  row({
    suite: 's',
    case: 'tcp',
    metric: 'chunks',
    unit: '1/s',
    value: 90,
    peer: 'bare',
    peerValue: 60,
    better: 'more'
  }),
  row({ suite: 's', case: 'tcp', metric: 'lost', unit: '', value: 0, better: 'less' })
]

test('a ratio above 1 is better, for rates and for times', () => {
  expect(rows.map(({ ratio }) => ratio)).toEqual([0.5, 1.5, undefined])
})

test('targets are met, missed, or not measured', () => {
  const verdicts = judge(rows, [
    { case: 'tcp', metric: 'p99', of: 'value', atMost: 250 },
    { case: 'tcp', metric: 'p99', peer: 'bare', of: 'ratio', atLeast: 0.6 },
    { case: 'tcp', metric: 'chunks', peer: 'bare', of: 'ratio', atLeast: 1.2 },
    { case: 'tcp', metric: 'lost', of: 'value', atMost: 0 },
    { case: 'tcp', metric: 'chunks', peer: 'pyacq', of: 'ratio', atLeast: 1 },
    { case: 'tcp', metric: 'lost', of: 'ratio', atLeast: 1 }
  ])
  expect(verdicts.map(({ verdict }) => verdict)).toEqual([
    'met',
    'missed',
    'met',
    'met',
    'not measured',
    'not measured'
  ])
  expect(verdicts.map(({ factor }) => factor)).toEqual([1.25, 0.5 / 0.6, 1.25, undefined, undefined, undefined])
})

test('a bound is told with its unit', () => {
  expect(describeBound({ case: '', metric: '', of: 'value', atLeast: 300_000 }, '1/s')).toBe('≥ 300,000 1/s')
  expect(describeBound({ case: '', metric: '', of: 'ratio', atLeast: 0.5, atMost: 2 }, 'µs')).toBe('≥ 0.5 × and ≤ 2 ×')
  expect(describeBound({ case: '', metric: '', of: 'value', atMost: 0 }, '')).toBe('≤ 0')
})
