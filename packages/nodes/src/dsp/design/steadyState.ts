import { NdArray, type ReadonlyNdArray } from '@nodeacq/ndarray'
import { FilterError } from '../../errors.ts'
import { sectionsOf } from './conversions.ts'
import type { Ba } from './iirnotch.ts'

/**
 * State of a filter (transposed direct form II) in which an input of 1 gives its final output at once: multiplied by the
 * first sample it keeps the filter from ringing at the start. One number less than the longer of b and a.
 * @throws FilterError when the filter has no final output, as it has a pole at 1
 */
export function lfilterZi({ b, a }: Ba): number[] {
  const length = Math.max(b.length, a.length)
  const first = a[0] ?? 0
  if (first === 0) throw new FilterError('lfilterZi: a', 'a first coefficient other than 0', `[${a.join(', ')}]`)
  const gain = gainAtZero({ b, a })
  const state = new Array<number>(length - 1).fill(0)
  let sum = 0
  for (let k = length - 1; k > 0; k--) {
    sum += ((b[k] ?? 0) - (a[k] ?? 0) * gain) / first
    state[k - 1] = sum
  }
  return state
}

/** The same of second-order sections: `(sections, 2)` float64, scipy's `sosfilt_zi`. */
export function sosfiltZi(sos: ReadonlyNdArray): NdArray {
  let input = 1
  const rows = sectionsOf(sos).map((section) => {
    const row = lfilterZi(section).map((value) => value * input)
    input *= gainAtZero(section)
    return row
  })
  return NdArray.from(rows, 'float64')
}

function gainAtZero({ b, a }: Ba): number {
  const total = sumOf(a)
  if (total === 0) throw new FilterError('steady state', 'a filter without a pole at 1', `a = [${a.join(', ')}]`)
  return sumOf(b) / total
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}
