import { expect, test } from 'vitest'
import { pythonJson } from './pythonJson.ts'

// Expected texts: json.dumps(value, sort_keys=True, indent=4, separators=(',', ': '), ensure_ascii=False) of Python 3.11.
test.each([
  [{}, '{}'],
  [[], '[]'],
  [{ b: 1, a: [true, null] }, '{\n    "a": [\n        true,\n        null\n    ],\n    "b": 1\n}'],
  [{ sample_rate: 1000 }, '{\n    "sample_rate": 1000.0\n}'],
  [{ sample_rate: [100, 1e16] }, '{\n    "sample_rate": [\n        100.0,\n        1e+16\n    ]\n}'],
  ['Café "x"\n\u2028', '"Café \\"x\\"\\n\u2028"'],
  [0.1, '0.1'],
  [1e-7, '1e-07'],
  [0.00001234, '1.234e-05'],
  [1.5e300, '1.5e+300'],
  [12.5, '12.5'],
  [-3, '-3'],
  [2 ** 60, '1152921504606846976'],
  [5n, '5']
])('%o', (value, text) => {
  expect(pythonJson(value)).toBe(text)
})

test('numbers that JSON has no text for are null', () => {
  expect(pythonJson([NaN, Infinity])).toBe('[\n    null,\n    null\n]')
})
