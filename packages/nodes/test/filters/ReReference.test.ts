import { ConfigError } from '@nodeacq/core'
import { NdArray } from '@nodeacq/ndarray'
import { OutputStream, type OutputOptions } from '@nodeacq/stream'
import { waitFor } from 'testing'
import { describe, expect, test } from 'vitest'
import { ReReference } from '../../src/index.ts'
import { collect } from '../collect.ts'
import { runFilter } from './runFilter.ts'

const NAMES = ['Fp1', 'F3', 'A1', 'A2']
const SPEC = { dtype: 'int16', shape: [-1, 4], sampleRate: 100, channelInfo: NAMES.map((name) => ({ name })) }
const SIGNAL = NdArray.from(
  [
    [10, 20, 30, 41],
    [1, 2, 3, 4]
  ],
  'int16'
)

const through = (config: object, spec: OutputOptions = SPEC) =>
  runFilter(new ReReference({ name: 'ref' }), config, { spec, pieces: [{ data: SIGNAL }] })

describe('ReReference', () => {
  test('common average: fractions of integers are kept', async () => {
    const { data, info } = await through({})
    expect(info).toMatchObject({ dtype: 'float32', shape: [-1, 4], channelInfo: NAMES.map((name) => ({ name })) })
    expect(data.toNested()).toEqual([
      [-15.25, -5.25, 4.75, 15.75],
      [-1.5, -0.5, 0.5, 1.5]
    ])
  })

  test('linked: the mean of some channels', async () => {
    const { data } = await through({ reference: { linked: ['A1', 3] } })
    expect(data.toNested()).toEqual([
      [-25.5, -15.5, -5.5, 5.5],
      [-2.5, -1.5, -0.5, 0.5]
    ])
  })

  test('bipolar: differences, with the names of both', async () => {
    const { data, info } = await through({
      reference: {
        bipolar: [
          ['Fp1', 'F3'],
          ['F3', 'A1']
        ]
      }
    })
    expect(info).toMatchObject({ shape: [-1, 2], channelInfo: [{ name: 'Fp1-F3' }, { name: 'F3-A1' }] })
    expect(data.toNested()).toEqual([
      [-10, -10],
      [-1, -1]
    ])
  })

  test('matrix: any mixture', async () => {
    const { data, info } = await through({ reference: { matrix: [[0, 0, 2, -1]], names: ['mix'] }, dtype: 'float64' })
    expect(info).toMatchObject({ dtype: 'float64', channelInfo: [{ name: 'mix' }] })
    expect(data.toNested()).toEqual([[19], [2]])
  })

  test('one scale for all goes on; an offset that all have cancels out', async () => {
    const { data, info } = await through({}, { ...SPEC, scale: 0.5, offset: 100, units: 'uV' })
    expect(info).toMatchObject({ scale: 0.5, offset: 0, units: 'uV' })
    expect((data.toNested() as number[][])[1]).toEqual([-1.5, -0.5, 0.5, 1.5])
  })

  test('channels with different scales come out as physical values', async () => {
    const reference = { bipolar: [['Fp1', 'F3']] }
    const { data, info } = await through({ reference }, { ...SPEC, scale: [1, 10, 1, 1], offset: [0, 5, 0, 0] })
    expect(info).toMatchObject({ scale: null, offset: [-5] })
    expect(data.toNested()).toEqual([[-190], [-19]])
  })

  test('a channel is left out of the mean while it runs', async () => {
    await using source = new OutputStream(SPEC)
    await source.configure()
    await using node = new ReReference({ name: 'ref' })
    await node.configure()
    await node.input.connect(source, { delivery: 'complete' })
    await node.initialize()
    const { done } = await collect(node.output)
    source.startRun()
    await node.start()
    await source.send(SIGNAL.slice(0, 1))
    await waitFor(() => node.output.index === 1)
    await node.setParams({ exclude: ['A2'] })
    await expect(node.setParams({ exclude: ['A3'] })).rejects.toThrow(/did you mean 'F3'/)
    expect(node.params.exclude).toEqual(['A2'])
    await source.send(SIGNAL.slice(0, 1))
    await source.endRun()
    const values = (await done).data.toNested() as number[][]
    expect(values[0]).toEqual([-15.25, -5.25, 4.75, 15.75])
    for (const [c, expected] of [-10, 0, 10, 21].entries()) expect(values[1]![c]).toBeCloseTo(expected, 5)
  })

  test.each([
    [
      { reference: { linked: ['A3'] } },
      /'reference.linked': expected a name of a channel or a number from 0 to 3, got 'A3'/
    ],
    [{ reference: { bipolar: [['Fp1', 9]] } }, /'reference.bipolar': expected 0 to 3, got 9/],
    [{ reference: { matrix: [[1, 2]] } }, /expected 4 numbers in each row, one per channel, got 2 in row 0/],
    [
      { reference: { matrix: [[1, 2, 3, 4]], names: ['a', 'b'] } },
      /expected 1 names, one per row of the matrix, got 2/
    ],
    [{ reference: 'mean' }, /'reference'/]
  ])('%j is refused', async (config, message) => {
    await expect(through(config)).rejects.toThrow(ConfigError)
    await expect(through(config)).rejects.toThrow(message)
  })
})
