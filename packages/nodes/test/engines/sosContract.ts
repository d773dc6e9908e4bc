import { readFileSync } from 'node:fs'
import { NdArray, type TypedArray } from '@nodeacq/ndarray'
import { FilterError, parseSosCoefficients, type Engine, type SosKernel } from '@nodeacq/nodes'
import { describe, expect, test } from 'vitest'
import { distance } from './signals.ts'

interface Case {
  name: string
  dtype: string
  nb_channel: number
  sos: number[][]
  input: number[][]
  chunks: { index: number; n: number; output: number[][] }[]
  zi_after: number[][][]
}
const { cases } = JSON.parse(readFileSync(new URL('../fixtures/dsp_sosfilter.json', import.meta.url), 'utf8')) as {
  cases: Case[]
}

const LOW = parseSosCoefficients([[0.02, 0.04, 0.02, 1, -1.56, 0.64]])
const LOWER = parseSosCoefficients([
  [0.001, 0.002, 0.001, 1, -1.9, 0.904],
  [1, 0.2, 0.1, 1, -0.5, 0.3]
])

/** What second-order sections promise beyond the contract of every kernel. */
export function sosContract(engine: Engine, tolerance: number): void {
  describe.each(cases)('sos like the scipy engine of pyacq: $name', (vector) => {
    const { dtype, nb_channel: channelCount, sos, input, chunks, zi_after } = vector
    test('each chunk and the state after the last agree', () => {
      const kernel = engine.sos(parseSosCoefficients(sos), { channelCount })
      const signal = NdArray.from(input, dtype)
      for (const { index, n, output } of chunks) {
        const chunk = signal
          .slice(index - n, index)
          .copy()
          .typed()
        kernel.process(chunk, chunk)
        // Bit for bit what numpy stored, where the engine does the same operations in the same order.
        expect(distance(chunk as Float64Array, output.flat())).toBeLessThanOrEqual(tolerance)
      }
      for (const [i, value] of (zi_after.flat(2) as unknown as number[]).entries()) {
        expect(Math.abs(kernel.getState()[i]! - value)).toBeLessThanOrEqual((1e-12 + tolerance) * Math.abs(value))
      }
    })
  })

  describe('sos', () => {
    test('a state that is put back goes on as before', () => {
      const signal = Float64Array.from({ length: 300 }, (_, i) => Math.sin(i * i))
      const kernel = engine.sos(LOWER, { channelCount: 3 })
      process(kernel, signal)
      const state = kernel.getState()
      expect(state).toHaveLength(kernel.sectionCount * 2 * 3)
      const next = process(kernel, signal)
      kernel.setState(state)
      expect(process(kernel, signal)).toEqual(next)
      expect(() => kernel.setState([1, 2])).toThrow(/12 values/)
    })

    test('backward is forward on the rows in the opposite order', () => {
      const rows = Array.from({ length: 1300 }, (_, i) => [Math.sin(i), Math.cos(i * i), i % 7])
      const forward = process(engine.sos(LOW, { channelCount: 3 }), Float64Array.from(rows.flat()))
      const kernel = engine.sos(LOW, { channelCount: 3, direction: 'backward' })
      const backward = process(kernel, Float64Array.from([...rows].reverse().flat()))
      const turned = Array.from({ length: 1300 }, (_, i) => [...backward.subarray(3 * (1299 - i), 3 * (1300 - i))])
      expect(turned.flat()).toEqual([...forward])
    })

    test('new coefficients start from silence', () => {
      const signal = Float64Array.from({ length: 100 }, (_, i) => Math.sin(i))
      const kernel = engine.sos(LOW, { channelCount: 1 })
      process(kernel, signal)
      kernel.setCoefficients(LOWER)
      expect(kernel.sectionCount).toBe(2)
      expect(process(kernel, signal)).toEqual(process(engine.sos(LOWER, { channelCount: 1 }), signal))
    })

    test('with a fade the output has no step, wherever the signal is cut, and ends as the new filter', () => {
      const level = Float64Array.from({ length: 4000 }, (_, i) => 1000 + Math.sin(i / 50))
      const results = [[4000], [1500, 1510, 4000], [1, 2, 1999, 4000]].map((cuts) => {
        const kernel = engine.sos(LOW, { channelCount: 1 })
        process(kernel, level)
        kernel.setCoefficients(LOWER, { fadeRows: 500 })
        return Float64Array.from(cuts.flatMap((to, i) => [...process(kernel, level.subarray(cuts[i - 1] ?? 0, to))]))
      })
      const [whole] = results
      for (const cut of results) expect(cut).toEqual(whole)
      const before = process(engine.sos(LOW, { channelCount: 1 }), level).at(-1)!
      for (const [i, value] of whole!.entries()) {
        const step = Math.abs(value - (i === 0 ? before : whole![i - 1]!))
        // From gain 1 to gain 1.16 in a cosine of 500 rows, and the sine that is in it.
        expect(step).toBeLessThan(10)
      }
      expect(whole!.at(-1)).toBeCloseTo(process(engine.sos(LOWER, { channelCount: 1 }), level).at(-1)!, 6)
    })

    test('what an unstable filter leaves does not last', () => {
      const kernel = engine.sos(parseSosCoefficients([[1, 0, 0, 1, -4, 0]]), { channelCount: 2 })
      const signal = new Float64Array(2000).fill(0)
      signal[1] = 1
      process(kernel, signal)
      const after = process(kernel, new Float64Array(20).fill(0))
      expect([...after]).toEqual(Array.from({ length: 20 }, () => 0))
    })

    test('coefficients per channel are for each channel', () => {
      const pass = [[1, 0, 0, 1, 0, 0]]
      const table = parseSosCoefficients([pass, pass])
      expect(() => engine.sos(table, { channelCount: 3 })).toThrow(FilterError)
      expect(() => engine.sos(LOW, { channelCount: 3 }).setCoefficients(table)).toThrow(FilterError)
    })
  })
}

function process<T extends TypedArray>(kernel: SosKernel, input: T): T {
  const output = input.slice() as T
  kernel.process(input, output)
  return output
}
