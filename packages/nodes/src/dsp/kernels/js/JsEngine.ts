import type {
  ChunkOptions,
  Engine,
  FftKernel,
  HilbertOptions,
  ResampleOptions,
  RfftKernel,
  SignalKernel,
  SlidingOptions,
  SosKernel,
  SosOptions,
  WaveletKernel
} from '../Engine.ts'
import type { SosTable } from '../../sosCoefficients.ts'
import { checkFftSize } from '../fftTables.ts'
import { LiveSos } from '../LiveSos.ts'
import { checkSpectra, checkTaps, checkWindow, flatMatrix } from '../options.ts'
import { JsFft, JsRfft } from './JsFft.ts'
import { JsHilbert } from './JsHilbert.ts'
import { JsMatrix } from './JsMatrix.ts'
import { JsResampler } from './JsResampler.ts'
import { JsSliding } from './JsSliding.ts'
import { JsSos } from './JsSos.ts'
import { JsWavelets } from './JsWavelets.ts'

/** Everything in plain TypeScript: the reference for other engines, and what runs where those cannot. */
export class JsEngine implements Engine {
  readonly name = 'js'

  sos(table: SosTable, options: SosOptions): SosKernel {
    return new LiveSos(table, options, (wanted) => new JsSos(wanted, options))
  }

  resample(taps: ArrayLike<number>, options: ResampleOptions): SignalKernel {
    return new JsResampler(taps, options)
  }

  matrix(matrix: readonly ArrayLike<number>[], options: ChunkOptions): SignalKernel {
    return new JsMatrix(flatMatrix(matrix, options.channelCount), options)
  }

  sliding(options: SlidingOptions): SignalKernel {
    checkWindow(options.window)
    return new JsSliding(options)
  }

  hilbert(options: HilbertOptions): SignalKernel {
    checkTaps(options.taps)
    return new JsHilbert(options)
  }

  fft(size: number): FftKernel {
    checkFftSize(size)
    return new JsFft(size)
  }

  rfft(size: number): RfftKernel {
    checkFftSize(size)
    return new JsRfft(size)
  }

  wavelets(size: number, spectra: readonly Float64Array[]): WaveletKernel {
    checkFftSize(size)
    checkSpectra(size, spectra)
    return new JsWavelets(size, spectra)
  }
}
