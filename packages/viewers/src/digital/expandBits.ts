import type { ReadonlyNdArray } from '@nodeacq/ndarray'

/** Lines of a stream of words: each bit of each column, the lowest first. */
export function lineCount(columns: number, itemSize: number): number {
  return columns * itemSize * 8
}

/** The bits of words `(samples, columns)` as `(samples, lines)`: 0 or 1. */
export function expandBits(data: ReadonlyNdArray): Int16Array {
  const { dtype, length } = data
  const { itemSize } = dtype
  const bytes = data.toContiguous().bytes()
  // In which order the bytes of a word stand; the lowest bits are those of the lowest byte.
  const isBigEndian = !dtype.isNative && itemSize > 1
  const columns = data.shape[1] ?? 1
  const lines = lineCount(columns, itemSize)
  const bits = new Int16Array(length * lines)
  let k = 0
  for (let word = 0; word < length * columns; word++) {
    const start = word * itemSize
    for (let byte = 0; byte < itemSize; byte++) {
      const value = bytes[start + (isBigEndian ? itemSize - 1 - byte : byte)]!
      for (let bit = 0; bit < 8; bit++) bits[k++] = (value >> bit) & 1
    }
  }
  return bits
}
