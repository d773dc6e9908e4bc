import type { TypedArray } from '@nodeacq/ndarray'
import { isIntegers } from './chunkValues.ts'

/**
 * How many signals an input of a transform holds.
 * @throws RangeError when it is no whole number, or the output is for another number of them
 */
export function signalCount(
  { input, output }: { input: ArrayLike<unknown>; output: ArrayLike<unknown> },
  inputSize: number,
  outputSize: number
): number {
  const signals = input.length / inputSize
  if (!Number.isInteger(signals) || output.length !== signals * outputSize) {
    throw new RangeError(
      `transform: expected ${inputSize} values in and ${outputSize} out per signal, got ${input.length} and ${output.length}`
    )
  }
  return signals
}

/**
 * Rows of the map that a wavelet kernel is asked for.
 * @throws RangeError when the signal has another length, or the output is no map of at most that many rows
 */
export function waveletRows(
  { size, waveletCount }: { size: number; waveletCount: number },
  input: ArrayLike<unknown>,
  output: TypedArray
): number {
  const rows = output.length / waveletCount
  if (input.length !== size || !Number.isInteger(rows) || rows > size) {
    throw new RangeError(
      `wavelets: expected ${size} values in and at most as many rows of ${waveletCount} out, ` +
        `got ${input.length} and ${output.length} values`
    )
  }
  if (isIntegers(output)) throw new RangeError('wavelets: expected an output of floats, got integers')
  return rows
}
