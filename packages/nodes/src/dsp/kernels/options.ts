import { FilterError } from '../../errors.ts'

/**
 * Row after row.
 * @throws FilterError when a row has not one finite number per channel, or there is no row
 */
export function flatMatrix(matrix: readonly ArrayLike<number>[], channelCount: number): Float64Array {
  if (matrix.length === 0) throw new FilterError('matrix', 'at least one row', 'none')
  const flat = new Float64Array(matrix.length * channelCount)
  for (const [i, row] of matrix.entries()) {
    if (row.length !== channelCount) {
      throw new FilterError(`matrix[${i}]`, `a weight for each of ${channelCount} channels`, `${row.length}`)
    }
    flat.set(row, i * channelCount)
  }
  const bad = flat.findIndex((weight) => !Number.isFinite(weight))
  if (bad !== -1) {
    const at = `matrix[${Math.floor(bad / channelCount)}][${bad % channelCount}]`
    throw new FilterError(at, 'a finite number', `${flat[bad]}`)
  }
  return flat
}

/** @throws FilterError */
export function checkWindow(window: number): void {
  if (!Number.isSafeInteger(window) || window < 1) {
    throw new FilterError('window', 'a positive integer of rows', `${window}`)
  }
}

/** @throws FilterError when there is none, or one is not as long as the transform */
export function checkSpectra(size: number, spectra: readonly Float64Array[]): void {
  if (spectra.length === 0) throw new FilterError('spectra', 'at least one', 'none')
  const bad = spectra.findIndex(({ length }) => length !== 2 * size)
  if (bad !== -1) throw new FilterError(`spectra[${bad}]`, `${2 * size} values`, `${spectra[bad]!.length}`)
}

/** @throws FilterError when a transformer cannot have this many taps */
export function checkTaps(taps: number): void {
  if (!Number.isSafeInteger(taps) || taps < 3 || taps % 2 === 0) {
    throw new FilterError('taps', 'an odd integer from 3', `${taps}`)
  }
}
