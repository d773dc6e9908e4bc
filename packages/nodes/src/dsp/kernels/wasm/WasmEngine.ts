import type { SosTable } from '../../sosCoefficients.ts'
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
import { checkFftSize } from '../fftTables.ts'
import { LiveSos } from '../LiveSos.ts'
import { checkSpectra, checkTaps, checkWindow, flatMatrix } from '../options.ts'
import { WasmFft, WasmRfft, WasmWavelets } from './WasmFft.ts'
import { WasmHilbert } from './WasmHilbert.ts'
import { WasmMatrix } from './WasmMatrix.ts'
import { WasmMemory } from './WasmMemory.ts'
import { WasmResampler } from './WasmResampler.ts'
import { WasmSliding } from './WasmSliding.ts'
import { WasmSos } from './WasmSos.ts'

/** WebAssembly with SIMD, two float64 at a time; the bits of the `js` engine. Its sources are in packages/nodes/wasm. */
export class WasmEngine implements Engine {
  readonly name = 'wasm'
  readonly #memory = new WasmMemory()

  sos(table: SosTable, options: SosOptions): SosKernel {
    return new LiveSos(table, options, (wanted) => new WasmSos(this.#memory, wanted, options))
  }

  resample(taps: ArrayLike<number>, options: ResampleOptions): SignalKernel {
    return new WasmResampler(this.#memory, taps, options)
  }

  matrix(matrix: readonly ArrayLike<number>[], options: ChunkOptions): SignalKernel {
    return new WasmMatrix(this.#memory, flatMatrix(matrix, options.channelCount), options)
  }

  sliding(options: SlidingOptions): SignalKernel {
    checkWindow(options.window)
    return new WasmSliding(this.#memory, options)
  }

  hilbert(options: HilbertOptions): SignalKernel {
    checkTaps(options.taps)
    return new WasmHilbert(this.#memory, options)
  }

  fft(size: number): FftKernel {
    checkFftSize(size)
    return new WasmFft(this.#memory, size)
  }

  rfft(size: number): RfftKernel {
    checkFftSize(size)
    return new WasmRfft(this.#memory, size)
  }

  wavelets(size: number, spectra: readonly Float64Array[]): WaveletKernel {
    checkFftSize(size)
    checkSpectra(size, spectra)
    return new WasmWavelets(this.#memory, size, spectra)
  }
}

/** The engine, or undefined where there is no WebAssembly with SIMD. */
export function createWasmEngine(): WasmEngine | undefined {
  try {
    return new WasmEngine()
  } catch (error) {
    if (error instanceof Error && error.name === 'CompileError') return undefined
    throw error
  }
}
