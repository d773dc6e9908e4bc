import { readFileSync } from 'node:fs'
import { NdArray } from '@nodeacq/ndarray'
import { seededRandom } from 'testing'
import { describe, expect, test } from 'vitest'
import { OverlapFiltfilt } from '../../src/index.ts'
import { cutAtRandom, runFilter, type Piece } from './runFilter.ts'

interface Case {
  name: string
  dtype: string
  nb_channel: number
  chunksize: number
  overlapsize: number
  sos: number[][]
  input: number[][]
  chunks: { input_index: number; emitted: boolean; index: number | null; n: number | null; output: number[][] | null }[]
}
const { cases } = JSON.parse(
  readFileSync(new URL('../fixtures/dsp_overlapfiltfilt.json', import.meta.url), 'utf8')
) as { cases: Case[] }

const through = ({ sos, chunksize, overlapsize, dtype, nb_channel }: Case, pieces: readonly Piece[]) =>
  runFilter(
    new OverlapFiltfilt({ name: 'filter' }),
    { coefficients: sos, chunksize, overlapsize, engine: 'scipy' },
    { spec: { dtype, shape: [-1, nb_channel], sampleRate: 1000 }, pieces }
  )

describe('OverlapFiltfilt', () => {
  test.each(cases)('$name: the samples and indexes of pyacq', async (one) => {
    const signal = NdArray.from(one.input, one.dtype)
    const pieces = one.chunks.map(({ input_index: end }) => ({ data: signal.slice(end - one.chunksize, end) }))
    const { data, indexes } = await through(one, pieces)
    const emitted = one.chunks.filter((chunk) => chunk.emitted)
    expect(indexes).toEqual(emitted.map(({ index }) => index))
    const expected = NdArray.from(
      emitted.flatMap(({ output }) => output!),
      one.dtype
    )
    expect(data.shape).toEqual(expected.shape)
    expect(data.typed()).toEqual(expected.typed())
  })

  test.each([1, 2, 3, 4, 5])('the samples do not depend on how the signal is cut (seed %i)', async (seed) => {
    const one = cases[seed % cases.length]!
    const signal = NdArray.from(one.input, one.dtype)
    const whole = await through(one, [{ data: signal }])
    const { data } = await through(one, cutAtRandom(signal, seededRandom(seed), 12))
    expect(data.typed()).toEqual(whole.data.typed())
  })

  test('behind a gap it begins anew, and what it had not emitted is missing', async () => {
    const ramp = (count: number, from: number) =>
      NdArray.from(
        Array.from({ length: count }, (_, k) => [from + 4 * k]),
        'float64'
      )
    const { data, indexes, gaps } = await runFilter(
      new OverlapFiltfilt({ name: 'filter' }),
      { coefficients: [[0.5, 0, 0, 1, 0, 0]], chunkSize: 4, overlapSize: 2 },
      { spec: { dtype: 'float64', shape: [-1, 1] }, pieces: [{ data: ramp(8, 0) }, { data: ramp(4, 100), start: 20 }] }
    )
    expect(indexes).toEqual([6, 22])
    expect(gaps).toMatchObject([{ from: 6, to: 20, cause: 'device' }])
    expect(data.toNested()).toEqual([0, 1, 2, 3, 4, 5, 25, 26].map((value) => [value]))
  })
})
