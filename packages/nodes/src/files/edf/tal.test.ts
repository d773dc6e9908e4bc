import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { gapsOf } from './annotations.ts'
import { parseTals } from './tal.ts'

interface Vector {
  cases: { onset: string; duration: string | null; texts: string[]; hex: string }[]
}
const vector = JSON.parse(
  readFileSync(new URL('../../../test/fixtures/edf/tal.json', import.meta.url), 'utf8')
) as Vector

test.each(vector.cases)('list $onset $texts', ({ onset, duration, texts, hex }) => {
  expect(parseTals(Buffer.from(hex, 'hex'))).toEqual({
    tals: [{ onset: Number(onset), duration: duration === null ? undefined : Number(duration), texts }],
    malformed: 0
  })
})

test('all lists of one record, with its padding', () => {
  const bytes = Buffer.concat([...vector.cases.map(({ hex }) => Buffer.from(hex, 'hex')), Buffer.alloc(20)])
  expect(parseTals(bytes).tals).toHaveLength(vector.cases.length)
})

test.each([
  '5\x14\x14',
  '+5\x14no end',
  '+x\x14a\x14',
  '+5\x15\x14a\x14',
  '+5\x151\x152\x14a\x14',
  'text',
  '+1e3\x14a\x14'
])('%j is passed over and counted', (text) => {
  expect(parseTals(Buffer.from(`${text}\0+1\x14\x14\0`))).toEqual({
    tals: [{ onset: 1, duration: undefined, texts: [''] }],
    malformed: 1
  })
})

test('records that follow each other make no gaps, whatever their onsets round to', () => {
  const onsets = Array.from({ length: 1000 }, (_, k) => Number((k / 3).toFixed(4)))
  expect(gapsOf(onsets, 256, 1 / 3)).toEqual([])
})

test('the length of a gap follows from the onsets, not from the sum of earlier roundings', () => {
  expect(gapsOf([0, 1, 5.5, 6.5, 8.55], 10, 1)).toEqual([
    { from: 20, to: 55, row: 20, cause: 'device' },
    { from: 75, to: 86, row: 40, cause: 'device' }
  ])
})

test('records that overlap are read one after the other', () => {
  expect(gapsOf([0, 0.2, 2], 10, 1)).toEqual([])
})
