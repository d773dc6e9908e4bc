import { NdArray } from '@nodeacq/ndarray'
import { describe, expect, test } from 'vitest'
import { FilterError } from '../errors.ts'
import { parseSosCoefficients } from './sosCoefficients.ts'

describe('parseSosCoefficients', () => {
  test('rows with an a0 other than 1 are normalised', () => {
    expect(parseSosCoefficients([[2, 4, 2, 2, 1, 0]])).toEqual(parseSosCoefficients([[1, 2, 1, 1, 0.5, 0]]))
  })

  test('an NdArray means the same as nested lists', () => {
    const rows = [[1, 2, 1, 1, 0.5, 0.25]]
    expect(parseSosCoefficients(NdArray.from(rows))).toEqual(parseSosCoefficients(rows))
  })

  test.each([
    ['nothing', undefined, /shape \(sections, 6\)/],
    ['no section', [], /at least one section/],
    ['five numbers', [[1, 2, 3, 4, 5]], /six numbers/],
    ['NaN', [[1, 2, 3, 1, NaN, 0]], /finite/],
    ['text', [['1', 2, 3, 1, 0, 0]], /finite/],
    ['a0 of 0', [[1, 2, 3, 0, 0, 0]], /a0 other than 0/],
    [
      'unequal channels',
      [
        [[1, 0, 0, 1, 0, 0]],
        [
          [1, 0, 0, 1, 0, 0],
          [1, 0, 0, 1, 0, 0]
        ]
      ],
      /1 sections like channel 0/
    ]
  ])('%s is refused', (_, value, message) => {
    expect(() => parseSosCoefficients(value)).toThrow(FilterError)
    expect(() => parseSosCoefficients(value)).toThrow(message)
  })
})
