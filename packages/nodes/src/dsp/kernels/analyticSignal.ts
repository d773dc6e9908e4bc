import type { TypedArray } from '@nodeacq/ndarray'
import type { FftKernel } from './Engine.ts'

/**
 * The analytic signal of a whole real one, `fft.size` values: complex, the real part is the signal, the imaginary part the
 * signal turned by 90°; its magnitude is the envelope. As `scipy.signal.hilbert`. For a signal that goes on see
 * `Engine.hilbert`.
 * @throws RangeError when the signal has another length
 */
export function analyticSignal(fft: FftKernel, signal: TypedArray): Float64Array {
  const { size } = fft
  if (signal.length !== size) throw new RangeError(`analyticSignal: expected ${size} values, got ${signal.length}`)
  const values = new Float64Array(2 * size)
  for (let k = 0; k < size; k++) values[2 * k] = Number(signal[k])
  fft.forward(values, values)
  // Frequencies between 0 and Nyquist count twice, negative ones not at all.
  for (let k = 1; k < size; k++) {
    const weight = 2 * k < size ? 2 : 2 * k === size ? 1 : 0
    values[2 * k]! *= weight
    values[2 * k + 1]! *= weight
  }
  fft.inverse(values, values)
  return values
}
