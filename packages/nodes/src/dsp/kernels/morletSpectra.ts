import type { FftKernel } from './Engine.ts'

export interface MorletOptions {
  /** Hz, of the signal that is convolved. */
  readonly sampleRate: number
  /** Hz. */
  readonly frequencies: ArrayLike<number>
  /** Cycles of the wavelet within one width of its bell. Default 2.5. */
  readonly f0?: number
  /** Weight of the scale: `scale^-(1 + normalisation)`. Default 0. */
  readonly normalisation?: number
}

/**
 * Fourier transforms of Morlet wavelets, conjugated, for `Engine.wavelets`: one per frequency, complex, `fft.size` points.
 * With scale s = f0 / frequency · sampleRate and x = (k − size/2) / s:
 *
 *   exp(2πi f0 x) · exp(−x²/2) · s^−(1 + normalisation)
 *
 * Ported from generate_wavelet_fourier in pyacq/viewers/qtimefreq.py.
 */
export function morletSpectra(
  fft: FftKernel,
  { sampleRate, frequencies, f0 = 2.5, normalisation = 0 }: MorletOptions
): Float64Array[] {
  return Array.from(frequencies, (frequency) => {
    const scale = (f0 / frequency) * sampleRate
    const weight = scale ** -(1 + normalisation)
    const wavelet = new Float64Array(2 * fft.size)
    for (let k = 0; k < fft.size; k++) {
      const x = (k - fft.size / 2) / scale
      const height = weight * Math.exp((-x * x) / 2)
      wavelet[2 * k] = height * Math.cos(2 * Math.PI * f0 * x)
      wavelet[2 * k + 1] = height * Math.sin(2 * Math.PI * f0 * x)
    }
    fft.forward(wavelet, wavelet)
    for (let k = 0; k < fft.size; k++) wavelet[2 * k + 1]! *= -1
    return wavelet
  })
}
