import type { TypedArray } from '@nodeacq/ndarray'
import type { SignalKernel } from './Engine.ts'

/**
 * Rows of a chunk that a kernel is given.
 * @throws RangeError when the input has no whole rows, or the output no room, or too much, for the result
 */
export function checkChunk(kernel: SignalKernel, input: TypedArray, output: TypedArray, outputCount: number): number {
  const rows = input.length / kernel.channelCount
  if (!Number.isInteger(rows)) {
    throw new RangeError(
      `process: expected an input of whole samples of ${kernel.channelCount} channels, got ${input.length} values`
    )
  }
  const expected = kernel.outputRows(rows) * outputCount
  if (output.length !== expected) {
    throw new RangeError(
      `process: expected an output of ${expected} values for an input of ${input.length}, got ${output.length}`
    )
  }
  return rows
}
