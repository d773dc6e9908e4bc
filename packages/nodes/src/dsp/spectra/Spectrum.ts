import { registerNodeType } from '@nodeacq/core'
import type { OutputOptions } from '@nodeacq/stream'
import { z } from 'zod'
import { arrayKindOf } from '../filters/arrayKind.ts'
import { FilterNode, type SignalFormat } from '../filters/FilterNode.ts'
import type { SignalProcess } from '../filters/SignalProcess.ts'
import { calibrationOf, spectrumFields, welchEstimate, windowRows } from './spectrumOptions.ts'
import { SpectrumProcess } from './SpectrumProcess.ts'

const config = z.object({
  ...spectrumFields,
  scaling: z
    .enum(['density', 'spectrum'])
    .default('density')
    .describe("'density': units²/Hz, for noise; 'spectrum': units², for the height of lines"),
  dtype: z.enum(['float32', 'float64']).default('float32').describe('of the output')
})

/**
 * Power spectra of a signal in sliding windows, by Welch's method with scipy's scaling. Input `signals`: `(samples, channels)`;
 * output `spectrum`: `(spectra, channels, frequencies)`, frequency k being `k / duration` Hz. Row m begins at sample `m · hop`
 * of the input, where `hop` is the input's rate divided by the output's. A spectrum that would reach across a gap is missing
 * in the output too.
 */
export class Spectrum extends FilterNode<z.infer<typeof config>> {
  static override readonly description = "Sliding power spectra by Welch's method."
  static override readonly configSchema = config
  static override readonly outputSpecs = { spectrum: { streamType: 'spectrum', dtype: 'float32' } }

  /** Hz, one for each value along the last axis of the output. */
  get frequencies(): number[] {
    const { window } = windowRows(this.config, this.format, this._subject)
    return Array.from({ length: Math.floor(window / 2) + 1 }, (_, k) => (k * this.format.sampleRate) / window)
  }

  protected override createProcess(format: SignalFormat): SignalProcess {
    const { averages, scaling, dtype } = this.config
    const { channels, sampleRate } = format
    const { window, hop } = windowRows(this.config, format, this._subject)
    const estimate = welchEstimate(this.config, { window, sampleRate, scaling })
    return new SpectrumProcess(estimate, {
      channels,
      window,
      hop,
      averages,
      ...calibrationOf(this.input),
      Output: arrayKindOf(dtype),
      width: estimate.binCount,
      summarize: (power, output, at) => output.set(power, at)
    })
  }

  protected override describeSignal(format: SignalFormat): OutputOptions {
    const { window, hop } = windowRows(this.config, format, this._subject)
    const units = [this.input.info.units].flat().map((unit) => powerUnits(unit, this.config.scaling))
    return {
      streamType: 'spectrum',
      dtype: this.config.dtype,
      shape: [-1, format.channels, Math.floor(window / 2) + 1],
      sampleRate: format.sampleRate / hop,
      units: units.length === 1 ? units[0]! : units,
      scale: null,
      offset: null
    }
  }
}
registerNodeType(Spectrum)

function powerUnits(unit: string, scaling: 'density' | 'spectrum'): string {
  if (unit === '') return ''
  return scaling === 'density' ? `${unit}²/Hz` : `${unit}²`
}
