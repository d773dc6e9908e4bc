import { expect, test } from 'vitest'
import { vectorsOf } from '../../../test/vectors.ts'
import { LslStampSmoother } from './StampSmoother.ts'

const { cases } = vectorsOf<{
  cases: readonly {
    readonly name: string
    readonly nominal_srate: number
    readonly flags: number
    readonly input: readonly number[]
    readonly output: readonly number[]
  }[]
}>('lsl/postprocessing.json')

test.each(cases)('stamps are smoothed bit for bit as by liblsl: $name', ({ nominal_srate, flags, input, output }) => {
  const smoother = new LslStampSmoother(nominal_srate, { smooth: (flags & 2) !== 0, monotone: (flags & 4) !== 0 })
  expect(input.map((stamp) => smoother.next(stamp))).toEqual(output)
})
