import { designSos } from '../design/designFilter.ts'
import type { Engine, WaveletKernel } from '../kernels/Engine.ts'
import { morletSpectra } from '../kernels/morletSpectra.ts'
import { SosFiltFilt } from './sosFiltFilt.ts'
import type { TimeFreqPlan } from './timeFreqPlan.ts'

/** What the wavelets are. */
export interface MorletShape {
  /** Cycles of the wavelet within one width of its bell. */
  readonly f0: number
  /** Weight of the scale: `scale^-(1 + normalisation)`. */
  readonly normalisation: number
}

/**
 * Computes time–frequency maps of single channels: keeps out what the lower rate cannot hold (zero phase, Chebyshev of order
 * 8), keeps every `decimation`-th sample, and convolves with Morlet wavelets.
 *
 * Ported from ComputeThread.run in pyacq/viewers/qtimefreq.py.
 */
export class MorletMap {
  readonly #plan: TimeFreqPlan
  readonly #antiAlias: SosFiltFilt | undefined
  readonly #wavelets: WaveletKernel
  readonly #decimated: Float64Array

  constructor(plan: TimeFreqPlan, { f0, normalisation }: MorletShape, engine: Engine) {
    const { decimation, length, columnRate, frequencies } = plan
    this.#plan = plan
    if (decimation > 1) {
      const design = { type: 'cheby1', order: 8, ripple: 0.05, band: 'lowpass', frequencies: 0.8 / decimation } as const
      this.#antiAlias = new SosFiltFilt(designSos(design, 2), engine)
    }
    const spectra = morletSpectra(engine.fft(length), { sampleRate: columnRate, frequencies, f0, normalisation })
    this.#wavelets = engine.wavelets(length, spectra)
    this.#decimated = new Float64Array(length)
  }

  /**
   * @param segment the newest `plan.segment` samples of a channel
   * @param map magnitudes of the newest columns, `(columns, frequencies)`
   */
  compute(segment: Float32Array, map: Float32Array): void {
    const { decimation } = this.#plan
    const filtered = this.#antiAlias?.process(segment) ?? segment
    for (let k = 0; k < this.#decimated.length; k++) this.#decimated[k] = filtered[k * decimation]!
    this.#wavelets.process(this.#decimated, map)
  }
}
