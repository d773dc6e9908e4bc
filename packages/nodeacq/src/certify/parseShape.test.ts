import { expect, test } from 'vitest'
import { parseShape, shapeRate } from './parseShape.ts'

test.each([
  ['384x30000:int16', { channels: 384, sampleRate: 30_000, dtype: 'int16' }],
  ['64x1k', { channels: 64, sampleRate: 1000, dtype: 'float32' }],
  ['8 x 2.5 kHz:f8', { channels: 8, sampleRate: 2500, dtype: 'float64' }],
  ['1X0.5:u1', { channels: 1, sampleRate: 0.5, dtype: 'uint8' }]
])('%s', (text, shape) => {
  expect(parseShape(text)).toEqual(shape)
})

test.each([
  ['', /expected <channels>x<rate/],
  ['384', /expected <channels>x<rate/],
  ['384x30000:int16:2', /expected <channels>x<rate/],
  ['0x30000', /channels: expected a whole number from 1, got '0'/],
  ['1.5x30000', /channels: expected a whole number from 1, got '1.5'/],
  ['384xfast', /rate: expected a number of Hz above 0, got 'fast'/],
  ['384x', /rate: expected a number of Hz above 0, got ''/],
  ['384x-1', /rate: expected a number of Hz above 0, got '-1'/],
  ['384x30000:int15', /unknown type of samples 'int15'; did you mean 'int16'\?/],
  ['384x30000:bool', /unknown type of samples 'bool'; it is one of int8/]
])('%j is told what is wrong', (text, message) => {
  expect(() => parseShape(text)).toThrow(RangeError)
  expect(() => parseShape(text)).toThrow(message)
})

test('the rate of several devices', () => {
  expect(shapeRate(parseShape('384x30000:int16'), 4)).toBe(92_160_000)
})
