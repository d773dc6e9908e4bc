import type { TypedArray } from '@nodeacq/ndarray'
import type { SosTable } from '../sosCoefficients.ts'

/**
 * How a chunk lies in its array, in C order: `samples` is `(samples, channels)`, one row per sample, as streams have it;
 * `channels` is `(channels, samples)`.
 */
export type ChunkLayout = 'samples' | 'channels'

export interface ChunkOptions {
  readonly channelCount: number
  /** Default `samples`. */
  readonly layout?: ChunkLayout
}

/**
 * Works on a signal chunk by chunk. What every kernel of every engine promises:
 *
 * - Input and output are whole chunks in arrays of any numeric type, each of its own. They may be the same array where
 *   they have the same size; otherwise they must not overlap.
 * - Arithmetic is in float64, whatever the types are. The result is cast to the output's type; to integers it is truncated
 *   towards zero and held within the limits of the type.
 * - The state is kept from chunk to chunk. The result does not depend on how a signal is cut, not in its last bit.
 * - A sample that is NaN or infinite is worked on as if it were the one before it in its channel (0 at the start), and
 *   counted in `nonFiniteCount`. So nothing that comes after it is spoilt.
 * - A chunk that fits the engine's working memory is worked on without allocation.
 */
export interface SignalKernel {
  /** Channels of the input. */
  readonly channelCount: number
  /** NaN and infinite values met so far; `reset` does not forget them. */
  readonly nonFiniteCount: number
  /**
   * @returns rows (samples per channel) written to the output
   * @throws RangeError when an array does not hold whole samples, or the output has not `outputRows` of them
   */
  process(input: TypedArray, output: TypedArray): number
  /** Rows that the next `process` writes when given `inputRows`. */
  outputRows(inputRows: number): number
  /** Back to the state before the first sample. */
  reset(): void
}

export interface SosOptions extends ChunkOptions {
  /**
   * `backward` works on the rows of each chunk from the last to the first, as the second half of a zero-phase filter does.
   * Default `forward`.
   */
  readonly direction?: 'forward' | 'backward'
}

/**
 * Cascade of second-order sections in transposed direct form II, in the order of operations of scipy's `sosfilt`:
 *
 *   y  = b0 x + z0
 *   z0 = b1 x − a1 y + z1
 *   z1 = b2 x − a2 y
 *
 * When an unstable filter grows beyond all numbers, the state of its channel goes back to zero at the end of the chunk.
 */
export interface SosKernel extends SignalKernel {
  readonly sectionCount: number
  /** The state in the order of scipy's `zi`: `(sections, 2, channels)`. A copy. */
  getState(): Float64Array
  /** @throws RangeError when it has another length than `getState` gives */
  setState(state: ArrayLike<number>): void
  /**
   * Replaces the coefficients from the next row on; the number of sections may change.
   *
   * With `fadeRows` 0 (the default) the state starts from zero, as pyacq's does. With more, the output stays continuous:
   * for that many rows it moves in a cosine from the old filter, which goes on until then, to the new one, which starts
   * as if its first row had been there for ever.
   * @throws FilterError when there are coefficients per channel, but not for each
   */
  setCoefficients(table: SosTable, options?: { readonly fadeRows?: number }): void
}

export interface ResampleOptions extends ChunkOptions {
  /** Rows out per `down` rows in. Default 1. */
  readonly up?: number
  /** Default 1. */
  readonly down?: number
}

export type SlidingStatistic = 'mean' | 'rms' | 'demean'

export interface SlidingOptions extends ChunkOptions {
  /** Rows of the window; at the start it holds what there is. */
  readonly window: number
  /** `mean`, root mean square, or the sample less the mean of the window that ends with it. */
  readonly statistic: SlidingStatistic
}

export interface HilbertOptions extends ChunkOptions {
  /**
   * Taps of the FIR transformer, odd, at least 3. It is true from about 2 × rate / taps to as far below Nyquist, and the
   * output comes `(taps − 1) / 2` rows late.
   */
  readonly taps: number
  /** The signal turned by 90°, or the magnitude of it and the signal: the envelope of a narrow band. */
  readonly output: 'quadrature' | 'envelope'
}

/**
 * Discrete Fourier transform of a fixed length, any: powers of two directly, others as a convolution (Bluestein). Complex
 * arrays hold real and imaginary part in turn, as numpy's. Arrays of several times the length are several signals, one
 * after the other. Scaled as numpy's: the inverse is divided by the length.
 */
export interface FftKernel {
  /** Points. */
  readonly size: number
  /** Complex, `2 × size` values per signal, to the same. May be done in place. */
  forward(input: Float64Array, output: Float64Array): void
  /** The inverse of `forward`. */
  inverse(input: Float64Array, output: Float64Array): void
}

export interface RfftKernel {
  /** Points of the real signal. */
  readonly size: number
  /** Complex values of a spectrum: `floor(size / 2) + 1`. */
  readonly binCount: number
  /** Real, `size` values per signal, to the spectra, `2 × binCount` values each. */
  forward(input: TypedArray, output: Float64Array): void
  /** Spectra to real signals. The imaginary parts that a real signal cannot have are taken as 0. */
  inverse(input: Float64Array, output: Float64Array): void
}

/** Convolves one signal with a bank of wavelets and gives magnitudes over time and frequency. */
export interface WaveletKernel {
  /** Points of the signal and of the wavelets. */
  readonly size: number
  readonly waveletCount: number
  /** `size` real values to the magnitudes of the last rows, `(rows, wavelets)`; rows is what the output has room for. */
  process(input: TypedArray, output: TypedArray): void
}

/** Where kernels come from: one implementation of all of them. What engines must share is in the conformance test. */
export interface Engine {
  readonly name: string
  sos(table: SosTable, options: SosOptions): SosKernel
  /**
   * Resamples by up/down with a polyphase FIR filter: output row m is `Σ taps[k] · x̂[m · down − k]`, where x̂ is the input
   * with `up − 1` zeros after each row. With neither up nor down it is a plain FIR filter; with `down` a decimator. Output
   * row m comes with the chunk that holds input row `floor(m · down / up)`.
   */
  resample(taps: ArrayLike<number>, options: ResampleOptions): SignalKernel
  /**
   * Mixes channels: output channel i is `Σ matrix[i][j] · x[j]`. Weights of 0 cost nothing, and a sum that most outputs
   * share, as in a common average, is taken once.
   */
  matrix(matrix: readonly ArrayLike<number>[], options: ChunkOptions): SignalKernel
  sliding(options: SlidingOptions): SignalKernel
  /** A Hilbert transformer: `2 / (π d)` at odd distances d, in a Hamming window. */
  hilbert(options: HilbertOptions): SignalKernel
  fft(size: number): FftKernel
  rfft(size: number): RfftKernel
  /**
   * @param spectra Fourier transforms of the wavelets, complex, `2 × size` values each; the wavelets are centred on
   *   their middle
   */
  wavelets(size: number, spectra: readonly Float64Array[]): WaveletKernel
}
