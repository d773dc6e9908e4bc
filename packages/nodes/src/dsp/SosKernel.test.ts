import { readFileSync } from 'node:fs'
import { NdArray, type TypedArray } from '@nodeacq/ndarray'
import { describe, expect, test } from 'vitest'
import { FilterError } from '../errors.ts'
import { parseSosCoefficients } from './sosCoefficients.ts'
import { SosKernel } from './SosKernel.ts'

interface Case {
  name: string
  dtype: string
  nb_channel: number
  sos: number[][]
  input: number[][]
  chunks: { index: number; n: number; output: number[][] }[]
  zi_after: number[][][]
}
const { cases } = JSON.parse(
  readFileSync(new URL('../../test/fixtures/dsp_sosfilter.json', import.meta.url), 'utf8')
) as { cases: Case[] }

function filterAll(kernel: SosKernel, input: NdArray, cuts: readonly number[]): TypedArray {
  const source = input.typed()
  const output = NdArray.zeros(input.shape, input.dtype).typed()
  const { channelCount } = kernel
  let from = 0
  for (const to of [...cuts, input.length]) {
    kernel.process(
      source.subarray(from * channelCount, to * channelCount),
      output.subarray(from * channelCount, to * channelCount)
    )
    from = to
  }
  return output
}

describe.each(cases)('scipy engine of pyacq: $name', ({ dtype, nb_channel, sos, input, chunks, zi_after }) => {
  test('each chunk and the state after the last agree', () => {
    const kernel = new SosKernel(parseSosCoefficients(sos), nb_channel)
    const all = filterAll(kernel, NdArray.from(input, dtype), chunks.map(({ index }) => index).slice(0, -1))
    // Equal bit for bit to what numpy stored: the same operations in the same order.
    expect(NdArray.fromTyped(all, [input.length, nb_channel]).toNested()).toEqual(
      chunks.flatMap(({ output }) => output)
    )
    for (const [s, section] of zi_after.entries()) {
      for (const [z, channels] of section.entries()) {
        for (const [c, value] of channels.entries()) {
          expect(Math.abs(kernel.state[s]![z]![c]! - value)).toBeLessThanOrEqual(1e-12 * Math.abs(value))
        }
      }
    }
  })
})

describe('SosKernel', () => {
  const [first] = cases
  const table = parseSosCoefficients(first!.sos)
  const signal = NdArray.from(first!.input, 'float64')

  test('the result does not depend on how the signal is cut', () => {
    const whole = filterAll(new SosKernel(table, 2), signal, [])
    for (const cuts of [
      [1, 2, 3],
      [150],
      signal.toNested() instanceof Array ? [...signal.typed().keys()].slice(1, 299) : []
    ]) {
      expect(filterAll(new SosKernel(table, 2), signal, cuts)).toEqual(whole)
    }
  })

  test('signals longer than a block and blocks cut elsewhere agree', () => {
    const long = NdArray.fromTyped(
      Float64Array.from({ length: 5000 * 2 }, (_, k) => Math.sin(k * k)),
      [5000, 2]
    )
    const whole = filterAll(new SosKernel(table, 2), long, [])
    expect(filterAll(new SosKernel(table, 2), long, [700, 1024, 1025, 4000])).toEqual(whole)
  })

  test('may write over its input', () => {
    const whole = filterAll(new SosKernel(table, 2), signal, [])
    const values = signal.copy().typed()
    new SosKernel(table, 2).process(values, values)
    expect(values).toEqual(whole)
  })

  test('coefficients per channel filter each channel by its own', () => {
    const pass = [[1, 0, 0, 1, 0, 0]]
    const half = [[0.5, 0, 0, 1, 0, 0]]
    const values = Float32Array.of(2, 2, 4, 4)
    new SosKernel(parseSosCoefficients([pass, half]), 2).process(values, values)
    expect([...values]).toEqual([2, 1, 4, 2])
    expect(() => new SosKernel(parseSosCoefficients([pass, half]), 3)).toThrow(FilterError)
  })

  test('integers are truncated towards zero, 64-bit ones too', () => {
    const half = parseSosCoefficients([[0.5, 0, 0, 1, 0, 0]])
    const small = Int16Array.of(3, -3, 5)
    new SosKernel(half, 1).process(small, small)
    expect([...small]).toEqual([1, -1, 2])
    const big = BigInt64Array.of(3n, -3n)
    new SosKernel(half, 1).process(big, big)
    expect([...big]).toEqual([1n, -1n])
  })

  test('reset forgets the past', () => {
    const kernel = new SosKernel(table, 2)
    const once = filterAll(kernel, signal, [])
    kernel.reset()
    expect(filterAll(kernel, signal, [])).toEqual(once)
  })
})

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
