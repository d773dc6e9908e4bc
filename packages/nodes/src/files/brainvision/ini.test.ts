import { expect, test } from 'vitest'
import { decodeText, parseIni, splitFields } from './ini.ts'
import { parseMarkers, segmentGaps } from './markers.ts'

test('comments, blank lines and everything from [Comment] on are no keys', () => {
  const text = 'x=0\r\n[A]\r\n; x=1\r\na = 1=2 \r\n\r\n[b]\nc=\n[Comment]\nd=4\n[A]\ne=5'
  expect(parseIni(text)).toEqual(
    new Map([
      ['a', new Map([['a', '1=2']])],
      ['b', new Map([['c', '']])]
    ])
  )
})

test('a comma in a field is written \\1', () => {
  expect(splitFields('A\\1B,,0.5,µV')).toEqual(['A,B', '', '0.5', 'µV'])
})

test('text is UTF-8 when it says so, else Windows-1252', () => {
  expect(decodeText(Buffer.from('Codepage=UTF-8\nµ'))).toBe('Codepage=UTF-8\nµ')
  expect(decodeText(Buffer.from('Codepage=ANSI\nµV', 'latin1'))).toBe('Codepage=ANSI\nµV')
  expect(decodeText(Buffer.from('µ', 'latin1'))).toBe('µ')
})

test('a torn last marker is left out with a warning', () => {
  const warnings: string[] = []
  const text = '[Marker Infos]\nMk1=New Segment,,1,1,0\nMk2=Stimulus,S  1'
  expect(parseMarkers(text, warnings)).toEqual([
    { type: 'New Segment', description: '', row: 0, points: 1, time: undefined }
  ])
  expect(warnings).toEqual([expect.stringContaining('Mk2')])
})

test('dates of segments give gaps; a clock set back gives none', () => {
  const marker = (row: number, seconds: number) => ({
    type: 'New Segment',
    description: '',
    row,
    points: 1,
    time: seconds * 1e6
  })
  const warnings: string[] = []
  expect(
    segmentGaps([marker(0, 100), marker(20, 104.375), marker(30, 104.4), marker(40, 110)], 1000, warnings)
  ).toEqual([
    { from: 20, to: 4375, row: 20, cause: 'device' },
    { from: 4385, to: 4400, row: 30, cause: 'device' },
    { from: 4410, to: 10_000, row: 40, cause: 'device' }
  ])
  expect(segmentGaps([marker(0, 100), marker(20, 90)], 1000, warnings)).toEqual([])
  expect(warnings).toHaveLength(1)
})
