import { expect, test } from 'vitest'
import { OutputLines } from './OutputLines.ts'

function linesOf(chunks: Buffer[]): string[] {
  const lines: string[] = []
  const output = new OutputLines((line) => lines.push(line))
  for (const chunk of chunks) output.write(chunk)
  output.end()
  return lines
}

test('lines are the same however the bytes arrive', () => {
  const bytes = Buffer.from('first\nzweite Zeile: ü€😀\r\n\nlast without newline')
  const expected = ['first', 'zweite Zeile: ü€😀', '', 'last without newline']
  expect(linesOf([bytes])).toEqual(expected)
  expect(linesOf(Array.from(bytes, (byte) => Buffer.from([byte])))).toEqual(expected)
})

test('a line that never ends is cut', () => {
  const lines = linesOf([Buffer.alloc(150_000, 'x')])
  expect(lines.map((line) => line.length)).toEqual([65_536, 65_536, 18_928])
})

test('no output gives no line', () => {
  expect(linesOf([])).toEqual([])
  expect(linesOf([Buffer.from('a\n')])).toEqual(['a'])
})
